# `make help` lists the commands. Python >= 3.11, make and a package registry are enough for `make demo` and `make test`.

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)
TEST_POSTGRES_URL ?= postgres://postgres@127.0.0.1:5432/postgres
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes
ARGS ?=

export TEST_POSTGRES_URL
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

##@ Try it
.PHONY: demo
demo: .venv/base.stamp ## the whole product with a simulated WhatsApp number (PORT=8000 SIMULATOR_PORT=8090)
	@exec $(MANAGE) demo $(ARGS)

##@ Check it
.PHONY: test
test: .venv/dev.stamp ## the whole suite on SQLite (REQUIRE_BROWSER=1: a missing Chromium fails; ARGS: for pytest)
	$(BIN)/python -m pytest $(ARGS)

.PHONY: test-postgres
test-postgres: .venv/dev.stamp ## the whole suite on PostgreSQL (TEST_POSTGRES_URL; REQUIRE_POSTGRES=1: a missing server fails)
	@$(BIN)/python -m tests.postgres $(ARGS)

# Settings of a production machine, so that `check --deploy` has something to judge. The keys are made for this one run.
DEPLOYED = DATA_DIR=$$scratch ENV_FILE= PUBLIC_URL=https://labels.example.com DEMO=0 DEBUG=0 \
  SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') \
  ENCRYPTION_KEYS=$$($(BIN)/python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')

.PHONY: lint
lint: .venv/dev.stamp ## style, types, layers, production settings, missing migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --quiet --lint templates labelapp/simulator
	$(BIN)/mypy labelapp
	$(BIN)/mypy --config-file labelapp/simulator/mypy.ini labelapp/simulator
	$(BIN)/lint-imports --no-cache
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && unset DATABASE_URL && export $(DEPLOYED) && \
	  echo 'manage.py check --deploy' && $(MANAGE) check --deploy --fail-level WARNING && \
	  echo 'manage.py makemigrations --check' && $(MANAGE) makemigrations --check --dry-run

.PHONY: bench
bench: .venv/dev.stamp ## figures with their floors, kept in docs/performance.md (SIZE=10000|100000|1000000 DB=sqlite|postgres)
	$(BIN)/python -m tests.bench $(ARGS)

.PHONY: chaos
chaos: .venv/dev.stamp ## the product under faults, judged by the simulator's own state (SEED EVENTS SCALE DB=sqlite|postgres DIALECT=wawp|waha ONLY)
	$(BIN)/python -m tests.chaos

##@ Keep it
CATALOGUES := $(wildcard labelapp/locale/*/LC_MESSAGES/django.po)

# The collector writes the time of each run into its files: a constant keeps that out of every commit.
.PHONY: messages
messages: .venv/dev.stamp ## collect and compile the translations (needs gettext)
	$(MANAGE) makemessages --locale en --locale ar --no-location --no-wrap --no-obsolete \
	  --ignore '.venv/*' --ignore 'data/*' --ignore 'tests/*' --ignore 'labelapp/simulator/*'
	sed -i.bak 's/^"POT-Creation-Date: .*/"POT-Creation-Date: 2026-11-22 00:00+0000\\n"/' $(CATALOGUES) && rm -f $(CATALOGUES:=.bak)
	$(MANAGE) compilemessages --ignore .venv

LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
  --no-header --no-emit-index-url --no-annotate pyproject.toml

.PHONY: lock
lock: .venv/dev.stamp ## write requirements/*.txt anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv
	$(LOCK) $(ARGS) --output-file requirements/base.txt
	$(LOCK) $(ARGS) --group dev --constraint requirements/base.txt --output-file requirements/dev.txt

.PHONY: clean
clean: ## forget the virtual environment and the tools' caches (the data in data/ stays)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamps are as new as the lock they were made from; dev.txt holds all of base.txt, so one environment serves both.
.venv/base.stamp: requirements/base.txt | .venv/made.stamp
	@echo 'Installing what labelapp needs into .venv …'
	@$(INSTALL) -r requirements/base.txt
	@touch $@

.venv/dev.stamp: requirements/dev.txt | .venv/made.stamp
	@echo 'Installing what labelapp and its tests need into .venv …'
	@$(INSTALL) -r requirements/dev.txt
	@touch $@ .venv/base.stamp

.venv/made.stamp:
	@test -n '$(PYTHON)' || { echo 'labelapp needs Python 3.11 or newer. If you have one, name it: make … PYTHON=/path/to/python3'; exit 1; }
	@$(PYTHON) -m venv .venv || { echo 'Python could not make a virtual environment. On Debian: apt-get install python3-venv'; exit 1; }
	@touch $@
