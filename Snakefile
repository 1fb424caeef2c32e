"""EchoShift: from RF frames to the share of diagnoses that image settings can flip.

What runs, in what order; the science is in src/echoshift. See README.md.
"""

from snakemake.utils import min_version, validate

min_version("9.27")


# A study's own configuration stands alone: merged, it would inherit the simulated images, classifiers and attacks.
# A job goes by the one that its run began with, whatever somebody makes of the file meanwhile.
if workflow.is_main_process and not workflow.overwrite_configfiles:

    configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/guards.smk"
include: "workflow/rules/cohorts.smk"
include: "workflow/rules/classifiers.smk"
include: "workflow/rules/attacks.smk"
include: "workflow/rules/summary.smk"


rule all:
    default_target: True
    input:
        rules.summarise.output,
        rules.figures.output,
        rules.provenance.output,
        selected_attacks,


rule attacks:
    input:
        selected_attacks,


onstart:
    begin_run(RESULTS, STUDY.to_json())


onerror:
    # Once more, behind all that the other jobs have printed.
    found = reasons()
    more = [f"and {len(found) - 20} more reasons: see {LOGS}"] if len(found) > 20 else []
    for line in (*found[:20], *more):
        print(line, file=sys.stderr)


onsuccess:
    if Path(rules.summarise.output.summary).is_file():
        shell("python -m echoshift headline --summary {RESULTS:q}/summary --look {RESULTS:q}/figures || true")
