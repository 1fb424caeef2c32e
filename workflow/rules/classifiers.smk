"""Features once for each backbone, a model for each classifier and fold, and what it says of every frame."""

import hashlib


def backbone(classifier):
    """The part of a training's settings that features depend on, as JSON."""
    return CONFIG.classifiers[classifier].training.model_dump_json(include={"backbone", "weights", "input_size"})


def features(classifier):
    """One table of features for all classifiers with the same frozen backbone."""
    training = CONFIG.classifiers[classifier].training
    weights = f"_{hashlib.sha256(training.weights.encode()).hexdigest()[:8]}" if training.weights else ""
    return f"{training.backbone}_{training.input_size}{weights}"


def weights_file(classifier):
    weights = CONFIG.classifiers[classifier].training.weights
    return [] if weights in (None, "imagenet") else [weights]


BACKBONES = {features(name): name for name in reversed(CONFIG.classifiers)}
RECORDINGS = [*STUDY.images.values(), *STUDY.frames.values()]


rule list_items:
    input:
        code=Path(workflow.basedir) / "workflow/scripts/write_table.py",
    output:
        f"{RESULTS}/features/items.csv",
    log:
        f"{LOGS}/list_items.log",
    params:
        columns=["item_id", "path"],
        rows=[[item(recording), picture(recording)] for recording in RECORDINGS],
    localrule: True
    conda:
        ENVIRONMENT
    script:
        "../scripts/write_table.py"


rule features:
    input:
        pictures=[picture(recording) for recording in RECORDINGS],
        table=rules.list_items.output,
        weights=lambda wildcards: weights_file(BACKBONES[wildcards.backbone]),
        code=sources("cli.features"),
    output:
        f"{RESULTS}/features/{{backbone}}/features.npz",
    log:
        f"{LOGS}/features/{{backbone}}.log",
    params:
        rows=f"{RESULTS}/features/{{backbone}}/rows",
        settings=lambda wildcards: backbone(BACKBONES[wildcards.backbone]),
    threads: 2
    conda:
        ENVIRONMENT
    shell:
        "python -m echoshift features --table {input.table:q} --rows {params.rows:q} --settings {params.settings:q}"
        " -o {output:q} 2> {log:q}"


rule list_training:
    input:
        code=Path(workflow.basedir) / "workflow/scripts/write_table.py",
    output:
        f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/training.csv",
    log:
        f"{LOGS}/list_training/{{classifier}}/{{fold}}.log",
    params:
        columns=["item_id", "kind", "patient_id", "label", "path"],
        rows=lambda wildcards: [
            [item(one), item(one).split("s/")[0], one.patient_id, one.label, picture(one)]
            for one in STUDY.training(wildcards.classifier, wildcards.fold)
        ],
    localrule: True
    conda:
        ENVIRONMENT
    script:
        "../scripts/write_table.py"


def fine_tuning_pictures(wildcards):
    """Images are read again only where layers of the backbone are trained."""
    if not CONFIG.classifiers[wildcards.classifier].training.trained_blocks:
        return []
    return [picture(one) for one in STUDY.training(wildcards.classifier, wildcards.fold)]


rule train:
    input:
        table=rules.list_training.output,
        features=lambda wildcards: f"{RESULTS}/features/{features(wildcards.classifier)}/features.npz",
        pictures=fine_tuning_pictures,
        weights=lambda wildcards: weights_file(wildcards.classifier),
        code=sources("cli.train"),
    output:
        model=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/model.keras",
        engine=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/engine.xml",
        engine_weights=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/engine.bin",
        digest=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/digest.txt",
        history=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/history.csv",
        record=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}/record.json",
    log:
        f"{LOGS}/train/{{classifier}}/{{fold}}.log",
    params:
        settings=lambda wildcards: CONFIG.classifiers[wildcards.classifier].training.model_dump_json(),
        folder=f"{RESULTS}/classifiers/{{classifier}}/folds/{{fold}}",
    conda:
        ENVIRONMENT
    shell:
        "python -m echoshift train --table {input.table:q} --features {input.features:q} --settings {params.settings:q}"
        " -o {params.folder:q} 2> {log:q}"


def folds(classifier):
    return dict.fromkeys(STUDY.folds[classifier].values())


rule list_judged:
    input:
        code=Path(workflow.basedir) / "workflow/scripts/write_table.py",
    output:
        f"{RESULTS}/classifiers/{{classifier}}/frames.csv",
    log:
        f"{LOGS}/list_judged/{{classifier}}.log",
    params:
        columns=["frame_id", "patient_id", "label", "fold", "reconstruction", "engine"],
        rows=lambda wildcards: [
            [name, one.patient_id, one.label, fold, reconstruction(name), f"{model(wildcards.classifier, fold)}/engine.xml"]
            for name, one in STUDY.frames.items()
            for fold in [STUDY.folds[wildcards.classifier][name]]
        ],
    localrule: True
    conda:
        ENVIRONMENT
    script:
        "../scripts/write_table.py"


rule evaluate:
    input:
        table=rules.list_judged.output,
        reconstructions=[reconstruction(name) for name in STUDY.frames],
        engines=lambda wildcards: [
            f"{model(wildcards.classifier, fold)}/{file}"
            for fold in folds(wildcards.classifier)
            for file in ("engine.xml", "engine.bin")
        ],
        code=sources("cli.evaluate"),
    output:
        predictions=f"{RESULTS}/classifiers/{{classifier}}/predictions.csv",
        evaluation=f"{RESULTS}/classifiers/{{classifier}}/evaluation.json",
        roc=f"{RESULTS}/classifiers/{{classifier}}/roc.csv",
    log:
        f"{LOGS}/evaluate/{{classifier}}.log",
    params:
        protocol=lambda wildcards: CONFIG.classifiers[wildcards.classifier].protocol,
        folder=f"{RESULTS}/classifiers/{{classifier}}",
    conda:
        ENVIRONMENT
    shell:
        "python -m echoshift evaluate --table {input.table:q} --protocol {params.protocol} -o {params.folder:q} 2> {log:q}"
