# Every command of the project. `make` lists them. Each target does its own set-up, and shows what takes time.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
RUN := PYTHONPATH=operator:hack $(BIN)/python -m
UV := $(BIN)/uv --quiet pip
READY := .venv/ready

.PHONY: help
help: ## list the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamp lies in the environment, so that it goes with it.
$(READY): requirements/dev.txt pyproject.toml
	@echo "== Python packages into .venv (pinned, hashed)"
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/uv.txt
	@$(UV) install --system-certs --python $(BIN)/python --require-hashes --requirement requirements/dev.txt
	@$(UV) install --system-certs --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: setup
setup: $(READY) ## install the pinned Python packages into .venv

.PHONY: up
up: setup ## the local cloud with Vireo in it; can be repeated
	@$(RUN) cloud up

.PHONY: down
down: setup ## take the local cloud down; nothing is left of it
	@$(RUN) cloud down

.PHONY: demo
demo: setup ## the local cloud, Vireo, the examples, and what became of them
	@$(RUN) demo

.PHONY: test
test: setup ## every test, tier by tier (VIREO_CLOUD: in that cloud)
	@$(RUN) tiers

.PHONY: test-fast
test-fast: setup ## the tests that need no cluster
	@$(RUN) tiers fast

.PHONY: proof
proof: setup ## the long runs: twenty times the examples, every case killed at every write, and what takes a cloud its time
	@$(RUN) tiers proof-fast proof-api proof-cloud

.PHONY: bench
bench: setup ## every benchmark (one: hack/bench/NAME)
	@$(RUN) bench

.PHONY: lint
lint: setup ## the rules of the house: style, types, layers, sizes, generated files, chart
	@$(RUN) lint

.PHONY: generate
generate: setup ## crds/, deploy/, references, from their sources
	@$(RUN) generate

.PHONY: image
image: setup ## build Vireo's image and say where it is
	@$(RUN) image

.PHONY: lock
lock: setup ## pin the Python packages anew, with hashes
	@for of in uv runtime dev; do $(UV) compile --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url requirements/$$of.in --output-file requirements/$$of.txt; done
