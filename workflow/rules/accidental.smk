"""How often accidental changes of the settings change answers, if the configuration has a section `accidental`."""


# As for attacks, the folders of the frames are not declared as output: a retry keeps those that are finished and current.
rule accidental:
    input:
        reconstructions=lambda wildcards: ancient([reconstruction(name) for name in accidental_frames(wildcards)]),
        reconstruction_digests=lambda wildcards: digests(accidental_frames(wildcards)),
        digest=lambda wildcards: f"{accidental_model(wildcards)}/digest.txt",
    output:
        f"{RESULTS}/accidental/{{classifier}}/{{spread}}/batches/{{batch}}.json",
    log:
        f"{LOGS}/accidental/{{classifier}}/{{spread}}/{{batch}}.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=lambda wildcards: code("cli.accidental", *predictor_modules(wildcards, entry(wildcards).judged_by)),
        predictor=lambda wildcards: entry(wildcards).judged_by.model_dump_json(),
        # The command reads these from the run's file.
        drawn=lambda wildcards: [STUDY.drawn(wildcards.spread, name) for name in accidental_frames(wildcards)],
        fold=lambda wildcards: STUDY.folds[wildcards.classifier][accidental_frames(wildcards)[0]],
        model=lambda wildcards: accidental_model(wildcards),
        reconstructions=f"{RESULTS}/reconstructions",
        folder=lambda wildcards: f"{RESULTS}/accidental/{wildcards.classifier}/{wildcards.spread}",
        # Not recorded by Snakemake, as they depend on `input`.
        run=lambda wildcards, input: file_of_run(),
        frames=lambda wildcards, input: [f"--frame={name}" for name in accidental_frames(wildcards)],
    shell:
        "{params.echoshift} --log {log:q} accidental --study {params.run:q} --classifier {wildcards.classifier}"
        " --spread {wildcards.spread} {params.frames:q} --fold {params.fold} --model {params.model:q}"
        " --reconstructions {params.reconstructions:q} --predictor {params.predictor:q} --code {params.code}"
        " --finished {output:q} -o {params.folder:q}"


rule accidental_results:
    input:
        batches=accidental_batches(),
        judged=expand(f"{RESULTS}/classifiers/{{classifier}}/frames.csv", classifier=STUDY.accidental_classifiers),
        evaluations=expand(
            f"{RESULTS}/classifiers/{{classifier}}/evaluation.json", classifier=STUDY.accidental_classifiers
        ),
    output:
        frames=f"{RESULTS}/accidental/frames.csv",
        summary=f"{RESULTS}/accidental/summary.json",
        figure=figure("accidental", "Summary", "accidental"),
    log:
        f"{LOGS}/accidental_results.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=code("cli.accidental_results"),
        results=lambda wildcards: RESULTS,
        entries=[
            *(f"--classifier={classifier}" for classifier in STUDY.accidental_classifiers),
            *(f"--spread={spread}" for spread in SPREADS),
        ],
        cohort=STUDY.cohort,
        run=lambda wildcards, input: file_of_run(),
    shell:
        "{params.echoshift} --log {log:q} accidental-results --results {params.results:q} --study {params.run:q}"
        " {params.entries:q} --figure {output.figure:q}"


# Nothing without the section.
ACCIDENTAL = rules.accidental_results.output if SPREADS else []
