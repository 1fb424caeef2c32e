# `make run` and `make test` each do all the set-up on a machine with make and Python 3.11, 3.12 or 3.13.

# A name or a path, else the first that fits: envs/find_python.sh. A set-up that works keeps its own.
PYTHON ?=
VENV ?= .venv
CORES ?= $(shell nproc)
# default: this machine. slurm, slurm-batched: a cluster; how many cores a job may have stands there.
PROFILE ?= default
SYSTEM_PATH := $(PATH)
export PATH := $(abspath $(VENV))/bin:$(PATH)
SNAKEMAKE = snakemake $(if $(filter default,$(PROFILE)),--cores $(CORES)) --workflow-profile workflow/profiles/$(PROFILE) $(ARGS)

# Snakemake itself says little about a --configfile that it cannot read.
CHECK = python -m echoshift.study.config_file $(ARGS)

.PHONY: help run resume report test thorough bench stress lint schema lock clean again

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The stamp is newer than the lock only once everything is installed. A venv whose Python is gone or unfit is made anew.
$(VENV)/installed: envs/requirements.lock pyproject.toml $(if $(realpath $(VENV)/bin/python),,again)
	@envs/find_python.sh $(VENV)/bin/python > /dev/null 2>&1 || { python=$$(PATH="$(SYSTEM_PATH)" envs/find_python.sh $(PYTHON)) \
		&& "$$python" -m venv $(if $(wildcard $(VENV)/pyvenv.cfg),--clear) $(VENV); }
	$(VENV)/bin/python envs/install.py envs/requirements.lock
	$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation --editable .
	$(VENV)/bin/python envs/bytecode.py
	touch $@

# What the tests and the benchmark compare with; the study needs none of it.
$(VENV)/peers: $(VENV)/installed envs/peers.lock
	$(VENV)/bin/python envs/install.py envs/peers.lock --compile-bytecode
	touch $@

run: $(VENV)/installed ## Set up .venv and run the study (PROFILE=slurm; ARGS="--configfile mine/config.yaml")
	@$(CHECK)
	$(SNAKEMAKE)

resume: $(VENV)/installed ## Go on after a killed run
	@$(CHECK)
	python workflow/resume.py
	$(SNAKEMAKE) --unlock
	$(SNAKEMAKE) --rerun-incomplete

report: run ## The study as one HTML page: report.html
	snakemake --report report.html --workflow-profile workflow/profiles/default $(ARGS)

test: $(VENV)/peers ## Set up .venv and run the tests, some side by side
	python -m pytest -n $(CORES)

thorough: $(VENV)/peers ## All tests: what a cluster does to running jobs, too
	python -m pytest -n $(CORES) -m "thorough or not thorough"

bench: $(VENV)/peers ## Measure ours against the peers, after `make run`: results/bench.json
	python tests/bench.py

stress: $(VENV)/peers ## By hand, an hour: 20 random kills through all profiles, 3,000 frames, 10,000 damaged files
	python tests/faults/random_kills.py --kills 20 --seed 1
	python tests/scale/measure.py --frames 3000
	python tests/formats/fuzz.py --cases 10000 --seed 1

lint: $(VENV)/installed ## Style of the code and of the workflow
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint

schema: $(VENV)/installed ## The files that are made from others: the configuration's schema, the conda environment
	python -m echoshift.study.schema workflow/schemas/config.schema.json
	python envs/conda_from_lock.py > envs/conda.yaml

LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(ARGS)
lock: $(VENV)/installed ## Both locks from pyproject.toml and envs/peers.in (ARGS=--upgrade: the newest of everything)
	$(LOCK) --extra dev pyproject.toml --output-file envs/requirements.lock > /dev/null
	$(LOCK) --no-deps envs/peers.in --output-file envs/peers.lock > /dev/null
	sed -i 's/ ; .*/ \\/' envs/requirements.lock envs/peers.lock # the same packages for every Python
	python envs/conda_from_lock.py > envs/conda.yaml

clean: ## Remove results and the set-up
	rm -rf .venv .venv-* .snakemake results report.html
