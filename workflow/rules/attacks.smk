"""Which frames are attacked, and one job for each of their attacks."""


checkpoint select:
    input:
        predictions=expand(f"{RESULTS}/classifiers/{{classifier}}/predictions.csv", classifier=CONFIG.classifiers),
        code=sources("cli.select"),
    output:
        f"{RESULTS}/selected.csv",
    log:
        f"{LOGS}/select.log",
    params:
        predictions=lambda wildcards, input: [f"--predictions={path}" for path in input.predictions],
    conda:
        ENVIRONMENT
    shell:
        "python -m echoshift select {params.predictions:q} -o {output:q} 2> {log:q}"


def selected(classifier=None):
    """Rows of `selected.csv`, once it is there: classifier, frame, fold."""
    with checkpoints.select.get().output[0].open() as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if classifier in (None, row["classifier"])]


def attacks_of(rows):
    return [
        f"{RESULTS}/attacks/{row['classifier']}/{attack}/{row['frame']}" for row in rows for attack in CONFIG.attacks
    ]


def selected_attacks(wildcards):
    return attacks_of(selected())


rule attack:
    input:
        reconstruction=f"{RESULTS}/reconstructions/{{frame}}",
        # The digest alone decides whether a retrained model is another one.
        engine=lambda wildcards: ancient([f"{own_model(wildcards)}/engine.xml", f"{own_model(wildcards)}/engine.bin"]),
        digest=lambda wildcards: f"{own_model(wildcards)}/digest.txt",
        code=lambda wildcards: sources("cli.attack", METHODS[CONFIG.attacks[wildcards.attack].method]),
    output:
        directory(f"{RESULTS}/attacks/{{classifier}}/{{attack}}/{{frame}}"),
    log:
        f"{LOGS}/attack/{{classifier}}/{{attack}}/{{frame}}.log",
    params:
        search=lambda wildcards: STUDY.search(wildcards.attack, wildcards.frame).model_dump_json(),
        label=lambda wildcards: STUDY.frames[wildcards.frame].label,
        fold=lambda wildcards: STUDY.folds[wildcards.classifier][wildcards.frame],
    conda:
        ENVIRONMENT
    shell:
        "python -m echoshift attack --reconstruction {input.reconstruction:q} --engine {input.engine[0]:q}"
        " --search {params.search:q} --frame {wildcards.frame} --label {params.label}"
        " --classifier {wildcards.classifier} --attack {wildcards.attack} --fold {params.fold}"
        " -o {output:q} 2> {log:q}"
