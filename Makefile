# Everything runs in .venv; PYTHON chooses the interpreter that makes it.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

.PHONY: demo test check bench test-gpu clean

demo: .venv/.demo
	@start=$$SECONDS; \
	$(BIN)/clipkit find tests/resources/demo.mp4 --out demo-clips \
	    --criteria "funny moments" --criteria "practical advice"; \
	echo "make demo: the job took $$((SECONDS - start)) s"

test: .venv/.dev
	@start=$$SECONDS; $(BIN)/python -m pytest; echo "make test: the tests took $$((SECONDS - start)) s"

check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@git ls-files --cached --others --exclude-standard '*.py' | xargs wc -l | awk \
	    '$$2 != "total" && $$1 > 400 { print $$2 ": " $$1 " lines, 400 at most"; long = 1 } END { exit long }'

bench: .venv/.dev
	$(BIN)/python -m benchmarks speed

test-gpu: .venv/.dev
	CLIPKIT_REQUIRE_CUDA=1 $(BIN)/python -m pytest -m needs_cuda

clean:
	rm -rf .venv demo-clips

.venv/.made:
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.demo: .venv/.made pyproject.toml constraints.txt
	@echo "installing clipkit into .venv: 7 GB, some minutes the first time"
	$(PIP) --editable ".[offline]"
	@touch $@

.venv/.dev: .venv/.demo
	$(PIP) --editable ".[offline,server,s3,dev]"
	@touch $@
