# Anywhere: `make run` starts it, `make test` checks it. `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
ANYWHERE_HOME ?= .anywhere
PY := $(VENV)/bin/python
export ANYWHERE_HOME
export PATH := $(abspath $(ANYWHERE_HOME))/bin:$(abspath $(VENV))/bin:$(PATH)
# What the commands below need when no portal is running: settings stop the start when a variable is missing.
SETTINGS := DATABASE_URL=$${DATABASE_URL:-postgresql://anywhere@127.0.0.1/anywhere} \
	ANYWHERE_SECRET_KEY=$${ANYWHERE_SECRET_KEY:-only-to-read-the-code}

.DEFAULT_GOAL := help
.PHONY: help run test unit browser frontend-test cluster-test faults-test charts-test portal-test tools lint types arch bench schema lock image

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: ## Start Anywhere on this machine (ANYWHERE_PORT, ANYWHERE_HOME, ANYWHERE_ADMIN_EMAIL, ANYWHERE_ADMIN_PASSWORD)
	@exec $(PYTHON) scripts/bootstrap run

tools: ## Put everything for the tests in place, Chromium and the browser app apart
	@$(PYTHON) scripts/bootstrap tools

test: ## Run every test that needs no cluster: Python, browser app, browser
	@$(PYTHON) scripts/bootstrap test
	@$(PY) scripts/checks.py test

unit: tools ## Run the Python tests alone
	$(PY) -m pytest --ignore=tests/cluster --ignore=tests/browser --ignore=tests/bench

cluster-test: tools ## Run tests/cluster against the cluster that KUBECONFIG names
	@$(PY) scripts/checks.py cluster

faults-test: tools ## Kill processes 30 times, cut nodes and the API server off by $ANYWHERE_CLUSTER_TOOL; half an hour
	@$(PY) scripts/checks.py faults

charts-test: tools ## Go through every chart and stack with its real client, or those in CHARTS: upgrades under load, lost pods and nodes, scaling; hours
	@$(PY) scripts/checks.py charts $(CHARTS)

portal-test: tools ## Install the portal's own chart on the cluster that KUBECONFIG names and use it there
	@$(PY) scripts/checks.py portal

lint: tools ## Check the style of the code and which part may import which
	$(PY) -m ruff check .
	$(SETTINGS) $(VENV)/bin/lint-imports
	@if [ -f frontend/package.json ] && [ -d frontend/node_modules ]; then cd frontend && npm run --silent lint --if-present; fi

types: tools ## Check the types
	$(SETTINGS) $(PY) -m mypy platform/anywhere catalog services

bench: tools ## Measure Anywhere beside its peers
	$(PY) -m tests.bench

schema: tools ## Write the API's description and the browser app's types from it
	$(SETTINGS) $(PY) manage.py spectacular --file docs/reference/openapi.yaml --validate
	$(PY) -m anywhere.lib.api.reference
	@if [ -f frontend/package.json ]; then cd frontend && npm run --silent api --if-present; fi

lock: ## Pin the Python packages again (needs uv)
	cd requirements && for name in run test node; do \
	  uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	    --custom-compile-command "make lock" $$name.in -o $$name.txt || exit 1; done

image: ## Build the container image with buildah
	scripts/build-image
