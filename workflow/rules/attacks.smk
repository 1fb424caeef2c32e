"""Which frames are attacked, and one job for each of their attacks."""


checkpoint select:
    input:
        predictions=expand(f"{RESULTS}/classifiers/{{classifier}}/predictions.csv", classifier=CONFIG.classifiers),
        code=code("cli.select"),
    output:
        f"{RESULTS}/selected.csv",
    log:
        f"{LOGS}/select.log",
    conda:
        ENVIRONMENT
    params:
        predictions=lambda wildcards, input: [f"--predictions={path}" for path in input.predictions],
    shell:
        "logged {log:q} python -m echoshift select {params.predictions:q} -o {output:q}"


rule attack:
    input:
        # Digests alone decide whether a reconstruction made again, or a retrained model, is another one.
        reconstruction=ancient(f"{RESULTS}/reconstructions/{{frame}}"),
        reconstruction_digest=f"{RESULTS}/reconstructions/{{frame}}.sha256",
        engine=lambda wildcards: ancient([f"{own_model(wildcards)}/engine.xml", f"{own_model(wildcards)}/engine.bin"]),
        digest=lambda wildcards: f"{own_model(wildcards)}/digest.txt",
        code=lambda wildcards: code("cli.attack", METHODS[CONFIG.attacks[wildcards.attack].method]),
    output:
        directory(f"{RESULTS}/attacks/{{classifier}}/{{attack}}/{{frame}}"),
    log:
        f"{LOGS}/attack/{{classifier}}/{{attack}}/{{frame}}.log",
    conda:
        ENVIRONMENT
    params:
        search=lambda wildcards: STUDY.search(wildcards.attack, wildcards.frame).model_dump_json(),
        label=lambda wildcards: STUDY.frames[wildcards.frame].label,
        fold=lambda wildcards: STUDY.folds[wildcards.classifier][wildcards.frame],
    shell:
        "logged {log:q} python -m echoshift attack --reconstruction {input.reconstruction:q} --engine {input.engine[0]:q}"
        " --search {params.search:q} --frame {wildcards.frame} --label {params.label}"
        " --classifier {wildcards.classifier} --attack {wildcards.attack} --fold {params.fold}"
        " -o {output:q}"
