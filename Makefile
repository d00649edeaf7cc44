# stack8s AI Architect: `make run`, then `make ask Q="..."`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PY := .venv/bin/python
READY := .venv/.ready-dev
DIAGRAMS := tests/orchestrator/render/diagrams

include deploy/local/Makefile.inc

test: $(READY) ## Run all tests, against a real PostgreSQL and real servers
	@$(PY) -m pytest

check: lint diagrams test ## What CI runs: lint and test

diagrams: ## Install mermaid's own parser for the tests, where npm is
	@cd $(DIAGRAMS) && if ! command -v npm >/dev/null; then echo "no npm here: tests that ask mermaid itself are skipped"; \
	elif cmp -s package-lock.json node_modules/.installed; then :; \
	elif npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; then cp package-lock.json node_modules/.installed; \
	else echo "npm could not install mermaid: tests that ask it are skipped"; fi

lint: $(READY) ## Lint code, types, layers and the contract
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy libs services deploy scripts
	@.venv/bin/lint-imports
	@$(PY) -m scripts.protos lint
	@$(PY) -m scripts.protos breaking
	@$(PY) -m scripts.protos drift

fmt: $(READY) ## Format the code
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

proto: $(READY) ## Generate protos/gen from the contract
	@$(PY) -m scripts.protos generate

bench: $(READY) ## Print ready time, memory and latencies of the whole stack
	@$(PY) -m tests.bench.bench_run

bench-%: $(READY) ## Print the figures of one part: compute, models, packages, understanding, conversation, plan
	@$(PY) -m tests.bench.bench_$*

eval-%: $(READY) ## Score one part on the development cases: understanding, conversations, models, sizing, packages, plans
	@$(PY) -m tests.evals.$*

ingest-compute: export STACK8S_INGEST_FROM = $(value FROM)
ingest-compute: $(READY) ## Import offers: SOURCE=gpuhunt|skypilot|csv FROM=folder, file or address [AS_OF=date]
	@$(PY) -m deploy.local ingest compute --source "$(SOURCE)" --from "$$STACK8S_INGEST_FROM" $(if $(AS_OF),--as-of "$(AS_OF)")

ingest-models: export STACK8S_INGEST_FROM = $(value FROM)
ingest-models: export STACK8S_INGEST_CARDS = $(value CARDS)
ingest-models: $(READY) ## Import models: SOURCE=hub|jsonl FROM=address or file [CARDS=folder]
	@$(PY) -m deploy.local ingest models --source "$(SOURCE)" --from "$$STACK8S_INGEST_FROM" --cards "$$STACK8S_INGEST_CARDS"

ingest-packages: export STACK8S_INGEST_FROM = $(value FROM)
ingest-packages: $(READY) ## Import charts: SOURCE=helm|artifacthub FROM=folder, file or address
	@$(PY) -m deploy.local ingest packages --source "$(SOURCE)" --from "$$STACK8S_INGEST_FROM"

help: ## List the targets
	@grep -hE '^[a-z%-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.PHONY: test check diagrams lint fmt proto bench help ingest-compute ingest-models ingest-packages
