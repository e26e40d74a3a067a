# Every target works on a fresh Debian 12 machine as root; what is missing is
# installed (apt, pip) and cached outside of the work tree.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
STAND := tests/stand/standctl
# The platform's own build needs these two (see README, "Installation").
SSH_KEY ?= ~/.ssh/id_ed25519.pub
REPOSITORY ?= http://10.20.0.1:8080/exordos-elements
INDEX_URL ?= http://10.20.0.1:8080/simple/

.PHONY: help demo test unit integration functional e2e lint format typecheck wheel build install down

help:
	@echo "demo        - bring up the whole platform here and send a signed message"
	@echo "test        - all tests: lint, unit, integration, functional, end to end"
	@echo "unit        - unit tests (no I/O)"
	@echo "integration - real PostgreSQL and MetaPaaS API, real exim4"
	@echo "functional  - client tests against the stand (or any cloud: see README)"
	@echo "e2e         - fault and delivery tests on the stand"
	@echo "lint format typecheck - ruff, import-linter, mypy"
	@echo "wheel build install   - Python wheel, element with image, installation into a cloud"
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

build:
	exordos build -c exordos/exordos.yaml -i $(SSH_KEY) -f \
	  --manifest-var repository=$(REPOSITORY) --manifest-var index_url=$(INDEX_URL)

install:
	exordos em elements install output/manifests/mailaas.yaml

down:
	@$(STAND) down
