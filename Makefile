# `make run` and `make test` include the complete set-up, on a machine with make and Python 3.11, 3.12 or 3.13.

# Name or path of Python; default: the first suitable one (envs/find_python.sh). A working set-up keeps its Python.
PYTHON ?=
VENV ?= .venv
CORES ?= $(shell nproc)
# Tests at a time: each waits much of its time for processes to start.
WORKERS ?= $(shell expr $(CORES) + 1)
# default: this machine. slurm, slurm-batched: a cluster; these profiles set the number of cores per job.
PROFILE ?= default
SYSTEM_PATH := $(PATH)
export PATH := $(abspath $(VENV))/bin:$(PATH)
OPTIONS = $(if $(filter default,$(PROFILE)),--cores $(CORES)) --workflow-profile workflow/profiles/$(PROFILE) $(ARGS)
SNAKEMAKE = snakemake $(OPTIONS)

# Snakemake's own error for an unreadable --configfile is uninformative.
CHECK = python -m echoshift.study.config_file $(ARGS)

.PHONY: help setup run bound sensitivity compare resume report docs test thorough bench stress lint schema lock clean again

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The stamp is newer than the lock only after everything is installed. A venv without a suitable Python is made again.
$(VENV)/installed: envs/requirements.lock pyproject.toml $(if $(realpath $(VENV)/bin/python),,again)
	@envs/find_python.sh $(VENV)/bin/python > /dev/null 2>&1 || { python=$$(PATH="$(SYSTEM_PATH)" envs/find_python.sh $(PYTHON)) \
		&& "$$python" -m venv $(if $(wildcard $(VENV)/pyvenv.cfg),--clear) $(VENV); }
	$(VENV)/bin/python envs/install.py envs/requirements.lock
	$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation --editable .
	$(VENV)/bin/python envs/bytecode.py
	touch $@

# Packages that the tests and the benchmark compare with. The study does not need them.
$(VENV)/peers: $(VENV)/installed envs/peers.lock
	$(VENV)/bin/python envs/install.py envs/peers.lock --compile-bytecode
	touch $@

# What the documentation is built with, and what runs its notebook.
$(VENV)/docs: $(VENV)/installed envs/docs.lock
	$(VENV)/bin/python envs/install.py envs/docs.lock --compile-bytecode
	touch $@

setup: $(VENV)/installed ## Set up .venv, for `source .venv/bin/activate`

run: $(VENV)/installed ## Set up .venv and run the study (PROFILE=slurm; ARGS="--configfile mine/config.yaml")
	@$(CHECK)
	$(SNAKEMAKE)

bound: $(VENV)/installed ## Run the lattices that the configuration has on request, then the study
	@$(CHECK)
	snakemake bound $(OPTIONS)
	$(SNAKEMAKE)

sensitivity: $(VENV)/installed ## Run what tells which settings matter, then the study
	@$(CHECK)
	snakemake sensitivity $(OPTIONS)
	$(SNAKEMAKE)

# Cohorts of `make compare`, by the seed of their simulation, and the folder for all of it.
SEEDS ?= 1 2 3
COMPARED_IN ?= results_compare
COMPARED = --configfile resources/studies/compare.yaml --config seed=$(1) results_dir=$(COMPARED_IN)/seed_$(1)
# Snakemake takes the last --config alone.
ONE_CONFIG = case " $(ARGS) " in *" --config"[\ =]*|*" -C "*) echo "echoshift: error: ARGS: found --config, expected --configfile" >&2; exit 1;; esac

compare: $(VENV)/installed ## Compare defences and other classifiers on three simulated cohorts, or go on (SEEDS="1 2", COMPARED_IN=folder)
	@$(ONE_CONFIG)
	@$(CHECK)
	python workflow/resume.py
	snakemake --unlock $(call COMPARED,$(firstword $(SEEDS))) $(OPTIONS)
	@$(foreach seed,$(SEEDS),echo "Cohort of seed $(seed), of seeds $(SEEDS)" \
		&& snakemake bound $(call COMPARED,$(seed)) $(OPTIONS) && snakemake $(call COMPARED,$(seed)) $(OPTIONS) &&) true
	python -m echoshift compare $(SEEDS:%=$(COMPARED_IN)/seed_%) -o $(COMPARED_IN)

resume: $(VENV)/installed ## Continue after a killed run
	@$(CHECK)
	python workflow/resume.py
	$(SNAKEMAKE) --unlock
	$(SNAKEMAKE) --rerun-incomplete

report: run ## Write the study as one HTML page: report.html
	snakemake --report report.html --workflow-profile workflow/profiles/default $(ARGS)

docs: $(VENV)/docs ## Build the documentation: docs/_build/html/index.html
	python -m sphinx --fail-on-warning --keep-going --quiet --fresh-env docs docs/_build/html

test: $(VENV)/peers $(VENV)/docs ## Set up .venv and run the tests in parallel
	python -m pytest -n $(WORKERS)

thorough: $(VENV)/peers $(VENV)/docs ## Run all tests, including faults of a cluster
	python -m pytest -n $(WORKERS) -m "thorough or not thorough"

bench: $(VENV)/peers ## Compare EchoShift with other packages, after `make run`: results/bench.json
	python tests/bench.py

stress: $(VENV)/peers ## Run stress tests for an hour: 20 random kills with all profiles, 3,000 frames, 10,000 damaged files
	python tests/faults/random_kills.py --kills 20 --seed 1
	python tests/scale/measure.py --frames 3000
	python tests/formats/fuzz.py --cases 10000 --seed 1

lint: $(VENV)/installed ## Check the style of the code and the workflow
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint

schema: $(VENV)/installed ## Update generated files: the configuration's schema and the conda environment
	python -m echoshift.study.schema workflow/schemas/config.schema.json
	python envs/conda_from_lock.py > envs/conda.yaml

LOCK = uv pip compile --quiet --universal --python-version 3.11 --constraint envs/constraints.in --generate-hashes --no-header --no-annotate $(ARGS)
lock: $(VENV)/installed ## Update the locks from pyproject.toml, envs/peers.in and envs/docs.in (ARGS=--upgrade: newest versions)
	$(LOCK) --extra dev pyproject.toml --output-file envs/requirements.lock > /dev/null
	$(LOCK) --no-deps envs/peers.in --output-file envs/peers.lock > /dev/null
	$(LOCK) --constraint envs/requirements.lock --constraint envs/peers.lock envs/docs.in --output-file envs/docs.lock > /dev/null
	sed -i 's/ ; .*/ \\/' envs/requirements.lock envs/peers.lock envs/docs.lock # the same packages for every Python
	python envs/conda_from_lock.py > envs/conda.yaml

clean: ## Remove results and the set-up
	rm -rf .venv .venv-* .snakemake docs/_build results report.html
