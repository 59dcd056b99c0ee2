# make demo      benchmark the two bundled checkpoints       make test      everything that CI runs
# make lint      ruff, mypy and the direction of imports     make coverage  the fast tests, line by line
# make bench     measured speed                              make lock      resolve both builds anew
# make bench-peers  the same questions through kikime, lm-eval and bare vLLM, in turn
# make docs      the docs as a site, in site/                make faults    runs broken on purpose, and mended
# make fuzz      readers fed by a fuzzer                     make gpu-check kikime on a CUDA card, measured
# make sbom      what the environment holds, by licence      make audit     known faults of what is pinned (needs the network)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILD := $(if $(filter-out 0,$(shell nvidia-smi -L 2>/dev/null | grep -c GPU)),gpu,cpu)
LOCK := requirements/$(BUILD).txt
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
OFFLINE := HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1
PYTEST := $(OFFLINE) $(BIN)/python -m pytest
FAST := not engine and not browser and not simulation and not packaging
PARALLEL := -n auto --maxprocesses 4 --dist loadfile
# One process of tests per core: threads of several that wait for each other by spinning stand still together.
ONE_THREAD := OMP_NUM_THREADS=1
UV := $(or $(shell command -v uv),$(BIN)/uv)
UV_INSTALL := . tools/uv_environment.sh && $(UV) pip install -q --python $(BIN)/python --no-deps

# What the first start of Python compiles, the hundreds after it read; uv compiles nothing by itself.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint fast slow coverage bench bench-ui bench-peers faults fuzz audit sbom gpu-check docs setup machine lock clean

setup: $(READY_DEV)

$(BIN)/python:
	$(if $(wildcard $(UV)),$(UV) venv -q --allow-existing --python $(PYTHON),$(PYTHON) -m venv) $(VENV)

$(BIN)/uv: | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check uv

$(READY): $(LOCK) pyproject.toml tools/vllm-metadata/pyproject.toml | $(BIN)/python $(UV)
	$(UV_INSTALL) $(if $(filter cpu,$(BUILD)),$$TORCH ./tools/vllm-metadata) -r $(LOCK) -e .
	touch $@

$(READY_DEV): requirements/dev.txt $(READY)
	$(UV_INSTALL) -r requirements/dev.txt
	touch $@

demo: $(READY)
	$(OFFLINE) $(BIN)/kikime demo

lint: $(READY_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fast: $(READY_DEV)
	$(ONE_THREAD) $(PYTEST) $(PARALLEL) -m "$(FAST)"

slow: $(READY_DEV) machine
	$(PYTEST) $(PARALLEL) -m "engine or browser or packaging or simulation"

coverage: $(READY_DEV)
	$(ONE_THREAD) $(PYTEST) $(PARALLEL) -m "$(FAST)" --cov --cov-report=term:skip-covered

test: lint fast slow

machine:
	@sh tools/get_browser.sh

bench: $(READY_DEV)
	$(OFFLINE) $(BIN)/python -m tools.bench

bench-ui: $(READY_DEV)
	$(BIN)/python -m tools.bench_ui

bench-peers: $(READY_DEV)
	$(OFFLINE) $(BIN)/python -u -m tools.bench_peers

faults: $(READY_DEV)
	$(OFFLINE) $(BIN)/python -u -m tools.faults

fuzz: $(READY_DEV)
	$(OFFLINE) $(BIN)/python -u -m tools.fuzz

gpu-check: $(READY)
	$(OFFLINE) $(BIN)/python -u -m tools.gpu_check

docs: $(READY_DEV)
	$(OFFLINE) $(BIN)/python tools/write_reference.py
	$(OFFLINE) $(BIN)/mkdocs build --quiet --strict

audit: | $(BIN)/python $(UV)
	. tools/uv_environment.sh && $(UV) tool run pip-audit==2.10.1 --no-deps --disable-pip -r $(LOCK) -r requirements/dev.txt

sbom: $(READY)
	mkdir -p dist
	. tools/uv_environment.sh && $(UV) tool run --from cyclonedx-bom cyclonedx-py environment $(VENV) --of JSON -o dist/sbom.json

lock: | $(BIN)/python $(UV)
	sh tools/lock.sh $(UV)

clean:
	rm -rf $(VENV) build dist *.egg-info
