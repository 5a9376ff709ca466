# Everything a developer runs. `make` alone lists the targets.
# Needs Python 3.11 or newer and make; the rest goes into .venv. Another Python: make PYTHON=/path/to/python3 …

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TOOLS := $(VENV)/tools
TOOLS_READY := $(TOOLS)/.ready
DOCS := $(VENV)/docs
DOCS_READY := $(DOCS)/.ready
# The first of these that is there and new enough.
PYTHON ?= $(firstword $(foreach name,python3.14 python3.13 python3.12 python3.11 python3,\
	$(shell $(name) -c 'import sys, ensurepip; (3, 11) <= sys.version_info < (3, 15) and print("$(name)")' 2>/dev/null)))

export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Extensions are loaded again for every bot; without stored bytecode each test would compile them again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-long soak check format bench bench-neighbours bench-fleet screenshots card-states figures picture readme docs translations lock pin-image audit wheel-check sbom rehearse-image httpx-fork clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## Run the bot on a simulated Discord in a web page: no account, token or key
	@$(BIN)/cannon-bot demo $(ARGS)

# The tests wait for disks and timers more than they compute, so there are two for each core; and each of their
# databases is synced at every commit, which costs nothing where the files are in memory.
WORKERS := $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))
export PYTEST_DEBUG_TEMPROOT := $(shell test -w /dev/shm && echo /dev/shm)

test: $(READY) ## Run the tests, under 3 minutes on 2 cores; some of them: make test ARGS="-k store"
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-long: $(READY) ## Run the rest of the tests: every case of the large tables, all examples of properties, slower ones, bench and soak in small
	$(BIN)/python -m pytest -n $(WORKERS) -m 'long or hypothesis' --hypothesis-profile=long $(ARGS)

soak: $(READY) ## Run the real bot for ten minutes among random faults; the same again: make soak SEED=7; a thousand kills: make soak ARGS=--storm
	@SEED=$(SEED) $(BIN)/python -m tests.soak.soak $(ARGS)

check: $(READY) $(TOOLS_READY) ## Lint, format, types, import contracts, the Dockerfile, workflows, compose.yaml, the systemd unit
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(TOOLS)/bin/zizmor --offline --no-progress --persona=pedantic .github
	$(TOOLS)/bin/python tools/check_deploy.py

format: $(READY) ## Format the code and correct what can be corrected
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY) ## Measure speed, memory and calls against the bars, beside a naive bot; some rows: make bench ARGS="--only 6,7"
	$(BIN)/python tests/bench/bench.py $(ARGS)

bench-neighbours: $(READY) ## Measure what one server's trouble costs another: a picture is posted within 2 s
	$(BIN)/python tests/bench/bench_neighbours.py $(ARGS)

bench-fleet: $(READY) ## Measure workers of a fleet on a PostgreSQL of its own: polls with one and two, claims with four
	$(BIN)/python tests/bench/bench_fleet.py $(ARGS)

screenshots: $(READY) ## Take the pictures of the README and the documents with a headless Chromium
	$(BIN)/python tools/screenshots.py $(ARGS)

card-states: $(READY) ## Draw every state of every card on one page, build/card-states.html
	$(BIN)/python tools/card_states.py $(ARGS)

figures: $(READY) ## Print the figures of the house: lines, modules, imports, rooms
	@$(BIN)/python tools/figures.py

picture: $(READY) ## Draw the picture of the packages in docs/architecture.md from the import contract
	$(BIN)/python tools/draw_architecture.py

translations: $(READY) ## Bring messages.pot and the catalogue of each language up to date with the code; tell what is missing
	$(BIN)/python tools/translations.py $(ARGS)

readme: $(READY) ## Write the tables of commands, settings and fields from the code
	$(BIN)/python tools/readme_tables.py

docs: $(DOCS_READY) ## Build the site of the documents, build/site/index.html; a link that leads nowhere fails
	$(DOCS)/bin/python tools/site.py

wheel-check: $(READY) $(TOOLS_READY) ## Build the wheel, install it in a clean environment, run it outside the source tree
	$(BIN)/python tools/wheel_check.py $(ARGS)

sbom: $(READY) $(TOOLS_READY) ## List what the wheel in dist/ and its dependencies are, as dist/sbom.cdx.json
	$(BIN)/python tools/sbom.py

rehearse-image: $(READY) ## Build the image step by step without a container engine, in a root of its own; needs root
	$(BIN)/python tools/rehearse_image.py

httpx-fork: $(READY) ## Run the tests of the API client on httpx's maintained fork
	$(BIN)/python tools/httpx_fork.py $(ARGS)

COMPILE = $(TOOLS)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet $(ARGS)

lock: $(TOOLS_READY) ## Pin the dependencies for every Python and platform; newer versions: make lock ARGS=--upgrade
	$(COMPILE) pyproject.toml --extra postgres --output-file requirements/bot.lock
	$(COMPILE) pyproject.toml --extra dev --constraint requirements/bot.lock --output-file requirements/dev.lock
	$(COMPILE) --group build --constraint requirements/dev.lock --output-file requirements/build.lock
	$(COMPILE) --group tools --output-file requirements/tools.lock
	$(COMPILE) --group docs --output-file requirements/docs.lock
	$(COMPILE) --group httpx-fork --output-file requirements/httpx-fork.lock

pin-image: $(READY) ## Pin the images of the Dockerfile and of Compose to the newest digests of their tags; needs docker with buildx
	$(BIN)/python tools/pin_image.py

audit: $(TOOLS_READY) ## Look the locked packages up among known vulnerabilities; fails with 3 from tools/audit.py if no source answers
	$(TOOLS)/bin/python tools/audit.py

clean: ## Remove the environment and everything built
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .grimp_cache .hypothesis

# The stamp is the last thing made, so that an interrupted set-up is begun again.
$(READY): requirements/dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo 'Python 3.11 to 3.14 with venv is needed (on Debian: apt install python3-venv). Name another with: make PYTHON=/path/to/python3' >&2; exit 1; }
	@echo 'Setting up $(VENV) with $(PYTHON); this is done once.'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DOCS_READY): requirements/docs.lock | $(READY)
	@test -x $(DOCS)/bin/python || $(BIN)/python -m venv $(DOCS)
	@$(DOCS)/bin/python -m pip install --quiet --require-hashes -r requirements/docs.lock
	@touch $@

$(TOOLS_READY): requirements/tools.lock | $(READY)
	@test -x $(TOOLS)/bin/python || $(BIN)/python -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --require-hashes -r requirements/tools.lock
	@touch $@
