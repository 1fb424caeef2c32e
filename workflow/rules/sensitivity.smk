"""Which settings the scores depend on, if the configuration has a section `sensitivity`. On request alone."""


# As for attacks, the folders of the frames are not declared as output: a retry keeps those that are finished and current.
rule sensitivity_of_frames:
    input:
        reconstructions=lambda wildcards: ancient([reconstruction(name) for name in sensitivity_frames(wildcards)]),
        reconstruction_digests=lambda wildcards: digests(sensitivity_frames(wildcards)),
        digest=lambda wildcards: f"{sensitivity_model(wildcards)}/digest.txt",
    output:
        f"{RESULTS}/sensitivity/{{classifier}}/batches/{{batch}}.json",
    log:
        f"{LOGS}/sensitivity/{{classifier}}/{{batch}}.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=lambda wildcards: code("cli.sensitivity", *predictor_modules(wildcards, entry(wildcards).judged_by)),
        predictor=lambda wildcards: entry(wildcards).judged_by.model_dump_json(),
        # The command reads these from the run's file.
        designed=lambda wildcards: [STUDY.designed(name) for name in sensitivity_frames(wildcards)],
        fold=lambda wildcards: STUDY.folds[wildcards.classifier][sensitivity_frames(wildcards)[0]],
        model=lambda wildcards: sensitivity_model(wildcards),
        reconstructions=f"{RESULTS}/reconstructions",
        folder=lambda wildcards: f"{RESULTS}/sensitivity/{wildcards.classifier}",
        # Not recorded by Snakemake, as they depend on `input`. A field gives the same scores as asking.
        run=lambda wildcards, input: file_of_run(),
        frames=lambda wildcards, input: [f"--frame={name}" for name in sensitivity_frames(wildcards)],
        lattices=lambda wildcards, input: [f"--lattice={folder}" for folder in lattices_on(wildcards.classifier)],
        lattice_code=lambda wildcards, input: code("cli.attack", SEARCHES["lattice"], *predictor_modules(wildcards)),
    shell:
        "{params.echoshift} --log {log:q} sensitivity --study {params.run:q} --classifier {wildcards.classifier}"
        " {params.frames:q} --fold {params.fold} --model {params.model:q} --reconstructions {params.reconstructions:q}"
        " --predictor {params.predictor:q} --code {params.code} {params.lattices:q} --lattice-code {params.lattice_code}"
        " --finished {output:q} -o {params.folder:q}"


rule sensitivity_results:
    input:
        batches=sensitivity_batches(),
        judged=expand(f"{RESULTS}/classifiers/{{classifier}}/frames.csv", classifier=STUDY.sensitivity_classifiers),
        evaluations=expand(
            f"{RESULTS}/classifiers/{{classifier}}/evaluation.json", classifier=STUDY.sensitivity_classifiers
        ),
    output:
        frames=f"{RESULTS}/sensitivity/frames.csv",
        indices=f"{RESULTS}/sensitivity/indices.csv",
        summary=f"{RESULTS}/sensitivity/summary.json",
        figure=figure("sensitivity", "Summary", "sensitivity"),
    log:
        f"{LOGS}/sensitivity_results.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=code("cli.sensitivity_results"),
        results=lambda wildcards: RESULTS,
        entries=[
            *(f"--classifier={classifier}" for classifier in STUDY.sensitivity_classifiers),
            *(f"--class-name={name}" for name in CONFIG.classes),
        ],
        cohort=STUDY.cohort,
        run=lambda wildcards, input: file_of_run(),
    shell:
        "{params.echoshift} --log {log:q} sensitivity-results --results {params.results:q} --study {params.run:q}"
        " {params.entries:q} --figure {output.figure:q}"


# What it has left. The summary takes that in without asking for it.
use rule list_items as list_swept with:
    output:
        f"{RESULTS}/sensitivity/found.csv",
    log:
        f"{LOGS}/list_swept.log",
    params:
        columns=["classifier", "frame", "folder", "record"],
        rows=lambda wildcards: [
            [classifier, *found]
            for classifier in STUDY.sensitivity_classifiers
            for found in found_results(f"{RESULTS}/sensitivity/{classifier}")
        ],


# Nothing without the section.
SENSITIVITY = rules.sensitivity_results.output if CONFIG.sensitivity else []
