"""What models are trained on: tables of features, copies and pictures of the training items."""

# One table of features for all classifiers with the same frozen backbone.
BACKBONES = {one.features_folder: one.features_of for one in CONFIG.classifiers.values() if one.features_of}
# Defences in training of each table of features: what the network sees of a training item instead of its picture.
TRAINED_ON = {one.features_folder: in_training(one.defences) for one in CONFIG.classifiers.values() if one.features_of}
COHORTS = {"images": STUDY.images, "frames": STUDY.training_frames}
"""What features are computed of."""


def pictures_of_cohort(wildcards):
    """Pictures of a cohort. Digests show whether a reconstruction has changed, time stamps whether an image has."""
    pictures = picture_files(COHORTS[wildcards.cohort].values())
    return ancient(pictures) if wildcards.cohort == "frames" else pictures


def training_table(wildcards):
    """Table of the training items, if the kind learns from the cohorts."""
    folder = model(wildcards.classifier, wildcards.fold)
    return [f"{folder}/training.csv"] if entry(wildcards).learns else []


def training_features(wildcards):
    """Feature tables of the cohorts that a model is trained with."""
    return of_training_cohorts(wildcards, "npz") if entry(wildcards).features_of else []


def training_copies(wildcards):
    """Tables of what copies are drawn from, if the training itself draws some."""
    return of_training_cohorts(wildcards, "csv") if entry(wildcards).draws_copies else []


def of_training_cohorts(wildcards, end):
    """Files beside the features of the cohorts that a model is trained with."""
    cohorts = {item(one).split("/")[0] for one in STUDY.training(wildcards.classifier, wildcards.fold)}
    return [f"{RESULTS}/features/{entry(wildcards).features_folder}/{cohort}.{end}" for cohort in sorted(cohorts)]


def examples_for(wildcards):
    """The first frames, whose pictures a given model is asked about when it is adopted."""
    return list(STUDY.frames)[:8] if entry(wildcards).needs_examples else []


def table_of_items(wildcards):
    """Table of a cohort's training items; with defences in training it also has what copies are drawn from."""
    folder = f"{wildcards.backbone}/" if TRAINED_ON[wildcards.backbone] else ""
    return f"{RESULTS}/features/{folder}{wildcards.cohort}.csv"


def listed_copies(wildcards):
    """Rows of the table of a cohort's training items with the settings that copies are drawn from, if they are."""
    augment = [one for one in TRAINED_ON[wildcards.backbone] if one.defence == "augment"]
    return [
        [item(one), picture(one), "".join(STUDY.copied(own, one).model_dump_json() for own in augment)]
        for one in COHORTS[wildcards.cohort].values()
    ]


def training_pictures(wildcards):
    """Pictures of the training items, if the kind reads them, or recordings, if it reads those."""
    items = STUDY.training(wildcards.classifier, wildcards.fold)
    if entry(wildcards).needs_recordings:
        return recording_files(wildcards, [one.name for one in items])
    return picture_files(items) if entry(wildcards).needs_pictures else []


def training_path(wildcards, recording):
    """What a training item is read from: its picture, or the recording itself."""
    return recording.path if entry(wildcards).needs_recordings else picture(recording)
