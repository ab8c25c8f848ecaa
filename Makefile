# Every target works on a fresh machine: it creates .venv and installs what it needs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FUZZED := tests/unit/test_fuzz.py tests/unit/arena/test_vote_machine.py tests/integration/test_http_contract.py
export GRADIO_ANALYTICS_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-browser bench quality style docs clean

help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/.app: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

demo: $(VENV)/.app ## Run the app on http://127.0.0.1:7860 with the embedded models
	$(BIN)/python app.py

serve: demo

test: $(VENV)/.dev ## Run the default test suite (no browser, GPU, network or bench)
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-browser: $(VENV)/.dev ## Walk through the app in Debian's Chromium
	@test -n "$$(command -v chromium)" || { echo "Chromium is missing: apt-get install chromium" >&2; exit 1; }
	$(BIN)/python -m pytest -m browser tests/browser

bench: $(VENV)/.dev ## Measure speed as ratios in one run (build/bench.json), and fuzz for longer
	@mkdir -p build && rm -f build/bench.json
	BENCH_JSON=build/bench.json $(BIN)/python -m pytest -m bench -s tests/bench
	FUZZ=20 $(BIN)/python -m pytest $(FUZZED)

quality: $(VENV)/.dev ## ruff, mypy, import-linter, and whether README.md is fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m cogapp -I . --check README.md docs/schema.md

style: $(VENV)/.dev ## Format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev ## Regenerate the tables of README.md and docs/ from the code
	$(BIN)/python -m cogapp -I . -r README.md docs/schema.md

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
