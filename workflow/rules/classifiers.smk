"""Features once for each backbone and cohort, a model for each classifier and fold, and what it says of every frame."""


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


rule features:
    input:
        pictures=pictures_of_cohort,
        digests=lambda wildcards: digests_of_cohort(wildcards.cohort),
        table=rules.list_items.output,
        weights=lambda wildcards: weights_file(BACKBONES[wildcards.backbone]),
    output:
        f"{RESULTS}/features/{{backbone}}/{{cohort}}.npz",
    log:
        f"{LOGS}/features/{{backbone}}/{{cohort}}.log",
    conda:
        ENVIRONMENT
    threads: 2
    params:
        echoshift=echoshift,
        code=code("cli.features"),
        rows=lambda wildcards, output: Path(output[0]).parent / "rows",
        settings=lambda wildcards: backbone(BACKBONES[wildcards.backbone]),
    shell:
        "{params.echoshift} --log {log:q} features --table {input.table:q} --rows {params.rows:q} --settings {params.settings:q}"
        " -o {output:q}"


rule list_training:
    output:
        f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/training.csv",
    log:
        f"{LOGS}/list_training/{{classifier}}/{{fold}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        columns=["item_id", "kind", "patient_id", "label", "path"],
        rows=lambda wildcards: [
            [item(one), item(one).split("s/")[0], one.patient_id, one.label, picture(one)]
            for one in STUDY.training(wildcards.classifier, wildcards.fold)
        ],
    script:
        "../scripts/write_table.py"


rule train:
    input:
        table=rules.list_training.output,
        features=training_features,
        pictures=fine_tuning_pictures,
        weights=lambda wildcards: weights_file(wildcards.classifier),
    output:
        model=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/model.keras",
        engine=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/engine.xml",
        engine_weights=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/engine.bin",
        digest=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/digest.txt",
        history=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/history.csv",
        record=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/record.json",
    log:
        f"{LOGS}/train/{{classifier}}/{{fold}}.log",
    conda:
        ENVIRONMENT
    threads: 2
    params:
        echoshift=echoshift,
        code=code("cli.train"),
        features=lambda wildcards, input: [f"--features={path}" for path in input.features],
        settings=lambda wildcards: CONFIG.classifiers[wildcards.classifier].training.model_dump_json(),
        folder=lambda wildcards, output: Path(output.model).parent,
    shell:
        "{params.echoshift} --log {log:q} train --table {input.table:q} {params.features:q} --settings {params.settings:q}"
        " -o {params.folder:q}"


rule list_judged:
    output:
        f"{RESULTS}/classifiers/{{classifier}}/frames.csv",
    log:
        f"{LOGS}/list_judged/{{classifier}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        columns=["frame_id", "patient_id", "label", "fold", "reconstruction", "engine"],
        rows=lambda wildcards: [
            [
                name,
                one.patient_id,
                one.label,
                fold,
                reconstruction(name),
                f"{model(wildcards.classifier, fold)}/engine.xml",
            ]
            for name, one in STUDY.frames.items()
            for fold in [STUDY.folds[wildcards.classifier][name]]
        ],
    script:
        "../scripts/write_table.py"


rule evaluate:
    input:
        table=rules.list_judged.output,
        # Long lists come from functions: of a list that stands here, Snakemake hashes all for each of its files.
        reconstructions=lambda wildcards: ancient([reconstruction(name) for name in STUDY.frames]),
        digests=lambda wildcards: digests_of_cohort("frames"),
        engines=lambda wildcards: [
            f"{model(wildcards.classifier, fold)}/{file}"
            for fold in folds(wildcards.classifier)
            for file in ("engine.xml", "engine.bin")
        ],
    output:
        predictions=f"{RESULTS}/classifiers/{{classifier}}/predictions.csv",
        evaluation=f"{RESULTS}/classifiers/{{classifier}}/evaluation.json",
        roc=f"{RESULTS}/classifiers/{{classifier}}/roc.csv",
    log:
        f"{LOGS}/evaluate/{{classifier}}.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=code("cli.evaluate"),
        protocol=lambda wildcards: CONFIG.classifiers[wildcards.classifier].protocol,
        folder=lambda wildcards, output: Path(output.predictions).parent,
    shell:
        "{params.echoshift} --log {log:q} evaluate --table {input.table:q} --protocol {params.protocol} -o {params.folder:q}"
