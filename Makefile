# make run · make check · make test · make prove · make lint · make bench · make screenshots · make matrix · make lock · make licences
# Environment of `make run`: PORT (8000), SANDBOX_PORT (9500), DATABASE_URL (an SQLite file under var/), WORKERS (2).

SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 9500
WORKERS ?= 2
REGISTRY_SYNC ?= on
# Two copies side by side share nothing: files and cookies carry the port, but for the usual one.
COPY := $(filter-out 8000,$(PORT))
VAR_DIR ?= $(CURDIR)/var$(COPY:%=/%)
SESSION_COOKIE_NAME ?= certhelper_session$(COPY:%=_%)
CSRF_COOKIE_NAME ?= csrftoken$(COPY:%=_%)

PIP := .venv/bin/python -m pip install --disable-pip-version-check --no-input --progress-bar off --require-hashes
# One line for each package of a lock file, as it comes, and what pip says of errors.
install = set -o pipefail; PYTHONUNBUFFERED=1 $(PIP) -r $(1) $(2) 2> >(grep -v ^WARNING >&2) | { number=0; while read -r step package _; do case "$$step" in \
	Collecting|Processing) echo "Package $$((++number)) of $$(grep -c '^[^ \#]*==' $(1)): $${package\#\#*/}";; \
	Installing) echo "Installing them";; esac; done; }
RUNTIME := .venv/requirements.lock
TOOLS := .venv/tests-requirements.lock
# The driver of Firefox has a folder of its own, and is installed where there is a Firefox.
FIREFOX := $(if $(shell command -v firefox-esr || command -v firefox),.venv/firefox-requirements.lock)

.DEFAULT_GOAL := help
.PHONY: help run check test prove lint bench screenshots matrix lock licences tools

help:
	@head -2 Makefile

run: $(RUNTIME)
	@exec env CERTHELPER_MODE=sandbox PORT="$(PORT)" SANDBOX_PORT="$(SANDBOX_PORT)" WORKERS="$(WORKERS)" REGISTRY_SYNC="$(REGISTRY_SYNC)" \
		VAR_DIR="$(VAR_DIR)" SESSION_COOKIE_NAME="$(SESSION_COOKIE_NAME)" CSRF_COOKIE_NAME="$(CSRF_COOKIE_NAME)" \
		.venv/bin/python manage.py serve

# `check` while working, `test` before a commit lands, `prove` (full size, with branch coverage) before an issue is closed.
check: lint
	@exec .venv/bin/python -m pytest -n 2 --dist worksteal -m "not e2e and not slow"

prove: export PROVE := 1
prove: $(TOOLS) $(FIREFOX)
	@exec .venv/bin/python -m tests.all

test: $(TOOLS) $(FIREFOX)
	@exec .venv/bin/python -m tests.all

bench: $(TOOLS)
	@exec .venv/bin/python -m tools.bench

screenshots: $(TOOLS)
	@exec .venv/bin/python -m tests.screenshots

matrix: $(TOOLS)
	@exec .venv/bin/python -m tests.faults.matrix

lint: export CERTHELPER_MODE := sandbox
lint: $(TOOLS)
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy .
	.venv/bin/djlint --lint --quiet .
	.venv/bin/lint-imports .importlinter
	.venv/bin/biome lint --error-on-warnings static/js static/css
	.venv/bin/python -m pytest tests/test_architecture.py
	@.venv/bin/python -m tools.sizes

# The packages, pinned with hashes. Installed when the lock file changed since the last time.
.venv/bin/python:
	@echo "Creating the virtual environment .venv"
	@$(PYTHON) -m venv .venv

$(RUNTIME): requirements.lock | .venv/bin/python
	@cmp -s $< $@ || { $(call install,$<); }
	@cp $< $@

$(TOOLS): tests/requirements.lock | .venv/bin/python
	@cmp -s $< $@ || { $(call install,$<); }
	@cp $< $@
	@cp requirements.lock $(RUNTIME)

.venv/firefox-requirements.lock: tests/firefox-requirements.lock | $(TOOLS)
	@cmp -s $< $@ || { rm -rf .venv/firefox; $(call install,$<,--target .venv/firefox); } || \
		{ rm -rf .venv/firefox; echo "!!! Could not install the driver of Firefox"; }
	@[ ! -d .venv/firefox ] || cp $< $@

tools: $(TOOLS) $(FIREFOX)

lock: $(TOOLS)
	.venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 --custom-compile-command "make lock" requirements.txt -o requirements.lock
	.venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 --custom-compile-command "make lock" -c requirements.lock tests/requirements.txt -o tests/requirements.lock
	.venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 --custom-compile-command "make lock" -c requirements.lock tests/firefox-requirements.txt -o tests/firefox-requirements.lock

licences: $(TOOLS)
	@exec .venv/bin/python -m tools.licences
