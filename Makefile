# Everything a developer runs; `make` lists it. Needs Python 3.11 or newer and make; the rest goes into .venv.
# Another Python: make PYTHON=/path/to/python3 VENV=.venv-other …    Arguments of a target: make test ARGS="-k store"

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What the demo needs is a third of what a developer needs, and is installed alone for who only looks.
SHOWN := $(if $(wildcard $(VENV)/.ready),$(VENV)/.ready,$(VENV)/.demo)
TOOLS := $(VENV)/tools
DOCS := $(VENV)/docs
# The first of these that is there and new enough. 3.15 is only taken by name: simcord, of the demo, keeps PyAV below 17, without a
# wheel for it.
PYTHON ?= $(firstword $(foreach name,python3.14 python3.13 python3.12 python3.11 python3,\
	$(shell $(name) -c 'import sys, ensurepip; (3, 11) <= sys.version_info < (3, 15) and print("$(name)")' 2>/dev/null)))

version_of = $(shell $(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
# A Python that is named is the one that runs, or nothing does: an environment that another one made is not taken for it.
ifneq ($(origin PYTHON),file)
ifeq ($(filter clean host-check,$(MAKECMDGOALS)),)
NAMED := $(or $(call version_of,$(PYTHON)),$(error PYTHON=$(PYTHON) does not run))
ifneq ($(filter 2.% 3.0 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 3.9 3.10,$(NAMED)),)
$(error PYTHON=$(PYTHON) is Python $(NAMED), and 3.11 or newer is needed: name another, or leave PYTHON out)
endif
MADE := $(and $(wildcard $(BIN)/python),$(call version_of,$(BIN)/python))
ifneq ($(MADE),)
ifneq ($(MADE),$(NAMED))
$(error $(VENV) is of Python $(MADE), and PYTHON=$(PYTHON) is $(NAMED): make clean, or name another place with VENV=)
endif
endif
endif
endif

export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Extensions are loaded again for every bot; without stored bytecode each test would compile them again.
unexport PYTHONDONTWRITEBYTECODE
# The tests wait for disks and timers more than they compute, so there are two for each core; and each of their
# databases is synced at every commit, which costs nothing where the files are in memory. Each begins with neighbours,
# which share what is made once for a module, and takes over from others at the end.
CORES := $(shell getconf _NPROCESSORS_ONLN)
WORKERS := $(shell expr 2 '*' $(CORES))
PARALLEL := -n $(WORKERS) --dist worksteal
# The limit of a long test is for one that hangs. The build has the same examples each time: what one change is measured
# by must not be drawn by lot.
LONG := --timeout=1200 --hypothesis-profile=long
BUILDS := --timeout=1200 --hypothesis-profile=build
BUILDS_FUZZ := FUZZ_SEED=1 FUZZ_ROUND_S=4
# (A container has 64 MB of it by default: too little for PostgreSQL and 300 bots.)
export PYTEST_DEBUG_TEMPROOT := $(shell test -w /dev/shm && test $$(df -Pm /dev/shm | awk 'END { print $$4 }') -gt 3000 && echo /dev/shm)

.DEFAULT_GOAL := help
.PHONY: help demo check format test test-long test-quiet soak chaos bench figures readme translations screenshots docs lock audit host-check wheel-check sbom clean

help: ## List the targets
	@awk -F ':.*## ' '/^##@ / { print "\n" substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

##@ See it
demo: $(SHOWN) ## Run the bot on a simulated Discord in a web page: no account, token or key
	@$(BIN)/python -m bot demo $(ARGS)

##@ Before you send a change
check: $(READY) $(TOOLS)/.ready ## Lint, types, import contracts, words of texts and documents, and what the bot is deployed with
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/words.py
	$(BIN)/python tools/budgets.py
	$(BIN)/hadolint Dockerfile
	$(TOOLS)/bin/zizmor --offline --no-progress --persona=pedantic .github
	$(TOOLS)/bin/python tools/check_deploy.py

format: $(READY) ## Format the code and correct what can be corrected
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

test: $(READY) ## Run the quick tests; what the build runs beside others: BUILD=1
	$(if $(BUILD),$(BUILDS_FUZZ)) $(BIN)/python -m pytest $(PARALLEL) $(if $(BUILD),-m '(not long or build) and not quiet' $(BUILDS)) $(ARGS)

test-long: $(READY) ## Run the rest: large tables, all examples, slower ones; without ARGS test-quiet and other Pythons, too
	$(BIN)/python -m pytest $(PARALLEL) -m '(long or hypothesis) and not quiet' $(LONG) $(ARGS)
	$(if $(ARGS),,$(MAKE) test-quiet)
	$(if $(ARGS),,$(BIN)/python tools/other_pythons.py --workers $(WORKERS))

test-quiet: $(READY) ## Run the tests that judge by the clock, with a core for each; those of the build: BUILD=1
	$(BIN)/python -m pytest -n $(CORES) --dist worksteal -m 'quiet$(if $(BUILD), and (not long or build))' $(BUILDS) $(ARGS)

soak: $(READY) ## Run the real bot among random faults: SEED=7 repeats, ARGS=--storm kills it
	@SEED=$(SEED) $(BIN)/python -m tests.soak.soak $(ARGS)

chaos: $(READY) ## Kill, pause, cut off and upgrade a fleet of real processes; ARGS="--runs 1 --only deaths"
	@$(BIN)/python -m tests.fleet.run_chaos $(ARGS)

##@ Measure
bench: $(READY) ## Speed, memory and calls against the bars; OF=neighbours for others; ARGS="--only 6,7"
	$(BIN)/python tests/bench/bench$(if $(OF),_$(OF)).py $(ARGS)

figures: $(READY) ## Lines, modules, imports and rooms of the house
	@$(BIN)/python tools/figures.py

##@ Write what is derived
readme: $(READY) ## What documents and deploy/ derive: tables, pages about refusals, the packages' picture, Grafana's rules
	$(BIN)/python tools/readme_tables.py

translations: $(READY) ## messages.pot and each language's catalogue; report what is missing
	$(BIN)/python tools/translations.py $(ARGS)

screenshots: $(READY) ## The documents' pictures, with a headless Chromium
	$(BIN)/python tools/screenshots.py $(ARGS)

docs: $(DOCS)/.ready ## The site of the documents in build/site; a dead link fails
	$(DOCS)/bin/python tools/site.py

##@ Dependencies and releases
COMPILE = $(TOOLS)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet $(ARGS)

lock: $(READY) $(TOOLS)/.ready ## Pin the dependencies, and write their licenses; newer versions: ARGS=--upgrade
	$(COMPILE) pyproject.toml --extra postgres --output-file requirements/bot.lock
	$(COMPILE) pyproject.toml --extra dev --constraint requirements/bot.lock --output-file requirements/dev.lock
	$(COMPILE) pyproject.toml --extra demo --constraint requirements/dev.lock --output-file requirements/demo.lock
	$(COMPILE) --group build --constraint requirements/dev.lock --output-file requirements/build.lock
	$(COMPILE) --group tools --output-file requirements/tools.lock
	$(COMPILE) --group docs --output-file requirements/docs.lock
	$(BIN)/python tools/notices.py

audit: $(TOOLS)/.ready ## Look for known vulnerabilities; exit code 3 if no source answers
	$(TOOLS)/bin/python tools/audit.py

host-check: ## Build the wheel and install it as a host does, on whatever PYTHON is; needs no environment
	PYTHONPATH=. $(PYTHON) tools/wheel_check.py --host-only

wheel-check: $(READY) $(TOOLS)/.ready ## Build the wheel, install and run it in a clean environment
	$(BIN)/python tools/wheel_check.py $(ARGS)

sbom: $(READY) $(TOOLS)/.ready ## List what the wheel in dist/ is made of, as dist/sbom.cdx.json
	$(BIN)/python tools/release.py sbom

clean: ## Remove the environment and everything built
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .grimp_cache .hypothesis

# The stamp is the last thing made, so that an interrupted set-up is begun again.
$(READY): requirements/dev.lock pyproject.toml | $(BIN)/python
	@echo 'Setting up $(VENV) for development; this is done once.'
	@$(BIN)/python tools/install.py $<
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.demo: requirements/demo.lock | $(BIN)/python
	@echo 'Setting up $(VENV) for the demo; this is done once.'
	@$(BIN)/python tools/install.py $<
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer with venv is needed (on Debian: apt install python3-venv). Name another with: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(TOOLS)/.ready $(DOCS)/.ready: $(VENV)/%/.ready: requirements/%.lock | $(READY)
	@test -x $(@D)/bin/python || $(BIN)/python -m venv $(@D)
	@$(@D)/bin/python tools/install.py $<
	@touch $@
