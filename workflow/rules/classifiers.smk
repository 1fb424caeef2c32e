"""Compute features per backbone and cohort, train a model per classifier and fold, and evaluate it on the frames."""


# Tables that the scheduler writes itself. The others (`use rule list_items as ...`) differ in what is written here.
rule list_items:
    output:
        f"{RESULTS}/features/{{cohort}}.csv",
    log:
        f"{LOGS}/list_items/{{cohort}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        columns=["item_id", "path"],
        rows=lambda wildcards: [[item(one), picture(one)] for one in COHORTS[wildcards.cohort].values()],
    script:
        "../scripts/write_table.py"


# Lists what copies are drawn from, too, for classifiers with defences in training.
use rule list_items as list_copies with:
    output:
        f"{RESULTS}/features/{{backbone}}/{{cohort}}.csv",
    log:
        f"{LOGS}/list_copies/{{backbone}}/{{cohort}}.log",
    wildcard_constraints:
        backbone=one_of(name for name, defences in TRAINED_ON.items() if defences),
    params:
        columns=["item_id", "path", "box"],
        rows=listed_copies,


# One table for all classifiers with the same frozen backbone and the same defences in training.
rule features:
    input:
        pictures=pictures_of_cohort,
        digests=lambda wildcards: digests(STUDY.training_frames if wildcards.cohort == "frames" else []),
        table=table_of_items,
        weights=lambda wildcards: BACKBONES[wildcards.backbone].weights_file or [],
    output:
        f"{RESULTS}/features/{{backbone}}/{{cohort}}.npz",
    log:
        f"{LOGS}/features/{{backbone}}/{{cohort}}.log",
    # The seconds are what `echoshift compare` tells of the cost of training. They are in no record, which would then differ.
    benchmark:
        f"{RESULTS}/benchmarks/features/{{backbone}}/{{cohort}}.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    params:
        echoshift=echoshift,
        code=lambda wildcards: code("cli.features", *modules_of(TRAINED_ON[wildcards.backbone])),
        rows=lambda wildcards: f"{RESULTS}/features/{BACKBONES[wildcards.backbone].folder_name}/rows",
        settings=lambda wildcards: BACKBONES[wildcards.backbone].model_dump_json(),
        defences=lambda wildcards: (
            [f"--defences={json.dumps(as_json(own))}"] if (own := TRAINED_ON[wildcards.backbone]) else []
        ),
    shell:
        "{params.echoshift} --log {log:q} features --table {input.table:q} --rows {params.rows:q} --settings {params.settings:q}"
        " {params.defences:q} -o {output:q}"


use rule list_items as list_training with:
    output:
        f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/training.csv",
    log:
        f"{LOGS}/list_training/{{classifier}}/{{fold}}.log",
    params:
        columns=["item_id", "kind", "patient_id", "label", "path"],
        rows=lambda wildcards: [
            [item(one), item(one).split("s/")[0], one.patient_id, one.label, training_path(wildcards, one)]
            for one in STUDY.training(wildcards.classifier, wildcards.fold)
        ],


# The other files in a model folder depend on its kind. The digest, written last, represents them.
rule train:
    input:
        table=training_table,
        features=training_features,
        copies=training_copies,
        pictures=training_pictures,
        files=lambda wildcards: list(entry(wildcards).user_files(STUDY.folder).values()),
        examples=lambda wildcards: ancient([reconstruction(name) for name in examples_for(wildcards)]),
        example_digests=lambda wildcards: digests(examples_for(wildcards)),
    output:
        digest=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/digest.txt",
        record=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/record.json",
    log:
        f"{LOGS}/train/{{classifier}}/{{fold}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{classifier}}/{{fold}}.tsv"
    wildcard_constraints:
        classifier=one_of(name for name, one in CONFIG.classifiers.items() if one.learns),
    conda:
        ENVIRONMENT
    threads: lambda wildcards: entry(wildcards).threads
    params:
        echoshift=echoshift,
        code=lambda wildcards: code(
            "cli.train",
            KINDS[entry(wildcards).kind],
            *modules_of(entry(wildcards).defences),
            *importers_for(wildcards),
        ),
        kind=lambda wildcards: entry(wildcards).kind,
        made_from=lambda wildcards, input: [
            *(f"--table={path}" for path in input.table),
            *(f"--features={path}" for path in input.features),
            *(f"--copies={path}" for path in input.copies),
            *(f"--example={path}" for path in input.examples),
        ],
        settings=lambda wildcards: STUDY.recipe(wildcards.classifier).model_dump_json(),
        folder=lambda wildcards, output: Path(output.digest).parent,
    shell:
        "{params.echoshift} --log {log:q} train --kind {params.kind} {params.made_from:q} --settings {params.settings:q}"
        " -o {params.folder:q}"


# Makes the model of a kind that is not trained on the cohorts: a given model is checked and kept.
use rule train as adopt with:
    output:
        digest=rules.train.output.digest,
        record=rules.train.output.record,
    log:
        f"{LOGS}/adopt/{{classifier}}/{{fold}}.log",
    wildcard_constraints:
        classifier=one_of(name for name, one in CONFIG.classifiers.items() if not one.learns),


use rule list_items as list_judged with:
    output:
        f"{RESULTS}/classifiers/{{classifier}}/frames.csv",
    log:
        f"{LOGS}/list_judged/{{classifier}}.log",
    params:
        columns=["frame_id", "patient_id", "label", "fold", "reconstruction", "model", "known"],
        rows=lambda wildcards: [
            [
                name,
                one.patient_id,
                one.label,
                fold,
                reconstruction(name),
                model(wildcards.classifier, fold),
                STUDY.known(wildcards.classifier, name),
            ]
            for name, one in STUDY.frames.items()
            for fold in [STUDY.folds[wildcards.classifier][name]]
        ],


rule evaluate:
    input:
        table=rules.list_judged.output,
        # Functions, because for each file of a literal list Snakemake hashes the whole list.
        reconstructions=lambda wildcards: ancient([reconstruction(name) for name in STUDY.frames]),
        digests=lambda wildcards: digests(STUDY.frames),
        recordings=lambda wildcards: recording_files(wildcards, STUDY.frames),
        models=judging_models,
    output:
        predictions=f"{RESULTS}/classifiers/{{classifier}}/predictions.csv",
        evaluation=f"{RESULTS}/classifiers/{{classifier}}/evaluation.json",
        roc=f"{RESULTS}/classifiers/{{classifier}}/roc.csv",
        reliability=f"{RESULTS}/classifiers/{{classifier}}/reliability.csv",
    log:
        f"{LOGS}/evaluate/{{classifier}}.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=lambda wildcards: code("cli.evaluate", *predictor_modules(wildcards, entry(wildcards).judged_by)),
        predictor=lambda wildcards: entry(wildcards).judged_by.model_dump_json(),
        protocol=lambda wildcards: entry(wildcards).protocol,
        folder=lambda wildcards, output: Path(output.predictions).parent,
        recordings=lambda wildcards, input: recordings_option(wildcards),
    shell:
        "{params.echoshift} --log {log:q} evaluate --table {input.table:q} --protocol {params.protocol} {params.recordings:q}"
        " --predictor {params.predictor:q} -o {params.folder:q}"
