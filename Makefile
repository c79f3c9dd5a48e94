# The whole life of a checkout. `make help` explains each target.
PYTHON ?= python3
PORT   ?= 8080
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
WORKERS ?= auto
LITELLM := .gateways/litellm
PORTKEY := .gateways/portkey
UV_COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
COMPILE := $(UV_COMPILE) pyproject.toml --extra speed --group build

.DEFAULT_GOAL := help
.PHONY: help run test test-gateways check format bench lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

# One virtual environment; each stamp tells which lock file it was filled from.
$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing the locked dependencies into $(VENV), once."
	$(PIP) install --quiet --require-hashes -r requirements/run.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing the locked dependencies and tools into $(VENV), once."
	$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run

run: $(VENV)/.run ## start the service with the stand-in for Azure on http://127.0.0.1:8080 (PORT= changes it)
	@exec $(BIN)/guardrails serve --emulator --config deploy/guardrails.yaml --port $(PORT)

test: $(VENV)/.dev ## run every test (ARGS= goes to pytest)
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

# Real gateways, one known version of each, apart from the service: the tests run in $(VENV) and start them as processes.
$(LITELLM)/.installed: requirements/gateways.txt
	@echo "Installing the LiteLLM proxy into $(LITELLM), once."
	$(PYTHON) -m venv $(LITELLM)
	$(LITELLM)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/gateways.txt
	@touch $@

$(PORTKEY)/.installed: tests_gateways/portkey/install.py
	@echo "Installing the Portkey gateway into $(PORTKEY), once."
	@$(PYTHON) $< $(PORTKEY)
	@touch $@

test-gateways: $(VENV)/.dev $(LITELLM)/.installed $(PORTKEY)/.installed ## start real gateways in front of the service and test through them (ARGS= goes to pytest)
	$(BIN)/python -m pytest tests_gateways -n 0 $(ARGS)

check: $(VENV)/.dev ## format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## rewrite the files as `make check` wants them
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## measure what the service costs, as ratios within one run, and a replay of a million records (ARGS=replay: only that)
	$(BIN)/python -m bench $(ARGS)

lock: $(VENV)/.dev ## resolve pyproject.toml into requirements/: service, run (with the emulator), dev, gateways
	$(PIP) install --quiet uv
	$(COMPILE) --output-file requirements/service.txt
	$(COMPILE) --extra emulator --output-file requirements/run.txt
	$(COMPILE) --extra emulator --extra lab --group test --group check --output-file requirements/dev.txt
	$(UV_COMPILE) --group gateways --output-file requirements/gateways.txt

clean: ## remove the virtual environments, the gateways and all caches
	rm -rf $(VENV) .gateways .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
