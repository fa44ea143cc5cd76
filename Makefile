# Two commands: `make demo` and `make test`. Both set up .venv the first time and are quick afterwards.
# `make test-servers` is the exception: it compiles llama.cpp for some minutes the first time.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The first that is new enough; the system's own python3 goes before others.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SERVERS := .venv-servers

.PHONY: help demo test test-all test-servers lint benchmark clean

help: ## list these targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/.installed ## open the app on the sample traces with the simulator (headless without a terminal)
	@$(BIN)/turnpoint demo

# Hundreds of processes would compile the same modules, each anew.
unexport PYTHONDONTWRITEBYTECODE

# Four workers on two processors: much of a test is waiting for a screen.
PYTEST := $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

test: .venv/.installed-dev ## lint, types, import rules, and all tests at a small size
	@$(MAKE) --no-print-directory lint
	@$(PYTEST)

test-all: .venv/.installed-dev ## the same with every kill, storm and draw; what CI runs
	@$(MAKE) --no-print-directory lint
	@TURNPOINT_TESTS=full $(PYTEST)
	@$(MAKE) --no-print-directory test-servers

test-servers: .venv/.installed-dev $(SERVERS)/.installed ## the main job against llama-cpp-python's server
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
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . \
	  || { echo 'make: turnpoint could not be installed; see pip above, then run make again.' >&2; exit 1; }
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
