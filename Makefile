# Everything runs in .venv, which the first command makes.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEMO   := configs/first_spike_yin_yang.yaml

help:  ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: $(READY)  ## set up, train on Yin-Yang, draw the figures
	$(BIN)/snnrun train $(DEMO)
	$(BIN)/snnrun eval "$$(ls -td experiment_results/*/ | head -1)"

test: $(READY)  ## tests that take seconds
	$(BIN)/python -m pytest -q -n 2 -m "not slow"

test-slow: $(READY)  ## trainings that take minutes
	$(BIN)/python -m pytest -q -m slow

check: $(READY)  ## format, lint, types
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

setup: $(READY)  ## make the virtual environment and install everything pinned

$(READY): pyproject.toml constraints.txt CMakeLists.txt $(shell find native -type f 2>/dev/null)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install -q --disable-pip-version-check -e ".[dev]"
	touch $@

clean:  ## remove what was built; results stay
	rm -rf $(VENV) build

.PHONY: help demo test test-slow check setup clean
