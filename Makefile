# make demo   benchmark the two bundled checkpoints      make test   everything that CI runs
# make bench  measured speed                             make lint   ruff and mypy only
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GPU := $(shell nvidia-smi -L 2>/dev/null | grep -c GPU)
READY := $(VENV)/.ready
HTTP_OFFLINE := HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1
PYTEST := $(HTTP_OFFLINE) $(BIN)/python -m pytest

.PHONY: demo test lint fast slow bench bench-ui setup clean

setup: $(READY)

ifeq ($(GPU),0)
$(READY): requirements/cpu.txt requirements/dev.txt pyproject.toml tools/vllm-metadata/pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -r requirements/cpu.txt -r requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation ./tools/vllm-metadata -e .
	touch $@
else
$(READY): requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[gpu,ui,dev]'
	touch $@
endif

demo: $(READY)
	$(HTTP_OFFLINE) $(BIN)/kikime demo

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fast: $(READY)
	$(PYTEST) -m "not engine and not browser and not simulation"

slow: $(READY)
	$(PYTEST) -m "engine or browser or simulation"

test: lint
	$(PYTEST)

bench: $(READY)
	$(HTTP_OFFLINE) $(BIN)/python -m tools.bench

bench-ui: $(READY)
	$(BIN)/python tools/bench_ui.py

clean:
	rm -rf $(VENV) build dist *.egg-info
