"""What the whole study was made from."""


# Made from the records only: `--forcerun provenance` compares everything again.
rule provenance:
    input:
        recordings=lambda wildcards: list(
            dict.fromkeys(file for one in (*STUDY.frames.values(), *STUDY.images.values()) for file in one.files)
        ),
        reconstructions=lambda wildcards: [reconstruction(name) for name in STUDY.frames],
        models=[
            f"{model(classifier, fold)}/record.json" for classifier in CONFIG.classifiers for fold in folds(classifier)
        ],
        evaluations=rules.summarise.input.evaluations,
        attacks=selected_attacks,
        confirmed=rules.summarise.input.confirmed,
        summary=rules.summarise.output.record,
        figures=rules.figures.output,
        page=rules.page.output,
        accidental=ACCIDENTAL,
    output:
        f"{RESULTS}/provenance.json",
    log:
        f"{LOGS}/provenance.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=code("cli.provenance"),
        results=lambda wildcards: RESULTS,
        accidental="--accidental" if SPREADS else "",
    shell:
        "{params.echoshift} --log {log:q} provenance --results {params.results:q} {params.accidental} -o {output:q}"
