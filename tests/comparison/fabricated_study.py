"""The tables of a finished study, written without running one: what each classifier says about each frame is given."""

import json

import numpy as np
import xarray as xr

from echoshift.accidental.ledger import STORE
from echoshift.storage.files import sha256_of_file
from echoshift.storage.stores import write_dataset
from echoshift.storage.tables import write_rows
from summary.fake_study import make_search

METHODS = {"strongest": "strongest", "walk": "sign_descent", "nearest": "nearest", "lattice": "lattice"}
FRAMES = ("classifier", "attack", "frame_id", "outcome", "own_nearest_linf")
ROBUSTNESS = ("classifier", "box", "frame_id", "flipped_by")
DRAWN = ("classifier", "spread", "frame_id", "label", "folder")


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def fabricate(results, classifiers, labels, patients=None, lattice=(), known=(), engine="server", **facts):
    """Write a finished study of frames F0, F1, ...

    Parameters
    ----------
    results : Path
    classifiers : dict
        By name, a dict of what has one entry for each frame: `logit`; optionally `strongest`, `walk`, `lattice` (whether the
        attack flips the frame), `nearest` (move, or None) and `drawn` (logits under accidental
        changes). `ends`: the outcome of attacks that flip nothing.
    labels : list of int or None
    patients : list of str, optional
        Default: a patient for each frame.
    lattice : classifiers with a complete lattice
    known : indices of frames whose patient the classifiers know
    engine : of all classifiers; a server is not timed
    facts : entries of `study.json` that replace the usual ones
    """
    names = [f"F{i}" for i in range(len(labels))]
    patients = patients or [f"P{i}" for i in range(len(labels))]
    attacks = {
        name: {"method": method, "max_queries": 50}
        for name, method in METHODS.items()
        if name == "strongest" or any(name in own for own in classifiers.values())
    }
    search = make_search("sign_descent", "F0").model_dump(mode="json")
    study = {
        "seed": 1,
        "cohort": {"simulated": True, "n_frames": len(labels)},
        "classes": ["dark", "bright"],
        "classifiers": {
            name: {"protocol": "cross_validation", "seed": 1, "engine": engine, "features_folder": "network"}
            for name in classifiers
        },
        "attacks": attacks,
        "searches": {attack: dict.fromkeys(names, search) for attack in attacks},
    }
    write_json(results / "study.json", study | facts)
    frames, robustness, drawn, records = [], [], [], []
    for name, own in classifiers.items():
        answers = [int(logit >= 0) for logit in own["logit"]]
        write_predictions(results / "classifiers" / name, own["logit"], names, patients, labels, known)
        reconstructions = {frame: f"{results.name} {frame}" for frame in names}
        write_json(results / "classifiers" / name / "evaluation.json", {"inputs": {"reconstructions": reconstructions}})
        on_lattice = {"attack": "lattice"} if name in lattice else None
        own_attacks = [attack for attack in attacks if attack == "strongest" or attack in own]
        records += [
            {"classifier": name, "attack": attack, "robust": {"on_lattice": on_lattice}} for attack in own_attacks
        ]
        for i, frame in enumerate(names):
            right = answers[i] == labels[i]
            flips = [
                attack for attack in ("strongest", "walk", "lattice") if right and attack in own and own[attack][i]
            ]
            robustness.append(
                {"classifier": name, "box": "strongest", "frame_id": frame, "flipped_by": " ".join(flips)}
            )
            for attack in own_attacks:
                move = own["nearest"][i] if attack == "nearest" else None
                flipped = attack in flips or move is not None
                outcome = ("flipped" if flipped else own.get("ends", "exhausted")) if right else "not_attacked"
                frames.append(dict(zip(FRAMES, (name, attack, frame, outcome, move), strict=True)))
            if "drawn" in own:
                folder = f"accidental/{name}/near/{frame}"
                write_draws(results / folder, own["logit"][i], own["drawn"][i])
                drawn.append(dict(zip(DRAWN, (name, "near", frame, labels[i], folder), strict=True)))
        write_seconds(results / f"benchmarks/train/{name}/0.tsv", 5.0)
    write_seconds(results / "benchmarks/features/network/frames.tsv", 20.5)
    write_rows(results / "frames.csv", ("frame_id", "path"), [{"frame_id": name, "path": "rf.h5"} for name in names])
    write_rows(results / "summary/frames.csv", FRAMES, frames)
    write_rows(results / "summary/robustness.csv", ROBUSTNESS, robustness)
    write_json(results / "summary/summary.json", records)
    if drawn:
        write_rows(results / "accidental/frames.csv", DRAWN, drawn)
        write_json(
            results / "accidental/summary.json", {"results": [{"spread": "near", "distribution": {"uniform": 0.25}}]}
        )
    finish(results)
    return results


def finish(results):
    """Write the record of the summary, which has the digests of what it was made from."""
    files = [results / "study.json", *results.glob("classifiers/*/*"), *results.glob("accidental/frames.csv")]
    digests = {path.relative_to(results).as_posix(): sha256_of_file(path) for path in files}
    write_json(results / "summary/record.json", {"inputs": {"files": digests}})


def write_predictions(folder, logits, names, patients, labels, known):
    columns = ("frame_id", "patient_id", "label", "fold", "logit", "probability", "known")
    rows = [
        dict(zip(columns, (name, patient, label, "0", logit, 0.5, int(i in known)), strict=True))
        for i, (name, patient, label, logit) in enumerate(zip(names, patients, labels, logits, strict=True))
    ]
    write_rows(folder / "predictions.csv", columns, rows)


def write_draws(folder, logit, drawn):
    """The store of accidental changes, whose first query has the initial settings."""
    logits = np.array([logit, *drawn], dtype=np.float64)
    scores = np.stack([np.zeros_like(logits), logits], axis=1)
    folder.mkdir(parents=True)
    write_dataset(xr.Dataset({"query_scores": (("query", "class"), scores)}), folder / STORE)


def write_seconds(path, seconds):
    """As Snakemake's directive `benchmark` does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\th:m:s\tmax_rss\n{seconds}\t0:00:00\t100.0\n")
