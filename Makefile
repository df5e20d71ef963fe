# The two commands a newcomer needs: `make demo` and `make test`. Both start from a bare clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The demo keeps its graph, model and caches in the checkout and leaves the user's own alone.
DEMO_HOME ?= $(CURDIR)/.kedrec
DISEASE ?= multiple sclerosis
# One process a core, four at most. In the order of the folders: the longest tests first, the short ones last.
PARALLEL ?= --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# Libraries are installed uncompiled, and compiled as they are first imported. An environment that forbids writing what
# was compiled would have every process compile them again, which takes longer than many a test.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test chromium check format lock test-lowest test-newest audit mutate bench stress clean help

help:
	@echo "make demo    install, load the built-in graph, ask: DISEASE=\"$(DISEASE)\""
	@echo "make test    install everything the tests need and run every test"
	@echo "make chromium  install the browser that the tests of the page need, or say how"
	@echo "make check   ruff, mypy --strict, import contracts"
	@echo "make format  ruff's formatting and fixes"
	@echo "make lock    write requirements.lock anew: the newest versions that pyproject.toml allows"
	@echo "make test-lowest, make test-newest   every test, on the lowest or the newest versions it allows"
	@echo "make audit   known flaws and licences of what is locked, and an SBOM"
	@echo "make mutate  break the promises one by one and see that a test fails"
	@echo "make bench   every benchmark, as one table"
	@echo "make stress  kill loads at 100 random moments on each database, and resume them"
	@echo "make clean   remove the environment and the demo's graph"

# Everything comes from requirements.lock, hash by hash: uv first, by pip, then the rest by uv.
define install
$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --constraints requirements.lock \
  --requirements pyproject.toml --group build $(1)
$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
endef

$(BIN)/uv: requirements.lock
	$(PYTHON) -m venv $(VENV)
	sed -n '/^uv==/,/^[a-z]/{/^uv==/p;/^ /p;}' requirements.lock > $(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.lock
	@touch $@

$(VENV)/.installed: pyproject.toml requirements.lock $(BIN)/uv
	$(call install,--extra serve)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml requirements.lock $(BIN)/uv
	$(call install,--extra dev --extra train)
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	@KEDREC_HOME=$(DEMO_HOME) $(BIN)/kedrec model pull
	@KEDREC_HOME=$(DEMO_HOME) KEDREC_GRAPH=$(DEMO_HOME)/graph $(BIN)/kedrec-load graph
	@KEDREC_HOME=$(DEMO_HOME) KEDREC_GRAPH=$(DEMO_HOME)/graph $(BIN)/kedrec ask --disease "$(DISEASE)" --top 3

# The page is tested in a real browser.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -qq -y chromium; \
	  else echo "The tests of the page need Chromium: install it (Debian: sudo apt-get install chromium)."; exit 1; fi; }

test: $(VENV)/.installed-dev chromium
	$(BIN)/python -m pytest $(PARALLEL)

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

mutate: $(VENV)/.installed-dev
	$(BIN)/python scripts/mutate.py $(MUTATE)

stress: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.stress $(STRESS)

clean:
	rm -rf $(VENV) .kedrec build dist

lock: $(BIN)/uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --upgrade --no-annotate \
	  --custom-compile-command "make lock" --all-extras --group build --group audit \
	  --output-file requirements.lock pyproject.toml

# Each in an environment of its own, resolved anew: what pyproject.toml's ranges promise is run here.
test-lowest: RESOLUTION = lowest-direct
test-newest: RESOLUTION = highest
test-lowest test-newest: $(BIN)/uv chromium
	$(PYTHON) -m venv --clear $(VENV)-$@
	$(BIN)/uv pip install --quiet --python $(VENV)-$@/bin/python --resolution $(RESOLUTION) --editable '.[dev,train]'
	$(BIN)/uv pip freeze --quiet --python $(VENV)-$@/bin/python --exclude-editable
	$(VENV)-$@/bin/python -m pytest $(PARALLEL)

# Licences of what is installed, an SBOM of what is locked, and its known flaws; the last asks PyPI, and fails
# where a package can't be looked up.
audit: $(VENV)/.installed-dev
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --constraints requirements.lock \
	  --requirements pyproject.toml --group audit
	$(BIN)/pip-licenses --summary --order=count --partial-match --fail-on="GNU General Public;AGPL;GPL-2;GPL-3;SSPL"
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements.lock --output-format JSON --output-file build/sbom.json
	$(BIN)/pip-audit --requirement requirements.lock --require-hashes --disable-pip --strict --progress-spinner off
