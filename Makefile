# What people type: make run, make demo-cluster, make test, make lint, make binary, make clean.
#
# Everything is installed into .venv, and again only when setup.py or pyproject.toml has
# changed. PYTHON=python3.12 picks another Python; ARGS="--port 9000" are flags for run
# and demo-cluster.

# The first that is new enough; tried only where it is needed.
PYTHON ?= $(shell for each in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$each && break; done)
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
# Playwright brings a Node of its own: the same on every machine, and nothing to install.
NODE ?= $(firstword $(wildcard $(VENV)/lib/python3*/site-packages/playwright/driver/node))
DIST ?= dist
# Most tests wait for something: two at a time take little more than half as long.
PARALLEL ?= --numprocesses 2 --dist loadfile --max-worker-restart 0

.PHONY: help run demo-cluster test lint python-tests js-tests e2e-tests bench bench-page profile faults autobahn binary clean debian-packages

help:
	@echo 'make run      install into $(VENV) and serve on http://127.0.0.1:8888/'
	@echo '              (PARLEY_... is obeyed; flags: make run ARGS="--port 9000")'
	@echo 'make demo-cluster'
	@echo '              two servers over a MongoDB and a Redis, on the ports 8888 and 8889'
	@echo '              (others: make demo-cluster ARGS="--ports 9000 9001")'
	@echo 'make test     lint, and the Python, JavaScript and end-to-end tests'
	@echo 'make lint     ruff and mypy --strict'
	@echo 'make bench    measure speed and memory on this machine (ARGS="messages-sqlite")'
	@echo 'make bench-page'
	@echo '              measure what the chat page costs whoever opens it'
	@echo 'make profile  show where the time goes while messages flow'
	@echo 'make faults   break servers, Redis and MongoDB while people talk, and check every promise'
	@echo '              (SEEDS=100 SECONDS=10 FAULTS="kill-server freeze-server"; ARGS=--help)'
	@echo 'make autobahn try the WebSocket with the fuzzing client of Autobahn (needs a Python 2.7)'
	@echo 'make binary   make the one-file executable $(DIST)/parley'
	@echo 'make clean    remove whatever make has made'

run: $(VENV)/.installed
	@exec $(BIN)/parley serve $(ARGS)

demo-cluster: $(VENV)/.installed-dev
	@exec $(BIN)/python -m deploy.demo_cluster $(ARGS)

test: lint python-tests js-tests e2e-tests

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

python-tests: $(VENV)/.installed-dev debian-packages
	$(BIN)/python -m pytest $(PARALLEL) --ignore=tests/e2e

# Files, not the folder: newer versions of Node take a folder for a module.
js-tests: $(VENV)/.installed-dev
	@files=$$(find tests/js -name '*.test.js' | sort); \
	test -n "$$files" || { echo 'There are no JavaScript tests in tests/js' >&2; exit 1; }; \
	set -x; $(NODE) --test --test-timeout 60000 $$files

e2e-tests: $(VENV)/.installed-dev debian-packages
	$(BIN)/python -m pytest $(PARALLEL) tests/e2e

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.load $(ARGS)

bench-page: $(VENV)/.installed-dev debian-packages
	@$(BIN)/python -m tests.load.page $(ARGS)

profile: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.load.profile $(ARGS)

faults: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.faults $(FAULTS) $(if $(SEEDS),--seeds $(SEEDS)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(ARGS)

autobahn: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.conformance

binary: $(VENV)/.installed-dev debian-packages
	$(BIN)/python -m PyInstaller --noconfirm --log-level WARN \
		--distpath $(DIST) --workpath build/pyinstaller deploy/parley.spec

clean:
	rm -rf $(VENV) build $(DIST) *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# Stamps: what is installed is older than what asks for it, or it is not installed again.
$(VENV)/.installed: setup.py pyproject.toml | $(BIN)/python
	@echo 'Installing Parley into $(VENV) ...'
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-dev: setup.py pyproject.toml | $(BIN)/python
	@echo 'Installing Parley and what its tests need into $(VENV) ...'
	@$(PIP) install --editable '.[dev]'
	@touch $(VENV)/.installed $@

$(BIN)/python:
	@if ! $(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo 'Parley needs Python 3.11 or newer; say which with make PYTHON=python3.12' >&2; \
		exit 1; \
	fi
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call apt_install,python3-venv) || { \
		echo 'This Python cannot make virtual environments; Debian: apt install python3-venv' >&2; \
		exit 1; \
	}
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# What is missing of: a browser for the end-to-end tests, objdump for PyInstaller, and what breaks
# disks and clocks for tests.
debian-packages: | $(VENV)/.installed-dev
	@test -x /usr/bin/chromium \
		|| $(call apt_install,chromium fonts-liberation fonts-noto-color-emoji) \
		|| $(BIN)/playwright install chromium
	@command -v objdump >/dev/null || $(call apt_install,binutils) || { \
		echo 'PyInstaller needs objdump; Debian: apt install binutils' >&2; exit 1; }
	@command -v strace >/dev/null || $(call apt_install,strace) || { \
		echo 'Tests of the disk need strace; Debian: apt install strace' >&2; exit 1; }
	@command -v faketime >/dev/null || $(call apt_install,faketime) || { \
		echo 'Tests of the clock need libfaketime; Debian: apt install faketime' >&2; exit 1; }

# Succeeds only as root on Debian. The lists may be older than the packages: update first.
apt_install = { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	&& echo 'Installing from Debian: $(1)' \
	&& apt-get -qq update \
	&& DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends $(1) >/dev/null; }
