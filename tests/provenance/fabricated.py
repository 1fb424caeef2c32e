"""Records of a finished study with matching digests, without reconstructing, training or attacking anything."""

import json
from pathlib import Path

import numpy as np

from echoshift.classifiers.backbones.features import Features
from echoshift.records.provenance import image_digest, joint_digest, provenance
from echoshift.storage.files import sha256_of_bytes, sha256_of_file, write_json
from echoshift.storage.png import write_png
from echoshift.storage.tables import read_rows, write_rows
from echoshift.summary.attack_places import COLUMNS
from echoshift.summary.confirmation import SOURCE_COLUMNS
from summary.fake_study import make_search

RESULTS = Path("results")
FOLDS = {"folded": ("0", "1"), "once": ("all",)}
ATTACKS = {"descent": "sign_descent", "control": "random_search"}
TRAINING = {"backbone": "efficientnet_lite0", "input_size": 32, "weights": None, "seed": 1}
PACKAGES = ("numpy", "zarr")


def sha(text):
    return sha256_of_bytes(text.encode())


def fold_of(classifier, number):
    return FOLDS[classifier][number % len(FOLDS[classifier])]


def predictors(classifier):
    return {fold: {"digest": sha(f"model {classifier} {fold}")} for fold in FOLDS[classifier]}


def digests(paths):
    return {path.relative_to(RESULTS).as_posix(): sha256_of_file(path) for path in paths}


def fabricate():
    """Write `results/` into the working directory; every second frame flips."""
    frames = [f"F{i}" for i in range(4)]
    images = _cohorts(frames)
    _features(frames, images)
    for classifier in FOLDS:
        _models(classifier, frames, images)
        _evaluation(classifier, frames)
    _study(frames)
    selected = [
        {"classifier": name, "frame": frame, "fold": fold_of(name, i), "answer": i % 2}
        for name in FOLDS
        for i, frame in enumerate(frames)
    ]
    write_rows(RESULTS / "selected.csv", ("classifier", "frame", "fold", "answer"), selected)
    records = {}
    for classifier in FOLDS:
        records |= _attacks(classifier, frames)
        _confirmation(classifier)
    _summary(records)
    _figures()
    _page()


def _cohorts(frames):
    truth = {"label": 0, "seed": 1, "lines": 32, "samples": 64}
    for frame in frames:
        source = RESULTS / f"simulated/frames/{frame}.h5"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(b"\x89HDF" + frame.encode())
        simulated = provenance(inputs={}, packages=("numpy",), simulated=True, id=frame, **truth)
        record = provenance(
            inputs={"frame": sha256_of_file(source)}, packages=PACKAGES, settings={"beta": 0.9}, reference_level=0.0,
            shape=[32, 32], image_digest=sha(f"picture of {frame}"),
        )  # fmt: skip
        record |= {"digest": sha(frame), "acquisition": json.dumps({"acquisition": {"metadata": simulated}})}
        folder = RESULTS / "reconstructions" / frame
        write_json(folder / "reconstruction.zarr/zarr.json", {"attributes": record, "zarr_format": 3})
        folder.with_name(f"{frame}.sha256").write_text(sha(frame) + "\n")
    grid = {"reference_level": "", "rows": 32, "columns": 32, "pixel_size": "", "made_with": ""}
    rows = [{"frame_id": frame, "path": RESULTS / f"simulated/frames/{frame}.h5", **grid} for frame in frames]
    write_rows(RESULTS / "frames.csv", SOURCE_COLUMNS, rows)
    images = {}
    for i, name in enumerate(("I0", "I1")):
        pixels = (np.arange(32 * 32).reshape(32, 32) // 8 + i).astype(np.uint8)
        write_png(RESULTS / f"simulated/images/{name}.png", pixels, provenance(inputs={}, packages=("numpy",), **truth))
        images[name] = image_digest(pixels)
    rows = [{"item_id": f"images/{name}", "path": RESULTS / f"simulated/images/{name}.png"} for name in images]
    write_rows(RESULTS / "features/images.csv", ("item_id", "path"), rows)
    rows = [{"item_id": f"frames/{name}", "path": RESULTS / f"reconstructions/{name}"} for name in frames]
    write_rows(RESULTS / "features/frames.csv", ("item_id", "path"), rows)
    return images


def _features(frames, images):
    for cohort, pictures in (("frames", {name: sha(f"picture of {name}") for name in frames}), ("images", images)):
        record = provenance(
            inputs={"weights": "sha256:w", "code": "sha256:c"}, packages=PACKAGES,
            backbone=TRAINING["backbone"], input_size=TRAINING["input_size"],
        )  # fmt: skip
        values = np.arange(len(pictures), dtype=np.float32)[:, None] * np.ones(1280, np.float32)
        items = tuple(f"{cohort}/{name}" for name in pictures)
        path = RESULTS / f"features/efficientnet_lite0_32/{cohort}.npz"
        Features(items, values, tuple(pictures.values()), record).save(path)


def _models(classifier, frames, images):
    features = RESULTS / "features/efficientnet_lite0_32"
    joined = Features.joined([Features.open(features / name) for name in ("frames.npz", "images.npz")])
    for fold in FOLDS[classifier]:
        folder = RESULTS / f"classifiers/{classifier}/folds/{fold}"
        items = [f"images/{name}" for name in images]
        items += [f"frames/{name}" for i, name in enumerate(frames) if fold in ("all", str((i + 1) % 2))]
        rows = [{"item_id": item, "path": RESULTS / f"simulated/{item}.png"} for item in items]
        write_rows(folder / "training.csv", ("item_id", "path"), rows)
        for name in ("model.keras", "engine.xml", "engine.bin", "history.csv"):
            (folder / name).write_text(f"{name} of {classifier} {fold}")
        digest = sha(f"model {classifier} {fold}")
        (folder / "digest.txt").write_text(digest + "\n")
        inputs = {
            "table": sha256_of_file(folder / "training.csv"),
            "features": joined.select(items).digest(),
            "weights": "sha256:w",
        }
        record = provenance(inputs=inputs, packages=PACKAGES, settings=TRAINING, seed=1, digest=digest)
        write_json(folder / "record.json", record)


def _evaluation(classifier, frames):
    folder = RESULTS / "classifiers" / classifier
    rows, predictions = [], []
    for i, frame in enumerate(frames):
        fold, label = fold_of(classifier, i), i % 2
        rows.append({"frame_id": frame, "fold": fold, "reconstruction": RESULTS / f"reconstructions/{frame}"})
        logit = 2.0 * label - 1
        predictions.append({"frame_id": frame, "patient_id": f"P{i}", "label": label, "fold": fold, "logit": logit})
    write_rows(folder / "frames.csv", list(rows[0]), rows)
    write_rows(folder / "predictions.csv", list(predictions[0]), predictions)
    (folder / "roc.csv").write_text("false_positive_rate,true_positive_rate,threshold\n")
    (folder / "reliability.csv").write_text("n_frames,mean_probability,share\n")
    reconstructions = {frame: sha(frame) for frame in frames}
    record = provenance(
        inputs={"table": sha256_of_file(folder / "frames.csv"), "reconstructions": reconstructions}, packages=PACKAGES,
        protocol="cross_validation" if classifier == "folded" else "train_once", predictors=predictors(classifier),
    )  # fmt: skip
    record["outputs"] = {
        name: sha256_of_file(folder / name) for name in ("predictions.csv", "roc.csv", "reliability.csv")
    }
    write_json(folder / "evaluation.json", record)


def _study(frames):
    facts = {
        "seed": 1, "cohort": {"simulated": True, "n_frames": 3}, "classes": ["healthy", "fatty"],
        "classifiers": {name: {"protocol": "train_once", "seed": 1, "engine": "openvino"} for name in FOLDS},
        "attacks": {name: {"method": method, "max_queries": 40} for name, method in ATTACKS.items()},
        "searches": {
            name: {frame: search_of(method, frame) for frame in frames} for name, method in ATTACKS.items()
        },
    }  # fmt: skip
    write_json(RESULTS / "study.json", facts)


def search_of(method, frame):
    return make_search(method, frame).model_dump(mode="json")


def _attacks(classifier, frames):
    rows, records = [], {}
    for attack, method in ATTACKS.items():
        of_run = records.setdefault(f"{classifier}/{attack}", {})
        for i, frame in enumerate(frames):
            fold, folder = fold_of(classifier, i), RESULTS / f"attacks/{classifier}/{attack}/{frame}"
            digest = sha(f"model {classifier} {fold}")
            record = provenance(
                inputs={"reconstruction": sha(frame), "model": digest}, packages=PACKAGES, classifier=classifier,
                attack=attack, frame_id=frame, label=i % 2, label_source="sheet", fold=fold,
                predictor={"engine": "openvino", "digest": digest},
                search=search_of(method, frame), outcome="flipped" if i % 2 else "exhausted",
                nearest={"query": 2} if i % 2 else None,
            )  # fmt: skip
            (folder / "trajectory.zarr").mkdir(parents=True)
            write_json(folder / "record.json", record)
            row = {"classifier": classifier, "attack": attack, "frame": frame, "fold": fold, "folder": folder}
            rows.append(row | {"on_request": 0})
            of_run[frame] = sha256_of_file(folder / "record.json")
    write_rows(RESULTS / f"classifiers/{classifier}/attacked.csv", COLUMNS, rows)
    write_rows(RESULTS / f"classifiers/{classifier}/requested.csv", COLUMNS, [])
    return records


def _confirmation(classifier):
    attacked = RESULTS / f"classifiers/{classifier}/attacked.csv"
    flips = []
    for row in read_rows(attacked, COLUMNS):
        if int(row["frame"][1:]) % 2:
            source = RESULTS / f"simulated/frames/{row['frame']}.h5"
            inputs = {"record": sha256_of_file(f"{row['folder']}/record.json"), "frame": sha256_of_file(source)}
            flips.append({"attack": row["attack"], "frame_id": row["frame"], "inputs": inputs})
    tables = (attacked, attacked.with_name("requested.csv"), RESULTS / "frames.csv")
    inputs = {path.stem: sha256_of_file(path) for path in tables}
    about = provenance(inputs=inputs, packages=PACKAGES, predictors=predictors(classifier))
    write_json(attacked.with_name("confirmed.json"), {**about, "flips": flips})


def _summary(records):
    paths = [RESULTS / "study.json", RESULTS / "selected.csv"]
    for name in ("predictions.csv", "evaluation.json", "attacked.csv", "requested.csv", "confirmed.json"):
        paths += [RESULTS / f"classifiers/{classifier}/{name}" for classifier in FOLDS]
    inputs = {"files": digests(paths), "attacks": {run: joint_digest(own) for run, own in records.items()}}
    record = provenance(inputs=inputs, packages=PACKAGES, seed=1, simulated=True)
    write_json(RESULTS / "summary/record.json", record)
    for name in (
        "summary.json",
        "frames.csv",
        "success_over_queries.csv",
        "robustness.csv",
        "comparisons.csv",
        "groups.csv",
        "orphans.csv",
    ):
        (RESULTS / "summary" / name).write_text(name)
    (RESULTS / "trajectories.zarr").mkdir()


def _figures():
    files = digests([RESULTS / "summary/record.json", RESULTS / "summary/frames.csv"])
    pictures = {"frames/F0": sha("picture of F0")}
    about = provenance(inputs={"files": files, "pictures": pictures}, packages=("numpy",))
    names = [f"{kind}/{one}/{attack}" for kind in ("attacks", "paths") for one in FOLDS for attack in ATTACKS]
    for name in ("cohorts", "roc", "reliability", "confusion", "outcomes", "success_over_queries", "nearest", *names):
        write_png(RESULTS / f"figures/{name}.png", np.zeros((16, 16), np.uint8), about)


def _page():
    about = provenance(inputs={"files": digests([RESULTS / "summary/frames.csv"])}, packages=("numpy",))
    study = json.dumps({"record": about})
    (RESULTS / "study.html").write_text(f'<script type="application/json" id="study">{study}</script>')
