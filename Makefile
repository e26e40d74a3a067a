# Every target works on a fresh Debian 12 machine as root; what is missing is
# installed (apt, pip) and cached outside of the work tree. `build` and `install`
# need the platform's command line, `exordos`, and what it needs.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
STAND := tests/stand/standctl

# The platform's command line; a public SSH key for the node image (none by
# default); an index for the wheel instead of the artifact of the same build.
EXORDOS ?= exordos
SSH_KEY ?=
INDEX_URL ?=
# The directory of a local index that `publish-wheel` copies the wheel to.
WHEEL_DIR ?= /srv/exordos-local-repo/simple

.PHONY: help demo down test test-long send unit integration functional clients e2e rotation test-install lint format \
	typecheck openapi wheel publish-wheel build install bench-loop bench-node bench-mailbox bench-relay bench-send \
	bench-trace

# Arguments of pytest for any of the test targets: make unit ARGS="-k address"
ARGS ?=
ifneq ($(ARGS),)
test test-long unit integration functional clients e2e rotation test-install: export PYTEST_ADDOPTS := $(ARGS)
endif

help:
	@echo "ARGS=...    - arguments of pytest for every test target: make unit ARGS='-k address'"
	@echo "demo        - bring up the whole platform here and send a signed message"
	@echo "down        - take the stand down"
	@echo "test        - all tests: lint, unit, integration, functional, clients, end to end"
	@echo "test-long   - generated tests with many examples (EXORDOS_MAIL_EXAMPLES), mutations, 100 rotations"
	@echo "unit        - unit tests: no services, files in temporary directories only"
	@echo "send        - the send service's tests on SQLite: no root, no platform"
	@echo "integration - real PostgreSQL and MetaPaaS API, real exim4"
	@echo "functional  - client tests against the stand (or any cloud: see CONTRIBUTING)"
	@echo "clients     - mail clients that others wrote, against a node of the stand"
	@echo "e2e         - fault and delivery tests on the stand"
	@echo "rotation    - DKIM keys and certificates that change under a sender (EXORDOS_MAIL_ROTATIONS)"
	@echo "test-install - the element in a cloud: installed, upgraded, removed"
	@echo "lint format typecheck - ruff, import-linter, mypy"
	@echo "openapi     - write docs/openapi.yaml, docs/send/openapi.json, docs/reference/command-line.md"
	@echo "wheel       - Python wheel"
	@echo "publish-wheel - copy the wheel to WHEEL_DIR, a local index"
	@echo "build       - element: manifest, wheel and node image (SSH_KEY, INDEX_URL)"
	@echo "install     - install the built element in the cloud of your settings"
	@echo "bench-loop  - the numbers of the control loop (bench/README.md), ARGS=... for some"
	@echo "bench-node  - a login on a node under attack (bench/README.md)"
	@echo "bench-mailbox - a node's Dovecot beside Debian's (bench/README.md), ARGS=..."
	@echo "bench-relay - a node that relays, beside an exim by hand and Postfix (bench/README.md), ARGS=..."
	@echo "bench-trace - what became of a message, among 10 million events (bench/README.md), ARGS=..."
	@echo "bench-send  - the numbers of the send service (bench/send/README.md), ARGS=... for some"

demo:
	@tests/stand/demo

bench-node:
	@$$($(STAND) venv dev)/bin/python -m bench.node

bench-mailbox:
	@$$($(STAND) venv dev)/bin/python -m bench.mailbox $(ARGS)

bench-relay:
	@$$($(STAND) venv dev)/bin/python -m bench.relay $(ARGS)

bench-trace:
	@$$($(STAND) venv dev)/bin/python -m bench.trace $(ARGS)

bench-send:
	@$$($(STAND) venv dev)/bin/python -m bench.send $(ARGS)

down:
	@$(STAND) down

test:
	@tests/run lint unit integration functional clients e2e install

test-long:
	@tests/run long

send:
	@tests/send_alone $(ARGS)

unit integration functional clients e2e rotation lint format typecheck openapi wheel:
	@tests/run $@

publish-wheel: wheel
	install -D -m 0644 -t "$(WHEEL_DIR)" dist/exordos_mail-*.whl

test-install:
	@tests/run install

build:
	$(EXORDOS) build -c exordos/exordos.yaml -f \
		$(if $(SSH_KEY),-i "$(SSH_KEY)") \
		$(if $(INDEX_URL),--manifest-var "index_url=$(INDEX_URL)")

install:
	$(EXORDOS) e e install output/manifests/mailaas.yaml

bench-loop:
	@python3 -m bench.loop $(ARGS)
