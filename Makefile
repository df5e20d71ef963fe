# The two commands a newcomer needs: `make demo` and `make test`. Both start from a bare clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The demo keeps its graph, model and caches in the checkout and leaves the user's own alone.
DEMO_HOME ?= $(CURDIR)/.kedrec
DISEASE ?= multiple sclerosis

.PHONY: demo test check format bench stress docs-check clean help

help:
	@echo "make demo    install, load the built-in graph, ask: DISEASE=\"$(DISEASE)\""
	@echo "make test    install everything the tests need and run every test"
	@echo "make check   ruff, mypy --strict, import contracts"
	@echo "make bench   every benchmark, as one table"
	@echo "make stress  kill loads at 100 random moments on each database, and resume them"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,train]'
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	@KEDREC_HOME=$(DEMO_HOME) $(BIN)/kedrec model pull
	@KEDREC_HOME=$(DEMO_HOME) KEDREC_GRAPH=$(DEMO_HOME)/graph $(BIN)/kedrec-load graph
	@KEDREC_HOME=$(DEMO_HOME) KEDREC_GRAPH=$(DEMO_HOME)/graph $(BIN)/kedrec ask --disease "$(DISEASE)" --top 3

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks $(BENCH)

stress: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.stress $(STRESS)

clean:
	rm -rf $(VENV) .kedrec build dist
