# Every verb of the project. `make` lists them; each is one line that calls Python or a tool.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help setup demo up down status test test-unit laws test-integration test-e2e test-containers check fmt generate pictures console-pictures generate-check chaos lost-answers outage fuzz tamper race bench bench-bulk bench-operations bench-reads verify sbom image wheels local-bases lock clean

##@ Start
help: ## List the verbs
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Countermand needs Python 3.11 or later; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing packages (first run only) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	@echo "Installing test packages (first run only) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: .venv/.runtime ## Make .venv with everything `make demo` needs

demo: setup ## Real orders cancelled end to end on real Kafka and PostgreSQL; stays up
	@$(BIN)/countermand demo

up: setup ## Start the whole system in the foreground
	@$(BIN)/countermand up

down: setup ## Stop a system started elsewhere
	@$(BIN)/countermand down

status: setup ## What runs, where, and how far behind
	@$(BIN)/countermand status

##@ Work
test: .venv/.dev ## The whole suite: checks, unit, integration, end to end
	@$(BIN)/python -m tests.run all

test-unit: .venv/.dev ## Only what needs nothing running (seconds)
	@$(BIN)/python -m pytest tests -m "not integration and not e2e"

laws: .venv/.dev ## Laws and state machines at length, as before a release (a quarter of an hour)
	@COUNTERMAND_LAWS=release $(BIN)/python -m pytest tests/property --timeout 3600

test-integration: .venv/.dev ## On real Kafka and PostgreSQL
	@$(BIN)/python -m pytest tests -m integration

test-containers: .venv/.dev ## The integration tests on containers (needs a Docker engine; TESTS: which files)
	@COUNTERMAND_TEST_SERVERS=containers $(BIN)/python -m pytest $(or $(TESTS),tests/integration tests/conformance) -m integration

test-e2e: .venv/.dev ## Every process, with kill -9
	@$(BIN)/python -m pytest tests -m e2e

check: .venv/.dev ## Format, lint, types, import walls, generated files
	@$(BIN)/python -m tests.run check

fmt: .venv/.dev ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix --exit-zero .

generate: .venv/.dev ## Write JSON Schemas, AsyncAPI and OpenAPI from the models
	@$(BIN)/python -m countermand.generate

pictures: .venv/.dev ## A picture of every mail in both languages, into docs/pictures/mails (needs Chromium)
	@$(BIN)/python -m countermand.mail_pictures

console-pictures: .venv/.dev ## Pictures of console and customer's page beside a running demo, into docs/pictures (needs Chromium)
	@$(BIN)/python -m countermand.console_pictures

generate-check: .venv/.dev ## Fail when the generated files are stale
	@$(BIN)/python -m countermand.generate --check

##@ Campaigns
lost-answers: .venv/.dev ## Every answer of the provider lost for a minute under load: nothing twice, all resolved
	@COUNTERMAND_LOST_ANSWERS_S=60 $(BIN)/python -m pytest tests/integration/test_lost_answers.py --timeout 600

chaos: setup ## kill -9 at a steady rate, then reconcile every book
	@$(BIN)/countermand chaos --seconds 60 --kills-per-minute 30 --rate 20

outage: setup ## Each leg down for a minute under load; the others must not notice, then reconcile
	@$(BIN)/countermand outage --seconds 60 --rate 20

fuzz: .venv/.dev ## 20,000 requests and more of a fuzzer at every door of a running system: none breaks
	@COUNTERMAND_FUZZ=20000 $(BIN)/python -m pytest -s tests/e2e/test_doors_fuzzed.py

tamper: .venv/.dev ## 23,000 random forgeries of log, audit history and exports: each found where it is
	@COUNTERMAND_TAMPERINGS=23000 $(BIN)/python -m pytest tests/integration/test_audit_tampering.py

race: .venv/.dev ## 20,000 messages from many processes at the same orders at once, judged by a model
	@COUNTERMAND_RACE=20000 $(BIN)/python -m pytest -s tests/integration/test_race.py

bench: setup ## Pipeline speed beside the raw limit
	@$(BIN)/countermand bench pipeline --json

bench-bulk: setup ## 50,000 real orders cancelled as one plan (FILE: other data, ORDERS: how many)
	@$(BIN)/countermand bench bulk $(FILE) $(if $(ORDERS),--orders $(ORDERS)) --json

bench-operations: setup ## Rebuilds, plans and a replay over 1,000,000 facts (EVENTS: how many)
	@$(BIN)/countermand bench operations $(if $(EVENTS),--events $(EVENTS)) --json

bench-reads: setup ## 1,000,000 real orders listed, searched, filtered and counted at 200 requests a second (ORDERS: how many, KEEP: where)
	@$(BIN)/countermand bench reads $(if $(ORDERS),--orders $(ORDERS)) $(if $(KEEP),--keep $(KEEP)) --json

##@ Maintain
sbom: .venv/.dev ## Write what the image is made of: CycloneDX, and a list of licences
	@$(BIN)/python -m countermand.bill_of_materials

image: ## Build the image (needs a Docker engine)
	@docker build --tag countermand:local --file deploy/image/Containerfile .

wheels: .venv/.dev ## Put the image's packages beside its build, for engines that reach no index
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --only-binary :all: --python-version 3.11 --require-hashes -r requirements-image.lock -d deploy/image/wheels

local-bases: .venv/.runtime ## Build base images from packages where none can be pulled (root, mmdebstrap, Docker)
	@$(BIN)/python -m deploy.image.local_bases

lock: .venv/.dev ## Pin every package by version and hash
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra local --extra traces pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra image --extra traces -c requirements.lock pyproject.toml -o requirements-image.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra local --extra traces --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove the environment and all local data
	@rm -rf .venv .countermand
