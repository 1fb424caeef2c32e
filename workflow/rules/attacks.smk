"""Which frames are attacked, and the jobs that attack them: one for each frame, or one for each batch of frames."""


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
        code=code("cli.select"),
        predictions=lambda wildcards, input: [f"--predictions={path}" for path in input.predictions],
    shell:
        "logged {log:q} python -m echoshift select {params.predictions:q} -o {output:q}"


rule attack:
    input:
        # Digests alone decide whether a reconstruction made again, or a retrained model, is another one.
        reconstruction=ancient(f"{RESULTS}/reconstructions/{{frame}}"),
        reconstruction_digest=f"{RESULTS}/reconstructions/{{frame}}.sha256",
        digest=lambda wildcards: f"{own_model(wildcards)}/digest.txt",
    output:
        directory(f"{RESULTS}/attacks/{{classifier}}/{{attack}}/{{frame}}"),
    log:
        f"{LOGS}/attack/{{classifier}}/{{attack}}/{{frame}}.log",
    conda:
        ENVIRONMENT
    params:
        code=lambda wildcards: attack_code("cli.attack", wildcards),
        predictor=lambda wildcards: STUDY.predictor(wildcards.classifier).model_dump_json(),
        model=lambda wildcards: own_model(wildcards),
        search=lambda wildcards: STUDY.search(wildcards.attack, wildcards.frame).model_dump_json(),
        label=lambda wildcards: label_option(wildcards.frame),
        fold=lambda wildcards: STUDY.folds[wildcards.classifier][wildcards.frame],
    shell:
        "logged {log:q} python -m echoshift attack --reconstruction {input.reconstruction:q} --model {params.model:q}"
        " --predictor {params.predictor:q} --search {params.search:q} --frame {wildcards.frame} {params.label}"
        " --classifier {wildcards.classifier} --attack {wildcards.attack} --fold {params.fold}"
        " -o {output:q}"


rule list_batch:
    input:
        # What it says is a parameter; the table's time stamp makes no plan anew.
        selected=lambda wildcards: ancient(checkpoints.select.get().output[0]),
    output:
        f"{RESULTS}/plans/{{classifier}}/{{attack}}/{{batch}}.json",
    log:
        f"{LOGS}/list_batch/{{classifier}}/{{attack}}/{{batch}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        content=lambda wildcards: {
            "jobs": [planned(wildcards.classifier, wildcards.attack, frame) for frame in batch_of_selected(wildcards)]
        },
    script:
        "../scripts/write_json.py"


rule attack_batch:
    input:
        plan=rules.list_batch.output,
        reconstructions=lambda wildcards: ancient([reconstruction(name) for name in batch_of_selected(wildcards)]),
        reconstruction_digests=lambda wildcards: [
            f"{reconstruction(name)}.sha256" for name in batch_of_selected(wildcards)
        ],
        digest=lambda wildcards: f"{batch_model(wildcards)}/digest.txt",
    output:
        directory(f"{RESULTS}/attacks/{{classifier}}/{{attack}}/batches/{{batch}}"),
    log:
        f"{LOGS}/attack_batch/{{classifier}}/{{attack}}/{{batch}}.log",
    conda:
        ENVIRONMENT
    params:
        code=lambda wildcards: attack_code("cli.attack_batch", wildcards),
        predictor=lambda wildcards: STUDY.predictor(wildcards.classifier).model_dump_json(),
    shell:
        "logged {log:q} python -m echoshift attack_batch --plan {input.plan:q} --predictor {params.predictor:q} -o {output:q}"
