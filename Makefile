# Every target works on a fresh Debian 12 machine as root; what is missing is
# installed (apt, pip) and cached outside of the work tree.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
STAND := tests/stand/standctl

.PHONY: help demo test unit integration functional e2e lint format typecheck wheel openapi bench-send down

help:
	@echo "demo        - bring up the whole platform here and send a signed message"
	@echo "test        - all tests: lint, unit, integration, functional, end to end"
	@echo "unit        - unit tests (no I/O)"
	@echo "integration - real PostgreSQL and MetaPaaS API, real exim4"
	@echo "functional  - client tests against the stand (or any cloud: see README)"
	@echo "e2e         - fault and delivery tests on the stand"
	@echo "lint format typecheck - ruff, import-linter, mypy"
	@echo "wheel       - Python wheel"
	@echo "openapi     - docs/send/openapi.json anew from the route table"
	@echo "bench-send  - the numbers of the send service (bench/send/README.md), ARGS=... for some"
	@echo "down        - take the stand down"

demo:
	@tests/stand/demo

test:
	@tests/run lint unit integration functional e2e

unit integration functional e2e lint:
	@tests/run $@

format:
	@tests/run format

typecheck:
	@tests/run typecheck

wheel:
	@tests/run wheel

openapi:
	@tests/run openapi

bench-send:
	@$$($(STAND) venv dev)/bin/python -m bench.send $(ARGS)

down:
	@$(STAND) down
