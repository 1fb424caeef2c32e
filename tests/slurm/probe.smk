"""Jobs that print their resources. They have the names of the study's rules, to which the profiles refer."""


rule all:
    input:
        expand("attacks/{i}.txt", i=range(4)),
        "train.txt",


rule attack:
    output:
        "attacks/{i}.txt",
    shell:
        'start=$(date +%s.%N); sleep 2; echo "${{SLURM_JOB_ID:-none}} ${{CUDA_VISIBLE_DEVICES:-none}} $start $(date +%s.%N)" > {output}'


# Fails at the first attempt, like a job that runs out of memory or time.
rule train:
    output:
        "train.txt",
    shell:
        "scontrol show job $SLURM_JOB_ID | grep -oE '(TimeLimit|MinMemoryNode)=[^ ]+' | paste -sd ' ' >> tries.txt;"
        " test $(wc -l < tries.txt) = 2; touch {output}"
