"""Arrows point one way: handlers → chat → interfaces ← stores and brokers."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import chat

CHECKOUT = Path(chat.__file__).parent.parent
PACKAGES = ("brokers", "chat", "handlers")

# The composition root and what starts it: they alone know Tornado and what was chosen.
ROOTS = {"chat.app", "chat.cli", "chat.server"}
# The tables of openers, one for stores and one for brokers.
OPENERS = {"brokers", "chat.stores"}
INTERFACES = {"brokers.base", "chat.stores.base"}


def imports(source: str) -> Iterator[str]:
    """Yield what a module imports, in functions too, as full dotted names.

    ``from a import b`` gives both ``a`` and ``a.b``, since b may be a module.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            module = node.module or ""
            yield module
            yield from (f"{module}.{name.name}" for name in node.names)


def dotted(path: Path) -> str:
    name = ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)
    return name.removesuffix(".__init__")


IMPORTS = {
    dotted(path): set(imports(path.read_text("utf-8")))
    for package in PACKAGES
    for path in sorted((CHECKOUT / package).rglob("*.py"))
}

# Every implementation, with whatever modules it is made of.
CONCRETE = {name for name in IMPORTS if name.startswith(("brokers.", "chat.stores."))} - INTERFACES


def importing(*packages: str) -> set[str]:
    """Return the modules that import one of these packages, or something within."""
    return {
        module
        for module, names in IMPORTS.items()
        if any(_within(name, package) for name in names for package in packages)
    }


def within(*packages: str) -> set[str]:
    return {module for module in IMPORTS if any(_within(module, each) for each in packages)}


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_the_modules_are_found():
    assert {"chat.settings", "chat.app", "brokers.base", "handlers.routes"} <= IMPORTS.keys()


def test_brokers_know_no_chat():
    assert not importing("chat", "handlers") & within("brokers")


def test_chat_knows_tornado_only_where_it_is_put_together():
    assert importing("tornado") & within("chat") <= ROOTS


def test_chat_knows_its_handlers_only_where_it_is_put_together():
    assert importing("handlers") & within("chat") <= ROOTS


def test_concrete_stores_and_brokers_are_named_only_by_their_openers_and_the_roots():
    assert importing(*CONCRETE) <= ROOTS | OPENERS | CONCRETE


def test_handlers_reach_stores_and_brokers_only_through_services():
    assert not importing("chat.stores", "brokers") & within("handlers")


@pytest.mark.parametrize(
    ("driver", "implementation"),
    [
        ("motor", "chat.stores.mongo"),
        ("pymongo", "chat.stores.mongo"),
        ("sqlite3", "chat.stores.sqlite"),
        ("redis", "brokers.redis"),
    ],
)
def test_a_driver_is_known_to_one_implementation(driver, implementation):
    assert all(module.startswith(implementation) for module in importing(driver))


def test_only_the_command_line_reads_the_environment():
    readers = {
        module
        for module in IMPORTS
        if any(
            isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
            for node in ast.walk(ast.parse(_source(module)))
        )
    }

    assert readers <= {"chat.cli"}


def test_importing_prints_nothing_and_loads_no_driver():
    names = ", ".join(sorted(IMPORTS.keys() - CONCRETE - {"chat.__main__"}))
    program = (
        f"import sys, {names}\n"
        "loaded = sys.modules.keys() & {'motor', 'pymongo', 'redis'}\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def _source(module: str) -> str:
    path = CHECKOUT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file.read_text("utf-8")
