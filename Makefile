# Needs make and a Python 3.11, 3.12 or 3.13 (PYTHON=/path/to/python3 names one); everything else it brings.
SHELL := /bin/bash
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CANDIDATES := $(PYTHON) python3.13 python3.12 python3.11 python3 python
SUPPORTED := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

# Without compiled files each of the processes compiles all that it imports anew: 2 CPU seconds a start, not 1.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install run test lint format docs faults fuzz bench deploy-check image image-ocr lock lock-kafka clean

# What pyproject.toml asks for, in the versions and with the hashes of the one lock.
INSTALL := $(BIN)/uv pip install --quiet --require-hashes --constraint requirements.lock -r pyproject.toml
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

help: ## what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

install: $(READY) ## the locked environment in .venv

# The first that runs and fits: a shim of a version manager may be on PATH and still have nothing behind it.
$(READY): requirements.lock Makefile
	@test -x $(BIN)/python && $(BIN)/python -c '$(SUPPORTED)' 2>/dev/null || { \
	  rm -rf $(VENV); \
	  for python in $(CANDIDATES); do \
	    if "$$python" -c '$(SUPPORTED)' >/dev/null 2>&1; then found="$$python"; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "No Python 3.11, 3.12 or 3.13 with venv was found. Install one (on Debian: python3 and python3-venv)" >&2; \
	    echo "or name one: make PYTHON=/path/to/python3.12 run" >&2; exit 1; \
	  fi; \
	  echo "Making $(VENV) with $$found"; "$$found" -m venv $(VENV) || exit 1; }
	@$(BIN)/uv --version 2>/dev/null | grep -q ' $(UV_VERSION)\b' || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || \
	  { echo "uv could not be installed: the first start needs a way to the Python package index." >&2; exit 1; }
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(INSTALL) --extra local --extra dev --extra test
	@$(BIN)/python -c 'import sysconfig, pathlib; \
	  pathlib.Path(sysconfig.get_path("purelib"), "image_analyzer.pth").write_text("$(CURDIR)\n$(CURDIR)/clients/python\n")'
	@printf '#!/bin/sh\nexec "%s" -m image_analyzer "$$@"\n' "$(CURDIR)/$(BIN)/python" >$(BIN)/image-analyzer
	@chmod +x $(BIN)/image-analyzer
	@touch $(READY)

run: $(READY) ## the whole system on http://localhost:5001
	@exec $(BIN)/python -m dev

test: $(READY) ## all tests but the long ones
	@$(BIN)/pytest --ignore=tests/faults --ignore=tests/bench --ignore=tests/deploy --numprocesses=3 --dist=loadgroup --no-loadscope-reorder

faults: $(READY) ## kills and cuts
	@$(BIN)/pytest tests/faults --timeout=900

fuzz: $(READY) ## hostile and random requests, for long
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-300} $(BIN)/pytest tests/contract/test_fuzz.py

bench: $(READY) ## figures on the fakes
	@$(BIN)/python -m tests.bench

deploy-check: $(READY) ## the package, the image, compose and Kubernetes, read by the tools that read them
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(INSTALL) --extra local --extra dev --extra test --extra deploy
	@$(BIN)/pytest tests/deploy tests/unit/test_observability.py --timeout=300

image: ## the image (needs Docker)
	docker build --target core --tag image-analyzer:$(VERSION) .

image-ocr: ## the image that reads text by itself, too (needs Docker)
	docker build --target ocr --tag image-analyzer:$(VERSION)-ocr .

lint: $(READY) ## style, types, and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy dev services shared clients tests
	@$(BIN)/lint-imports --no-cache

format: $(READY) ## let ruff lay out the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

docs: $(READY) ## what docs/ says of the public events, from their types, and of the settings
	@$(BIN)/python -m services.gateway.asyncapi
	@$(BIN)/python -m dev.configuration

lock: $(READY) ## requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --all-extras --python-version 3.11 --no-header \
	  -o requirements.lock pyproject.toml

lock-kafka: $(READY) ## dev/servers/kafka.lock: the broker's jars
	@$(BIN)/python -m dev.servers.lock_jars

clean: ## the environment, the caches and the data of `make run`
	@if kill -0 $$(cat .data/run/supervisor.pid 2>/dev/null) 2>/dev/null; then echo "The system runs: stop it first." >&2; exit 1; fi
	@if [ -L .data/postgres ]; then rm -rf "$$(readlink .data/postgres)"; fi
	@rm -rf $(VENV) .data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
