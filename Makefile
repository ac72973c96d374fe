# Everything runs in .venv, which the first command makes.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
SITE   := $(VENV)/.site
DEMO   := configs/first_spike_yin_yang.yaml
BUILT_FROM := pyproject.toml constraints.txt CMakeLists.txt $(shell find native -type f 2>/dev/null)

help:  ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: $(READY)  ## set up, train on Yin-Yang, draw the figures
	$(BIN)/snnrun train $(DEMO)
	@run=$$(ls -td experiment_results/$(notdir $(basename $(DEMO)))_*/ | head -1) && $(BIN)/snnrun eval "$$run" \
	  && echo "The figures lie in $${run}plots"

test: $(READY)  ## tests that take seconds
	@$(BIN)/python -m compileall -q snnrun  # once, not by every command that a test starts
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not slow"

test-slow: $(READY) $(SITE)  ## trainings that take minutes, the site, the tour in a kernel
	$(BIN)/python -m pytest -q -m slow

docs: $(SITE)  ## the documentation as a site, in build/docs; warnings are errors
	@rm -rf build/docs
	$(BIN)/python -m sphinx -q -W --keep-going -E -c docs/site -d build/doctrees docs build/docs
	@echo "the site begins with build/docs/index.html"

check: $(READY)  ## format, lint, types, doctests
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy
	$(BIN)/python -m pytest -q --doctest-modules snnrun

setup: $(READY)  ## make the virtual environment and install everything pinned

$(READY): $(BUILT_FROM)
	@echo "setting up $(VENV): downloads the packages and compiles the kernels, a few minutes"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install -q --disable-pip-version-check -e ".[dev]"
	@touch $@

$(SITE): $(READY)
	@echo "installing what makes the site"
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install -q --disable-pip-version-check \
	  $$($(BIN)/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	  print(*project["optional-dependencies"]["docs"])')
	@touch $@

faults: $(READY)  ## for SECONDS (600), from SEED (1) on: kill and starve trainings, damage run folders, foreign files, configs, calls
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.faults $(or $(SECONDS),600) $(or $(SEED),1)

bench-peers: $(READY)  ## LIF layers beside other libraries; an hour or two, on an idle machine
	$(BIN)/python benchmarks/peers_lif.py --write
	$(BIN)/python benchmarks/table.py

bench: $(READY)  ## the kernels beside their twins, into the table of docs/bench.md; minutes, on an idle machine
	$(BIN)/snnrun bench --full -o benchmarks/results/bench.csv
	$(BIN)/python benchmarks/table.py

gpu: $(READY)  ## compare and time the kernels of the GPU, where there is one
	$(BIN)/python benchmarks/gpu.py --check
	$(MAKE) cuda-compile
	SNNRUN_CUDA=build/cuda/_cuda.so $(BIN)/python benchmarks/gpu.py

cuda-compile:  ## compile the CUDA kernels; needs nvcc, no GPU
	cmake -S native/src/cuda -B build/cuda -DSNNRUN_WERROR=ON
	cmake --build build/cuda
	@echo "made $$(pwd)/build/cuda/_cuda.so for"
	@strings build/cuda/_cuda.so | grep -oE 'sm_[0-9]+' | sort -u

# A build of its own for each kind, in which what a sanitizer finds ends the process.
CALLS := 20000
build/sanitize-%/.built: $(READY)
	cmake -S . -B $(@D) -DCMAKE_BUILD_TYPE=Debug -DSNNRUN_CUDA=OFF \
	  -DSNNRUN_SANITIZE=$(if $(filter address,$*),address$(COMMA)undefined,$*) \
	  -DPython_EXECUTABLE=$(abspath $(BIN)/python) -Dpybind11_DIR=$$($(BIN)/python -m pybind11 --cmakedir)
	cmake --build $(@D) -j 2
	@touch $@
COMMA := ,

sanitize: build/sanitize-address/.built  ## kernels under the address and undefined-behaviour sanitizers, at every CPU level; an hour
	$(BIN)/python -m tests.kernels.hostile.sanitized address build/sanitize-address/native/_native*.so $(CALLS)

sanitize-threads: build/sanitize-thread/.built  ## kernels on several threads, called by several, under the thread sanitizer
	$(BIN)/python -m tests.kernels.hostile.sanitized thread build/sanitize-thread/native/_native*.so 20

# The wheel is made from the sdist, as others would make it. auditwheel then says which systems can
# use it: all that have a libc as new as this one's. Older ones: .github/workflows/wheels.yml.
wheel: $(READY)  ## sdist and wheel, into dist/; a few minutes
	rm -rf dist build/wheel
	PIP_CONSTRAINT=$(abspath constraints.txt) $(BIN)/python -m build -o build/wheel
	mkdir -p dist && cp build/wheel/*.tar.gz dist
	if [ "$$(uname)" = Linux ]; then PATH=$(abspath $(BIN)):$$PATH $(BIN)/auditwheel repair -w dist build/wheel/*.whl; \
	  else cp build/wheel/*.whl dist; fi
	@ls -l dist

clean:  ## remove what was built; results stay
	rm -rf $(VENV) build dist

.PHONY: help demo test test-slow docs check setup faults bench bench-peers gpu cuda-compile wheel \
  sanitize sanitize-threads clean
