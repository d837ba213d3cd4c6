# What a person types. Each target sets up what it needs and is quick when nothing changed.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := status
# Compiled bytecode is the largest single saving in a synthesis; some machines turn it off.
unexport PYTHONDONTWRITEBYTECODE
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export OPENBLAS_NUM_THREADS := 1

PYTHON ?= python3
ENV ?= dev
BIN := .venv/bin
CDK := node_modules/.bin/cdk
# With --ci only errors go to standard error, so that the rest can be filtered without hiding them.
SYNTH = $(CDK) synth --ci --quiet --no-lookups --no-version-reporting --context environment=$(1) --output cdk.out/$(1)

.PHONY: up down status logs test check-fast check synth bench bench-experiments bench-rollout locks clean

.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; $$($(PYTHON) --version) was found (PYTHON=... names another)" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.txt)"
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/ready: package.json package-lock.json
	@command -v node >/dev/null || { echo 'Node.js 20 or later is needed and was not found: the CDK runs on it' >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' \
		|| { echo "Node.js 20 or later is needed; $$(node --version) was found" >&2; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Wheels of the functions' assets, so that a synthesis needs no network.
.cache/functions/ready: .venv/ready $(wildcard lambda_src/*/requirements.txt)
	@$(BIN)/python -m ops.functions_wheels
	@touch $@

# Synthesized again only when something that it is made of is newer.
LOCAL_SOURCES := $(shell find app.py cdk.json environments policy stacks constructs core_src lambda_src service_src training_src \
	-name '__pycache__' -prune -o -type f -print 2>/dev/null)
cdk.out/local/manifest.json: $(LOCAL_SOURCES) .venv/ready node_modules/ready .cache/functions/ready
	@$(MAKE) --no-print-directory synth ENV=local
	@touch $@

up: cdk.out/local/manifest.json
	@$(BIN)/kindred local up

down: .venv/ready
	@$(BIN)/kindred local down

status: .venv/ready
	@$(BIN)/kindred local status

logs: .venv/ready
	@$(BIN)/kindred local logs --follow

# Assets of earlier syntheses go, but for the environment that may be running from them.
synth: .venv/ready node_modules/ready .cache/functions/ready
	@[ "$(ENV)" = local ] || rm -rf "cdk.out/$(ENV)"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(call SYNTH,$(ENV)) | sed '/^Supply a stack id/d; /^$$/d'

# Two processes have a platform each and wait for it most of the time; one has the syntheses. They and
# the rest compute at the lowest priority, in what the platforms leave of two cores.
test: .venv/ready node_modules/ready .cache/functions/ready
	$(BIN)/pytest -q -n 4 --no-loadscope-reorder \
		tests/local tests/infrastructure tests/unit tests/service tests/conformance tests/test_architecture.py

check-fast: .venv/ready node_modules/ready
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pytest -q -n 2 -m "not slow" tests/unit tests/service

# In one process, which starts policy once.
EVERY := local,dev,staging,prod,extreme
# W3005: the library states an order of creation even where a reference states it too.
check: check-fast
	@$(MAKE) --no-print-directory synth ENV=$(EVERY)
	@echo 'cfn-lint, on every template'
	@find "cdk.out/$(EVERY)" -name '*.template.json' -print0 | xargs -0 -P 2 -n 8 \
		$(BIN)/cfn-lint --ignore-checks W3005 --template

bench: .venv/ready node_modules/ready .cache/functions/ready
	$(BIN)/python -m benchmarks

bench-experiments: .venv/ready
	$(BIN)/python -m benchmarks engine event_processor decision_policies

bench-rollout: .venv/ready
	$(BIN)/python -m benchmarks rollout retraining

# After a change in pyproject.toml. What installs one part of it has a lock of its own, of the same
# versions; the emulator pins another botocore, and its functions agree with it.
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q
PART := $(LOCK) -c requirements.txt pyproject.toml
locks: .venv/ready
	$(LOCK) --all-extras pyproject.toml -o requirements.txt
	$(PART) --extra services -o service_src/requirements.txt
	$(PART) --extra services --extra experiments -o service_src/experiments_service/requirements.txt
	$(PART) --extra training -o training_src/requirements.txt
	for asset in experiment rollout; do \
		$(PART) --extra $$asset-functions --no-emit-package numpy \
			-o lambda_src/$${asset}_functions/requirements.txt; done
	for asset in decision operations privacy retraining; do \
		$(PART) --extra $$asset-functions -o lambda_src/$${asset}_functions/requirements.txt; done
	$(LOCK) load_tests/requirements.in -o load_tests/requirements.txt
	$(LOCK) ops/local/emulator/requirements.in -o ops/local/emulator/requirements.txt
	$(LOCK) -c ops/local/emulator/requirements.txt ops/local/emulator/function_requirements.in \
		-o ops/local/emulator/function_requirements.txt

clean:
	@if [ -x $(BIN)/kindred ]; then $(BIN)/kindred local down; fi
	rm -rf .venv .emulator-venv .load-venv node_modules cdk.out .local .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
