# Everything CI runs is a target here. Each step leaves a stamp and is skipped while its inputs stay the same.
#
#   make serve            build what is missing and serve the site at 127.0.0.1:8000 (PORT=8080 for another)
#   make test             the tests; make test-long: with those that take long
#   make live LANG=en     reload while you write, one language (es unless said)
#   make lab              JupyterLab on the labs
#   make bench            ratios, never absolute times
#   make sizes            lines of code by part
#   make ledger           record that somebody has compared both languages of every page
#   make lock             resolve the dependencies again
#   make clean            delete what was built, and the environments

.DEFAULT_GOAL := serve
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
# LANG is also the terminal's locale: it names a language of the site only when it is given to make.
ifeq ($(origin LANG),command line)
PAGE_LANGUAGE := $(LANG)
else
PAGE_LANGUAGE := es
endif
unexport LANG
export NO_MKDOCS_2_WARNING := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

INSTALL := $(PY) -m pip install --quiet --require-hashes --no-deps --only-binary=:all:
# Files that come and go (editors', caches) are no inputs.
files = $(shell find $(1) -type f -not -path '*/__pycache__/*' -not -name '.*' -not -name '*.pyc' 2>/dev/null)

.PHONY: serve site runner test test-long live lab bench sizes ledger lock clean browser check

serve: build/site.stamp
	@$(PY) tools/server.py build/site --port $(PORT)

site: build/site.stamp

# --- environments

$(VENV)/site.stamp: requirements/site.lock
	@echo "Python packages for the site (once, about half a minute)"
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed; $(PYTHON) is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { echo "venv is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@$(INSTALL) -r requirements/site.lock
	@$(PY) -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "eslabon.pth").write_text("$(CURDIR)/src\n")'
	@touch $@

$(VENV)/test.stamp: requirements/test.lock $(VENV)/site.stamp
	@echo "Python packages for the tests"
	@$(INSTALL) -r requirements/test.lock
	@touch $@

.venv-lab/stamp: requirements/lab.lock pyproject.toml
	@echo "JupyterLab (once)"
	@test -x .venv-lab/bin/python || $(PYTHON) -m venv .venv-lab
	@.venv-lab/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary=:all: -r requirements/lab.lock
	@touch $@

.venv-bench/stamp: requirements/bench.lock
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary=:all: -r requirements/bench.lock
	@touch $@

bench/peers/node_modules/.stamp: bench/peers/package-lock.json
	@cd bench/peers && npm ci --silent
	@touch $@

node_modules/.stamp: package-lock.json package.json .npmrc $(VENV)/site.stamp
	@echo "JavaScript packages"
	@npm ci --silent
	@touch $@

# --- what is served

runner: build/runner.stamp

build/runner.stamp: $(call files,docs/runner src snippets labs) node_modules/.stamp $(VENV)/site.stamp
	@mkdir -p build
	@if [ -f docs/runner/build.py ]; then \
	  echo "Run in the page: Python, boto3 and eslabon as bytecode" && PYTHONPATH=src $(PY) docs/runner/build.py --out build/runner; \
	else echo "NOTE: docs/runner/build.py is missing: the pages will have no Run"; fi
	@touch $@

build/wheel.stamp: pyproject.toml README.md LICENSE $(call files,src) $(VENV)/site.stamp
	@rm -rf build/wheels && mkdir -p build/wheels
	@SOURCE_DATE_EPOCH=1767225600 $(PY) -m pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir build/wheels . 
	@touch $@

build/site.stamp: build/runner.stamp build/wheel.stamp mkdocs.yml mkdocs.en.yml $(call files,docs snippets labs src tools) build/.site-address
	@echo "The site, both languages"
	@PYTHONPATH=src $(PY) tools/build_site.py
	@touch $@

# The address is an input too: the stamp changes when SITE_URL or REPO_URL do.
build/.site-address: FORCE
	@mkdir -p build; echo "$$SITE_URL $$REPO_URL" | cmp -s - $@ || echo "$$SITE_URL $$REPO_URL" > $@
.PHONY: FORCE
FORCE:

live: build/runner.stamp build/wheel.stamp
	@case "$(PAGE_LANGUAGE)" in es) file=mkdocs.yml;; en) file=mkdocs.en.yml;; *) echo "LANG=$(PAGE_LANGUAGE): the site has es and en"; exit 2;; esac; \
	PYTHONPATH=src SITE_URL=http://127.0.0.1:$(PORT)/ exec $(PY) -m mkdocs serve --livereload -a 127.0.0.1:$(PORT) -f $$file

lab: .venv-lab/stamp
	@PYTHONPATH=$(CURDIR)/src exec .venv-lab/bin/jupyter lab --ServerApp.ip=127.0.0.1 --notebook-dir=labs

# --- checks

browser: $(VENV)/test.stamp
	@mkdir -p build; $(PY) tools/browser.py > build/browser.txt

check: $(VENV)/test.stamp
	$(PY) -m ruff check .
	$(PY) -m mypy --strict src
	$(PY) -m mypy tools docs/hooks
	$(PY) -m codespell_lib
	$(VENV)/bin/zizmor --offline --quiet .github
	$(PY) tools/in_step.py

# What only computes is dealt out test by test, what drives a browser file by file, in the order of the files, since those with
# the fewest tests take longest; what looks at the time comes last, alone.
COMPUTING := tests/core tests/servers tests/snippets src tools docs/hooks
BROWSING := tests/runner tests/site
PYTEST = CHROMIUM="$$(cat build/browser.txt)" PYTHONHASHSEED=0 $(PY) -m pytest
TESTS = $(PYTEST) -n auto --dist worksteal -m "$(1)not alone" $(COMPUTING) $(ARGS) && \
	$(PYTEST) -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder -m "$(1)not alone" $(BROWSING) $(ARGS) && \
	$(PYTEST) -m "$(1)alone" tests $(ARGS)

# What the tests need is made two things at a time, lines whole where this make can: pip waits while the runner is built, and so on.
NEEDED = @$(MAKE) -j2 $(if $(filter output-sync,$(.FEATURES)),-Oline) check build/site.stamp browser

test:
	$(NEEDED)
	$(call TESTS,not long and )

test-long: export HYPOTHESIS_PROFILE := searching
test-long:
	$(NEEDED)
	$(call TESTS,)

bench: .venv-bench/stamp bench/peers/node_modules/.stamp
	@PYTHONPATH=src .venv-bench/bin/python -m bench

sizes: $(VENV)/site.stamp
	@$(PY) tools/sizes.py

ledger: $(VENV)/site.stamp
	@$(PY) tools/in_step.py --record

# --- dependencies

UV := .venv-lock/bin/uv
COMPILE := $(CURDIR)/$(UV) pip compile --universal --python-version 3.11.2 --generate-hashes --no-header --quiet
lock: $(VENV)/site.stamp
	@test -x $(UV) || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv==0.13.9; }
	@cd requirements && $(COMPILE) all.in -o all.lock && for part in site test lab bench; do $(COMPILE) $$part.in -c all.lock -o $$part.lock || exit 1; done
	@npm install --package-lock-only --silent && cd bench/peers && npm install --package-lock-only --silent
	@! grep -nE '"resolved"|--index-url|--find-links' package-lock.json bench/peers/package-lock.json requirements/*.lock

clean:
	rm -rf build .cache .venv .venv-lab .venv-bench .venv-lock node_modules bench/peers/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
