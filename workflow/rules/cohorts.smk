"""Simulate recordings and reconstruct them at their initial settings."""

LIMITS = "".join(f" --fat-limit {limit!r}" for limit in CONFIG.simulation.fat_limits)


rule simulate_frame:
    output:
        f"{RESULTS}/simulated/frames/{{frame}}.h5",
    log:
        f"{LOGS}/simulate/frames/{{frame}}.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=code("cli.simulate"),
        what=lambda wildcards: (
            f"frame --id {wildcards.frame} --label {STUDY.frames[wildcards.frame].label}{LIMITS}{recorded_by(wildcards.frame)}"
        ),
        seed=CONFIG.seed,
        lines=CONFIG.simulation.lines,
        samples=CONFIG.simulation.samples,
    shell:
        "{params.echoshift} --log {log:q} simulate {params.what} --seed {params.seed}"
        " --lines {params.lines} --samples {params.samples} -o {output:q}"


use rule simulate_frame as simulate_image with:
    output:
        f"{RESULTS}/simulated/images/{{image}}.png",
    log:
        f"{LOGS}/simulate/images/{{image}}.log",
    params:
        what=lambda wildcards: f"image --id {wildcards.image} --label {STUDY.images[wildcards.image].label}{LIMITS}",


rule reconstruct:
    input:
        files=lambda wildcards: STUDY.frames[wildcards.frame].files,
    output:
        folder=directory(f"{RESULTS}/reconstructions/{{frame}}"),
        digest=f"{RESULTS}/reconstructions/{{frame}}.sha256",
    log:
        f"{LOGS}/reconstruct/{{frame}}.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=code("cli.reconstruct", *IMPORTERS),
        frame=lambda wildcards: STUDY.frames[wildcards.frame].path,
        options=lambda wildcards: reconstruction_options(wildcards.frame),
    shell:
        "{params.echoshift} --log {log:q} reconstruct {params.frame:q} {params.options:q}"
        " -o {output.folder:q}/reconstruction.zarr --digest {output.digest:q}"
