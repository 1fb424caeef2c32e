"""Confirm all flips, then write all results as tables, trajectories and figures."""


use rule list_items as list_frames with:
    output:
        f"{RESULTS}/frames.csv",
    log:
        f"{LOGS}/list_frames.log",
    params:
        columns=["frame_id", "path", "reference_level", "rows", "columns", "pixel_size", "made_with"],
        rows=lambda wildcards: [
            [
                name,
                one.path,
                CONFIG.cohorts.reference_level,
                *(CONFIG.reconstruction.shape or (None, None)),
                CONFIG.reconstruction.pixel_size,
                made_with(name),
            ]
            for name, one in STUDY.frames.items()
        ],


rule confirm:
    input:
        attacked=rules.list_attacked.output,
        requested=rules.list_requested.output,
        attacks=lambda wildcards: attacks_of(selected(wildcards.classifier)),
        table=rules.list_frames.output,
        frames=lambda wildcards: list(
            dict.fromkeys(file for row in selected(wildcards.classifier) for file in STUDY.frames[row["frame"]].files)
        ),
        models=lambda wildcards: ancient(judging_models(wildcards)),
    output:
        f"{RESULTS}/classifiers/{{classifier}}/confirmed.json",
    log:
        f"{LOGS}/confirm/{{classifier}}.log",
    conda:
        ENVIRONMENT
    threads: 2
    params:
        echoshift=echoshift,
        code=lambda wildcards: code(
            "cli.confirm", *IMPORTERS, *predictor_modules(wildcards, entry(wildcards).confirmed_by)
        ),
        predictor=lambda wildcards: entry(wildcards).confirmed_by.model_dump_json(),
        results=lambda wildcards: RESULTS,
    shell:
        "{params.echoshift} --log {log:q} confirm --results {params.results:q} --classifier {wildcards.classifier}"
        " --attacked {input.attacked:q} --attacked {input.requested:q} --frames {input.table:q} --predictor {params.predictor:q}"
        " -o {output:q}"


rule describe_study:
    output:
        f"{RESULTS}/study.json",
    log:
        f"{LOGS}/describe_study.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        content=lambda wildcards: {
            "seed": CONFIG.seed,
            "classes": CONFIG.classes,
            "cohort": STUDY.cohort,
            "group_by": STUDY.group_by,
            "groups": {name: one.group for name, one in STUDY.frames.items() if one.group},
            "fat_limits": CONFIG.simulation.fat_limits,
            "classifiers": {
                name: {"protocol": one.protocol, "seed": one.model_seed, "engine": STUDY.predictor(name).engine}
                | ({"features_folder": one.features_folder} if one.features_folder else {})
                for name, one in CONFIG.classifiers.items()
            },
            "attacks": {
                name: {"method": one.method, "seed": one.seed_of(None), "max_queries": one.max_queries}
                | ({} if one.target is None else {"target": CONFIG.classes.index(one.target)})
                | ({"start": one.start} if one.start else {})
                | {"classifiers": STUDY.classifiers_of(name)}
                | ({"on_request": True} if one.on_request else {})
                for name, one in CONFIG.attacks.items()
            },
            "searches": {
                attack: {name: one["search"] for name, one in frames.items()}
                for attack, frames in STUDY.attacks.items()
            },
        },
    script:
        "../scripts/write_json.py"


rule summarise:
    input:
        selected=lambda wildcards: checkpoints.select.get().output[0],
        attacks=selected_attacks,
        attacked=expand(
            f"{RESULTS}/classifiers/{{classifier}}/{{kind}}.csv",
            classifier=CONFIG.classifiers,
            kind=["attacked", "requested"],
        ),
        study=rules.describe_study.output,
        evaluations=expand(f"{RESULTS}/classifiers/{{classifier}}/evaluation.json", classifier=CONFIG.classifiers),
        confirmed=expand(f"{RESULTS}/classifiers/{{classifier}}/confirmed.json", classifier=CONFIG.classifiers),
        # Its summary has the digests of all records.
        accidental=[ACCIDENTAL.frames, ACCIDENTAL.summary] if ACCIDENTAL else [],
        swept=rules.list_swept.output if SENSITIVITY else [],
    output:
        summary=f"{RESULTS}/summary/summary.json",
        frames=f"{RESULTS}/summary/frames.csv",
        success=f"{RESULTS}/summary/success_over_queries.csv",
        robustness=f"{RESULTS}/summary/robustness.csv",
        comparisons=f"{RESULTS}/summary/comparisons.csv",
        groups=f"{RESULTS}/summary/groups.csv",
        orphans=f"{RESULTS}/summary/orphans.csv",
        record=f"{RESULTS}/summary/record.json",
        trajectories=directory(f"{RESULTS}/trajectories.zarr"),
    log:
        f"{LOGS}/summarise.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=code("cli.summarise"),
        results=lambda wildcards: RESULTS,
        folder=lambda wildcards, output: Path(output.summary).parent,
        attacked=lambda wildcards, input: [f"--attacked={path}" for path in input.attacked],
        confirmed=lambda wildcards, input: [f"--confirmed={path}" for path in input.confirmed],
        accidental=lambda wildcards, input: f"--accidental={input.accidental[0]}" if ACCIDENTAL else [],
        swept=lambda wildcards, input: f"--swept={input.swept}" if SENSITIVITY else [],
    shell:
        "{params.echoshift} --log {log:q} summarise --results {params.results:q} --study {input.study:q} --selected {input.selected:q}"
        " {params.attacked:q} {params.confirmed:q} {params.accidental:q} {params.swept:q} --trajectories {output.trajectories:q} -o {params.folder:q}"


use rule list_items as list_examples with:
    output:
        f"{RESULTS}/figures/examples.csv",
    log:
        f"{LOGS}/list_examples.log",
    params:
        columns=["cohort", "item_id", "label", "path", "simulated"],
        rows=[[item(one).split("/")[0], one.name, one.label, picture(one), int(one.simulated)] for one in examples()],


rule figures:
    input:
        tables=list(rules.summarise.output[:-1]),
        trajectories=rules.summarise.output.trajectories,
        curves=expand(
            f"{RESULTS}/classifiers/{{classifier}}/{{kind}}.csv",
            classifier=CONFIG.classifiers,
            kind=["roc", "reliability"],
        ),
        examples=rules.list_examples.output,
        pictures=picture_files(examples()),
        accidental=ACCIDENTAL.summary if ACCIDENTAL else [],
    output:
        figure("cohorts", "Cohorts", "cohorts"),
        figure("roc", "Classifier", "roc"),
        figure("reliability", "Classifier", "reliability"),
        figure("confusion", "Classifier", "confusion"),
        figure("outcomes", "Summary", "outcomes"),
        figure("success_over_queries", "Summary", "success_over_queries"),
        figure("nearest", "Summary", "nearest"),
        [
            figure(f"{kind}/{classifier}/{attack}", "Attacks", kind, classifier=classifier, attack=attack)
            for kind in ("attacks", "paths")
            for classifier in CONFIG.classifiers
            for attack in STUDY.attacks_on(classifier)
            if not CONFIG.attacks[attack].exhaustive
        ],
        headline=f"{RESULTS}/figures/headline.html",
    log:
        f"{LOGS}/figures.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=code("cli.figures"),
        results=lambda wildcards: RESULTS,
        summary=lambda wildcards, input: Path(input.tables[0]).parent,
        folder=lambda wildcards, output: Path(output[0]).parent,
        accidental=lambda wildcards, input: f"--accidental={input.accidental}" if ACCIDENTAL else [],
    shell:
        "{params.echoshift} --log {log:q} figures --results {params.results:q} --summary {params.summary:q}"
        " --trajectories {input.trajectories:q} --examples {input.examples:q} {params.accidental:q} -o {params.folder:q}"
