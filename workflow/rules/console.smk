"""The page on which people move the settings and look at what changes."""


# The summary is made anew whenever a result is, those on request included.
rule page:
    input:
        tables=list(rules.summarise.output[:-1]),
        frames=rules.list_frames.output,
        # Only the digests decide whether a reconstruction has changed.
        reconstructions=lambda wildcards: ancient([reconstruction(name) for name in STUDY.frames]),
        reconstruction_digests=lambda wildcards: digests(STUDY.frames),
        predictions=rules.select.input.predictions,
        accidental=ACCIDENTAL,
    output:
        f"{RESULTS}/study.html",
    log:
        f"{LOGS}/page.log",
    conda:
        ENVIRONMENT
    params:
        echoshift=echoshift,
        code=code("cli.page"),
        results=lambda wildcards: RESULTS,
        # On request: as an input, it would be asked for.
        sensitivity=lambda wildcards: digest_if_there(f"{RESULTS}/sensitivity/summary.json"),
    shell:
        "{params.echoshift} --log {log:q} page {params.results:q} -o {output:q}"
