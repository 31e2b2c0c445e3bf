# Every target sets up .venv here on first use, and again when pyproject.toml or constraints.txt changed.
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench fuzz chaos

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

demo: $(READY) ## the seeds through an embedded broker and Redis; FOR=60 ends after 60 s with one JSON line
	@$(BIN)/tocsin demo $(if $(FOR),--for $(FOR) --json)

test: lint ## lint, then all tests, on Apache Kafka (Java 17, Maven), redis-server and Chromium where they are installed
	@! command -v chromium >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browser]' >&2
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder --durations=15

lint: $(READY) ## formatting, rules and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY) ## the numbers that the README names
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]' >&2
	$(BIN)/python -m tests.benchmarks

fuzz: $(READY) ## decoding, mapping, rules and event files under a coverage-guided fuzzer; SECONDS=60
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]' >&2
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60)

chaos: $(READY) ## break everything while records flow, then recount: SECONDS=600 SEED=7, on a cluster CLUSTER=1
	@$(BIN)/python -m tests.chaos $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(CLUSTER),--cluster)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Tocsin needs Python 3.11 or newer with venv (apt-get install python3-venv); to name one: make PYTHON=python3.12" >&2; \
	  exit 1; }
	@echo "setting up .venv: some minutes, once" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[embedded,dev]' >&2
	@touch $(READY)
