# Each target sets up what it needs. `make demo` runs the main job, `make test` the tests, `make check` everything that is not a test,
# `make claims` the experiments about the lecture notes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Parallel test processes; each worker process of nnbench itself uses one thread.
TEST_WORKERS ?= 2
# What `make bench` holds this checkout against.
BEFORE ?= HEAD~1

.PHONY: demo test check bench claims clean

demo: $(VENV)/installed
	$(BIN)/nnbench run experiments/demo.toml

test: $(VENV)/installed
	$(BIN)/pytest -m "not packaging" -n $(TEST_WORKERS) --dist loadfile

check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -m packaging

bench: $(VENV)/installed
	$(BIN)/python benchmarks/before.py $(BEFORE)
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/workers.py
	$(BIN)/python benchmarks/gradcheck.py
	$(BIN)/python benchmarks/components.py
	$(BIN)/python -m benchmarks.aa
	$(BIN)/python benchmarks/datasets.py

claims: $(VENV)/installed
	$(BIN)/nnbench claims experiments/notes

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "nnbench needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,peers]'
	touch $@

clean:
	rm -rf $(VENV) build dist
