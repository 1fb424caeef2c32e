"""EchoShift: from RF frames to the share of diagnoses that image settings can flip.

Defines the workflow. The science is in src/echoshift. See README.md.
"""

from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/package.smk"


# A study's own configuration replaces config.yaml. Merging them would add the simulated images, classifiers and attacks.
# A job on a cluster uses the study with which its run started. A module uses the configuration of its caller.
if (
    workflow.is_main_process
    and not workflow.overwrite_configfiles
    and config == workflow.config_settings.overwrite_config
):
    check_config_file("config.yaml")

    configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/cohorts.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/classifiers.smk"
include: "workflow/rules/attacks.smk"
include: "workflow/rules/batches.smk"
include: "workflow/rules/accidental.smk"
include: "workflow/rules/sensitivity.smk"
include: "workflow/rules/summary.smk"
include: "workflow/rules/console.smk"
include: "workflow/rules/provenance.smk"


rule all:
    default_target: True
    input:
        rules.summarise.output,
        rules.figures.output,
        rules.page.output,
        rules.provenance.output,
        ACCIDENTAL,
        selected_attacks,


rule attacks:
    input:
        selected_attacks,


# On request, for the attacks with `on_request: true`.
rule bound:
    input:
        lambda wildcards: attacks_on_request("lattice"),


rule sensitivity:
    input:
        SENSITIVITY,
        lambda wildcards: attacks_on_request("nearest"),


onstart:
    begin_run(RESULTS)
    os.environ[FORCED] = "\n".join(forced())


onerror:
    # Repeat the errors after the output of all jobs.
    found = reasons()
    more = [f"and {len(found) - 20} more reasons: see {LOGS}"] if len(found) > 20 else []
    for line in (*found[:20], *more):
        print(line, file=sys.stderr)


onsuccess:
    if Path(rules.summarise.output.summary).is_file():
        is_drawn = ACCIDENTAL and Path(ACCIDENTAL.summary).is_file()
        accidental = f"--accidental={ACCIDENTAL.summary}" if is_drawn else ""
        shell(
            "{ECHOSHIFT} headline --summary {RESULTS:q}/summary {accidental} --look {RESULTS:q}/study.html --look {RESULTS:q}/figures || true"
        )
