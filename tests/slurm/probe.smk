"""Jobs that say what they were given; the profiles ask for it by the names of the study's rules."""


rule all:
    input:
        expand("attacks/{i}.txt", i=range(4)),
        "train.txt",


rule attack:
    output:
        "attacks/{i}.txt",
    shell:
        'start=$(date +%s.%N); sleep 2; echo "${{SLURM_JOB_ID:-none}} ${{CUDA_VISIBLE_DEVICES:-none}} $start $(date +%s.%N)" > {output}'


# Fails at the first attempt, as a job that ran out of memory or time would.
rule train:
    output:
        "train.txt",
    shell:
        "scontrol show job $SLURM_JOB_ID | grep -oE '(TimeLimit|MinMemoryNode)=[^ ]+' | paste -sd ' ' >> tries.txt;"
        " test $(wc -l < tries.txt) = 2; touch {output}"
