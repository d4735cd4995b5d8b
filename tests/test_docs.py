"""The documents tell what the program does: tables and commands are compared with it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import chat
from chat.cli import COMMANDS
from chat.metrics import Metrics
from chat.settings import SETTINGS, read

CHECKOUT = Path(chat.__file__).parent.parent
CONFIGURATION = (CHECKOUT / "docs/configuration.md").read_text("utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the table that has this heading."""
    _, _, rest = text.partition(f"{heading}\n")
    lines = rest.splitlines()[1:]
    table = []
    for line in lines:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    assert table, f"no table with the heading {heading}"
    return table


def test_the_table_of_settings_is_that_of_the_program():
    documented = rows(CONFIGURATION, "| flag | variable | in the file | default | meaning |")

    expected = []
    for setting in SETTINGS:
        default = f"`{setting.default}`"
        if setting.default_text:
            default = setting.default_text
            if setting.name == "store":
                default = f"`{setting.default}` ({setting.default_text})"
        key = "" if setting.name == "config" else f"`{setting.key}`"
        expected.append([f"`{setting.flag}`", f"`{setting.variable}`", key, default])
    assert [row[:4] for row in documented] == expected
    assert all(row[4] for row in documented)


def test_the_table_of_commands_is_that_of_the_program():
    documented = rows(CONFIGURATION, "| command | what it does |")

    assert [row[0] for row in documented] == [
        f"`parley {command}`" for command in COMMANDS if command.words[0] == "user"
    ]


def test_the_file_given_as_an_example_can_be_read(tmp_path):
    [example] = re.findall(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL)
    path = tmp_path / "parley.toml"
    path.write_text(example)

    settings = read({"config": str(path)}, {})

    assert len(settings.sources) >= len(tomllib.loads(example))
    assert settings.registration == "closed"


def test_what_the_page_on_deployment_names_exists():
    page = (CHECKOUT / "docs/deployment.md").read_text("utf-8")
    code = "\n".join(_code(page))
    metrics = Metrics()
    metrics.count_close(4408)
    measured = set(re.findall(r"^# TYPE (\w+)", metrics.text().decode(), re.MULTILINE))

    lines = re.findall(r"^(?:\S*/)?parley (.*)", code.replace("\\\n", ""), re.MULTILINE)
    flags = set(re.findall(r"--[a-z-]+", "\n".join(lines)))
    assert {"--trusted-proxies", "--workers"} <= flags
    assert flags <= {setting.flag for setting in SETTINGS}
    variables = set(re.findall(r"PARLEY_[A-Z_]+", code))
    assert {"PARLEY_STORE"} <= variables <= {setting.variable for setting in SETTINGS}
    named = set(re.findall(r"\b(?:parley|process)_[a-z_]+", code))
    assert {"parley_commit_seconds"} <= named <= measured


def test_the_commands_of_the_readme_exist():
    makefile = (CHECKOUT / "Makefile").read_text("utf-8")
    readme = (CHECKOUT / "README.md").read_text("utf-8")

    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    commands = set(re.findall(r"\bmake ([a-z-]+)", "\n".join(_code(readme))))
    assert {"run", "test"} <= commands <= targets


def test_every_link_of_the_documents_leads_to_a_file():
    for path in [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md")]:
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text("utf-8")):
            if not link.startswith(("http://", "https://")):
                assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_every_dependency_has_its_reason():
    setup = (CHECKOUT / "setup.py").read_text("utf-8")
    reasons = (CHECKOUT / "docs/dependencies.md").read_text("utf-8")

    required = set(re.findall(r'^ +"([a-z0-9_-]+(?:\[[a-z]+\])?)[<>=]', setup, re.MULTILINE))
    explained = set(re.findall(r"^\| `([^`]+)` \| .+\.", reasons, re.MULTILINE))
    assert explained == required


def _code(markdown: str) -> list[str]:
    """Return the blocks and spans of code in a document."""
    return re.findall(r"```.*?```|`[^`]+`", markdown, re.DOTALL)


def test_whatever_is_said_to_show_what_the_page_does_is_there():
    page = (CHECKOUT / "docs/page.md").read_text("utf-8")
    python = "".join(path.read_text("utf-8") for path in CHECKOUT.glob("tests/*/test_*.py"))

    for name in re.findall(r"`(test_\w+)`", page):
        assert f"def {name}(" in python, name
    for file, title in re.findall(r"(\S+\.test\.js) '([^']+)'", page):
        assert f"test('{title}'" in (CHECKOUT / "tests/js" / file).read_text("utf-8"), title
    lines = [row[0] for row in re.findall(r"^\| (U-\d+) \| (.+) \|$", page, re.MULTILINE)]
    assert lines == sorted(set(lines), key=lambda line: int(line[2:]))
