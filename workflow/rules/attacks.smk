"""Select the frames to attack, and attack them in batches. With `frames_per_job: 1` a batch is one frame."""


checkpoint select:
    input:
        predictions=expand(f"{RESULTS}/classifiers/{{classifier}}/predictions.csv", classifier=CONFIG.classifiers),
    output:
        f"{RESULTS}/selected.csv",
    log:
        f"{LOGS}/select.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=code("cli.select"),
        predictions=lambda wildcards, input: [f"--predictions={path}" for path in input.predictions],
    shell:
        "{params.echoshift} --log {log:q} select {params.predictions:q} -o {output:q}"


use rule list_items as list_attacked with:
    input:
        selected=lambda wildcards: checkpoints.select.get().output[0],
    output:
        f"{RESULTS}/classifiers/{{classifier}}/attacked.csv",
    log:
        f"{LOGS}/list_attacked/{{classifier}}.log",
    params:
        columns=ATTACKED_COLUMNS,
        rows=lambda wildcards: [
            [
                wildcards.classifier,
                attack,
                row["frame"],
                row["fold"],
                f"{attack_folder(wildcards.classifier, attack)}/{row['frame']}",
                0,
            ]
            for attack in STUDY.attacks_on(wildcards.classifier)
            for row in selected(wildcards.classifier)
            if is_aimed_at(attack, row)
        ],


# What attacks on request have left. Their jobs are not asked for, so that the summary takes in what is there.
use rule list_items as list_requested with:
    output:
        f"{RESULTS}/classifiers/{{classifier}}/requested.csv",
    log:
        f"{LOGS}/list_requested/{{classifier}}.log",
    params:
        columns=[*ATTACKED_COLUMNS, "record"],
        rows=lambda wildcards: [
            [wildcards.classifier, attack, frame, STUDY.folds[wildcards.classifier][frame], folder, 1, digest]
            for attack in STUDY.attacks_on(wildcards.classifier, on_request=True)
            for frame, folder, digest in found_results(attack_folder(wildcards.classifier, attack))
        ],


# The folders of the frames are not declared as output, because Snakemake would delete all of them before a retry. The
# command writes each folder atomically and keeps those that are finished and current.
rule attack:
    input:
        # Only the digests decide whether a recomputed reconstruction or a retrained model has changed.
        reconstructions=lambda wildcards: ancient([reconstruction(name) for name in frames_of_batch(wildcards)]),
        reconstruction_digests=lambda wildcards: digests(frames_of_batch(wildcards)),
        recordings=lambda wildcards: recording_files(wildcards, frames_of_batch(wildcards)),
        digest=lambda wildcards: f"{model_of_batch(wildcards)}/digest.txt",
        start=lambda wildcards: [
            finished_batch(wildcards.classifier, start, wildcards.batch) for start in start_of(wildcards)
        ],
    output:
        finished_batch("{classifier}", "{attack}", "{batch}"),
    log:
        f"{LOGS}/attack/{{classifier}}/{{attack}}/{{batch}}.log",
    conda:
        ENVIRONMENT
    resources:
        attempt=lambda wildcards, attempt: attempt,
    params:
        echoshift=echoshift,
        code=lambda wildcards: attack_code("cli.attack", wildcards),
        predictor=lambda wildcards: STUDY.predictor(wildcards.classifier).model_dump_json(),
        # The command reads these from the run's file, as a batch of many frames is too long for a command line.
        attacks=lambda wildcards: [STUDY.attacked(wildcards.attack, name) for name in frames_of_batch(wildcards)],
        fold=lambda wildcards: STUDY.folds[wildcards.classifier][frames_of_batch(wildcards)[0]],
        model=lambda wildcards: model_of_batch(wildcards),
        reconstructions=f"{RESULTS}/reconstructions",
        folder=lambda wildcards: attack_folder(wildcards.classifier, wildcards.attack),
        start=lambda wildcards: [
            f"--start={attack_folder(wildcards.classifier, start)}" for start in start_of(wildcards)
        ],
        # Not recorded by Snakemake, as they depend on `input` or `output`.
        run=lambda wildcards, input: file_of_run(),
        frames=lambda wildcards, input: [f"--frame={name}" for name in frames_of_batch(wildcards)],
        recordings=lambda wildcards, input: recordings_option(wildcards),
        selected=lambda wildcards, input: [] if STUDY.frames_per_job == 1 else [f"--selected={RESULTS}/selected.csv"],
        # The first attempt of a forced batch attacks all its frames again, a retry only the failed ones.
        again=lambda wildcards, output, resources: (
            "--again" if resources.attempt == 1 and is_forced(output[0]) else ""
        ),
    shell:
        "{params.echoshift} --log {log:q} attack --attacks {params.run:q} --classifier {wildcards.classifier}"
        " --attack {wildcards.attack} {params.frames:q} {params.selected:q} --fold {params.fold} --model {params.model:q}"
        " {params.start:q} {params.recordings:q}"
        " --reconstructions {params.reconstructions:q} --predictor {params.predictor:q} --code {params.code} {params.again}"
        " -o {params.folder:q} --finished {output:q}"
