"""Frames, models and files of the batches of accidental changes and of the sensitivity."""


def accidental_frames(wildcards):
    """Frames of a batch."""
    return STUDY.accidental_batches[wildcards.classifier][wildcards.batch]


def accidental_model(wildcards):
    """Folder of the model that classifies all frames of a batch."""
    return model(wildcards.classifier, STUDY.folds[wildcards.classifier][accidental_frames(wildcards)[0]])


def accidental_batches():
    """Files that mark the finished batches of accidental changes."""
    return [
        f"{RESULTS}/accidental/{classifier}/{spread}/batches/{batch}.json"
        for classifier, batches in STUDY.accidental_batches.items()
        for spread in SPREADS
        for batch in batches
    ]


def sensitivity_frames(wildcards):
    """Frames of a batch."""
    return STUDY.sensitivity_batches[wildcards.classifier][wildcards.batch]


def sensitivity_model(wildcards):
    """Folder of the model that classifies all frames of a batch."""
    return model(wildcards.classifier, STUDY.folds[wildcards.classifier][sensitivity_frames(wildcards)[0]])


def sensitivity_batches():
    """Files that mark the finished batches."""
    return [
        f"{RESULTS}/sensitivity/{classifier}/batches/{batch}.json"
        for classifier, batches in STUDY.sensitivity_batches.items()
        for batch in batches
    ]


def lattices_on(classifier):
    """Folders of all lattices on a classifier, on request or not, asked already or not."""
    names = [*STUDY.attacks_on(classifier), *STUDY.attacks_on(classifier, on_request=True)]
    return [attack_folder(classifier, name) for name in names if CONFIG.attacks[name].method == "lattice"]
