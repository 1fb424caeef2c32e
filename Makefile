# `make run` and `make test` each do all the set-up on a machine with Python 3.11 and make.

PYTHON ?= python3.11
CORES ?= $(shell nproc)
# default: this machine. slurm, slurm-batched: a cluster; how many cores a job may have stands there.
PROFILE ?= default
export PATH := $(CURDIR)/.venv/bin:$(PATH)
SNAKEMAKE = snakemake $(if $(filter default,$(PROFILE)),--cores $(CORES)) --workflow-profile workflow/profiles/$(PROFILE) $(ARGS)

.PHONY: help run resume report test thorough bench stress lint schema clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The stamp is newer than the lock only once everything is installed.
.venv/installed: envs/requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info[:2] == (3, 11) else "the lock is for Python 3.11: make PYTHON=/path/to/python3.11")'
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r envs/requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch .venv/installed

# What the tests and the benchmark compare with; the study needs none of it.
.venv/peers: .venv/installed envs/peers.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r envs/peers.lock
	touch .venv/peers

run: .venv/installed ## Set up .venv and run the study (PROFILE=slurm; ARGS="--configfile mine/config.yaml")
	$(SNAKEMAKE)

resume: .venv/installed ## Go on after a killed run
	python workflow/resume.py
	$(SNAKEMAKE) --unlock
	$(SNAKEMAKE) --rerun-incomplete

report: run ## The study as one HTML page: report.html
	snakemake --report report.html --workflow-profile workflow/profiles/default $(ARGS)

test: .venv/peers ## Set up .venv and run the tests, some side by side
	python -m pytest -n $(CORES)

thorough: .venv/peers ## All tests: what a cluster does to running jobs, too
	python -m pytest -n $(CORES) -m "thorough or not thorough"

bench: .venv/peers ## Measure ours against the peers, after `make run`: results/bench.json
	python tests/bench.py

stress: .venv/peers ## By hand, an hour: 20 random kills through all profiles, 3,000 frames, 10,000 damaged files
	python tests/faults/random_kills.py --kills 20 --seed 1
	python tests/scale/measure.py --frames 3000
	python tests/formats/fuzz.py --cases 10000 --seed 1

lint: .venv/installed ## Style of the code and of the workflow
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint

schema: .venv/installed ## The files that are made from others: the configuration's schema, the conda environment
	python -m echoshift.study.schema workflow/schemas/config.schema.json
	python envs/conda_from_lock.py > envs/conda.yaml

clean: ## Remove results and the set-up
	rm -rf .venv .snakemake results report.html
