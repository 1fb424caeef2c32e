"""EchoShift: from RF frames to the share of diagnoses that image settings can flip.

What runs, in what order; the science is in src/echoshift. See README.md.
"""

from snakemake.utils import min_version, validate

min_version("9.20")


configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/cohorts.smk"
include: "workflow/rules/classifiers.smk"
include: "workflow/rules/attacks.smk"
include: "workflow/rules/summary.smk"


rule all:
    default_target: True
    input:
        rules.summarise.output,
        rules.figures.output,
        selected_attacks,


onsuccess:
    shell(
        "python -m echoshift headline --summary {RESULTS}/summary --look {RESULTS}/figures --look {RESULTS}/trajectories.zarr"
    )
