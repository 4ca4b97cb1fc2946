# Two commands on a fresh machine: `make demo` and `make test`. Each makes its own .venv first.

PYTHON ?= python3
BIN := .venv/bin
DATA ?= ../ferplus
PHOTOS ?= ../facedet

.PHONY: help demo test check bench docs web

help:
	@echo "make demo   set up, read the expression in examples/astronaut.png, write the annotated picture to out/"
	@echo "make test   set up everything, run the tests"
	@echo "make check  format, lint, types and import rules, then the tests"
	@echo "make web    build the web page of \`mien serve\` (needs Node.js)"
	@echo "make docs   write docs/backpropagation.md and the demo picture"
	@echo "make bench  measure accuracy and speed, write docs/results.md (DATA=FER+, PHOTOS=the detector's photos, PEERS=others' predictions)"

.venv/ready-base: pyproject.toml
	@echo "==> Setting up .venv with what mien needs to run (about 150 MB; a minute)"
	@$(PYTHON) -m venv .venv || { echo "No venv: on Debian, apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/ready-dev: .venv/ready-base
	@echo "==> Adding what training and the tests need (PyTorch and more; some minutes)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[train,dev]'
	@touch $@

demo: .venv/ready-base
	@echo "==> mien look examples/astronaut.png --annotate out"
	@$(BIN)/mien look examples/astronaut.png --annotate out
	@echo "==> The annotated picture: out/astronaut.png"

test: .venv/ready-dev
	@if command -v npm >/dev/null && $(MAKE) --no-print-directory web/node_modules; then $(MAKE) --no-print-directory web && (cd web && npm test); \
	else echo "==> No npm, or nothing to fetch from: the tests of the page skip"; fi
	@echo "==> Running the tests"
	@$(BIN)/python -m pytest -q

check: .venv/ready-dev
	@echo "==> Format, lint, types, import rules"
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

web/node_modules: web/package-lock.json
	@echo "==> Fetching what the page is built with"
	@cd web && npm ci --no-audit --no-fund
	@touch $@

web: web/node_modules
	@echo "==> Building the page into src/mien/service/page"
	@cd web && npm run build

docs: .venv/ready-dev
	@$(BIN)/mien look examples/astronaut.png --annotate docs/pictures
	@$(BIN)/python docs/build_backpropagation.py

bench: .venv/ready-dev
	@$(BIN)/python benchmarks/accuracy.py --data $(DATA)
	@$(BIN)/python benchmarks/speed.py
	@$(BIN)/python benchmarks/memory.py
	@$(BIN)/python benchmarks/mutated_files.py
	@$(BIN)/python benchmarks/backprop.py
	@$(BIN)/python benchmarks/network.py --data $(DATA) $(if $(PEERS),--peers $(PEERS))
	@$(BIN)/python benchmarks/int8.py --data $(DATA)
	@$(BIN)/python benchmarks/network_page.py
	@$(BIN)/python benchmarks/classical.py --data $(DATA)
	@$(BIN)/python benchmarks/classical_page.py
	@$(BIN)/python benchmarks/pipeline.py --data $(DATA)
	@$(BIN)/python benchmarks/detector.py --data $(PHOTOS)
	@$(BIN)/python benchmarks/video.py --data $(DATA)
	@$(BIN)/python benchmarks/scale.py --data $(PHOTOS)
	@$(BIN)/python benchmarks/scale_page.py
	@$(BIN)/python benchmarks/service.py
	@$(BIN)/python benchmarks/characters.py
	@$(BIN)/python benchmarks/text.py
	@$(BIN)/python benchmarks/text_page.py
	@$(BIN)/python benchmarks/report.py
