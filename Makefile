# Every command of the project. `make` lists them. Each target does its own set-up, and shows what takes time.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PYTHONPATH := operator:hack

.PHONY: help
help: ## list the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.make/setup: requirements/dev.txt pyproject.toml
	@echo "== Python packages into .venv (pinned, hashed)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable . 
	@mkdir -p .make && touch $@

.PHONY: setup
setup: .make/setup ## install the pinned Python packages into .venv

.PHONY: lock
lock: ## compile the pinned requirements (needs uv)
	@for f in runtime dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url requirements/$$f.in -o requirements/$$f.txt; done
