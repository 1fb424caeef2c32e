"""A small study with real attacks on synthetic frames; its classifier is the mean grey level."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from echoshift import ConvexGeometry, ReconstructionPlan, RFFrame
from echoshift.attacks.axes import axis
from echoshift.attacks.job import asker, run_search
from echoshift.attacks.settings import Search
from echoshift.attacks.trajectory import write_result
from echoshift.classifiers.answers import answer, scores_of_logits
from echoshift.classifiers.evaluation.calibration import RELIABILITY_COLUMNS, calibration, reliability_points
from echoshift.classifiers.evaluation.scores import ROC_COLUMNS, evaluate_scores, roc_points
from echoshift.classifiers.score_columns import score_cells
from echoshift.classifiers.training.cutoff import stated_cutoff
from echoshift.cli.main import app
from echoshift.settings import PAPER, SETTINGS, Bounds
from echoshift.storage.files import read_json, sha256_of_file, write_json
from echoshift.storage.tables import read_rows, write_rows
from echoshift.summary.attack_places import COLUMNS
from echoshift.summary.selection import SELECTED_COLUMNS
from echoshift.summary.summarise import summarise_study

INITIAL = {name: SETTINGS[name].initial for name in PAPER}


def verb(*arguments: object) -> None:
    """Run `echoshift ARGUMENTS`, which must succeed."""
    with pytest.raises(SystemExit) as end:
        app([str(argument) for argument in arguments])
    assert not end.value.code


@contextmanager
def edited(path: Path) -> Iterator[dict]:
    """The content of a JSON file, written back after the block."""
    content = json.loads(path.read_text())
    yield content
    path.write_text(json.dumps(content))


class GreyLevelPredictor:
    """Classifies bright images as positive."""

    def __init__(self, threshold: float, offset: float = 0.0) -> None:
        self.threshold, self.offset = threshold, offset
        self.digest = f"grey level above {threshold} by {offset}"

    def scores(self, images: np.ndarray) -> np.ndarray:
        grey = images.reshape(len(images), -1).mean(axis=1, dtype=np.float64)
        return scores_of_logits((grey - self.threshold) / 4 + self.offset)


def make_frame(level: float, seed: int, lines: int = 24, samples: int = 200) -> RFFrame:
    """Speckle of a given level (dB) after the initial compensation, to 4 cm depth."""
    rng = np.random.default_rng(seed)
    center, sampling = 2.5e6, 10e6 * samples / 520
    depth_cm = np.arange(samples) * 1540 / (2 * sampling) * 100
    envelope = 10 ** ((level - 2 * 0.9 * 2.5 * depth_cm) / 20)
    noise = rng.standard_normal((lines, samples)) * envelope
    geometry = ConvexGeometry(apex_radius=0.05, angles=np.radians(np.linspace(-25, 25, lines)))
    return RFFrame(
        noise.astype(np.float32), geometry=geometry, sampling_frequency=max(sampling, 5.1e6), center_frequency=center
    )


def make_search(method: str, frame: str, max_queries: int = 40, **bounds: float) -> Search:
    limits = {name: (bounds.get(f"{name}_min"), bounds.get(f"{name}_max")) for name in PAPER}
    axes = tuple(axis(name, Bounds(), INITIAL[name], low, high) for name, (low, high) in limits.items())
    seed = int(frame[1:]) if method == "random_search" else None
    return Search(method=method, max_queries=max_queries, seed=seed, axes=axes)


def beta_alone(search: Search) -> Search:
    fixed = {axis.name: axis.initial for axis in search.axes[1:]}
    return search.model_copy(update={"axes": search.axes[:1], "fixed": fixed})


@dataclass
class FakeStudy:
    """Paths and contents of a study folder."""

    results: Path
    frames: dict[str, RFFrame]
    labels: dict[str, int | None]
    threshold: float
    shape: tuple[int, int]
    classifiers: tuple[str, ...] = ("folds", "once")
    attacks: tuple[str, ...] = ("descent", "control")
    on_request: tuple[str, ...] = ()
    max_queries: int = 40
    classes: tuple[str, ...] = ("dark", "bright")
    correct: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def study(self) -> Path:
        return self.results / "study.json"

    @property
    def selected(self) -> Path:
        return self.results / "selected.csv"

    @property
    def attacked(self) -> list[Path]:
        return [self.results / "classifiers" / name / "attacked.csv" for name in self.classifiers]

    @property
    def confirmed(self) -> list[Path]:
        return [self.results / "confirmed" / f"{name}.json" for name in self.classifiers]

    def folder(self, classifier: str, attack: str, frame: str) -> Path:
        return self.results / "attacks" / classifier / attack / frame

    def protocol(self, classifier: str) -> str:
        return "cross_validation" if classifier == "folds" else "train_once"

    def fold(self, classifier: str, frame: str) -> str:
        return str(int(frame[1:]) % 2) if classifier == "folds" else "all"

    def predictor(self, classifier: str) -> GreyLevelPredictor:
        return GreyLevelPredictor(self.threshold, 0.0 if classifier == "folds" else 0.4)

    def search(self, attack: str, frame: str) -> Search:
        found = make_search("random_search" if attack == "control" else "sign_descent", frame, self.max_queries)
        return beta_alone(found) if attack == "beta" else found

    def target(self, attack: str) -> int | None:
        return self.search(attack, "R0").target

    def aimed_at(self, classifier: str, attack: str) -> list[str]:
        return [name for name in self.correct[classifier] if self.answers[classifier][name] != self.target(attack)]

    def build(self) -> "FakeStudy":
        for name, frame in self.frames.items():
            frame.save(self.results / "rf" / f"{name}.h5")
        plans = {name: ReconstructionPlan(frame, self.shape) for name, frame in self.frames.items()}
        for classifier in self.classifiers:
            self._judge(classifier, plans)
            for attack in self.attacks:
                for name in self.aimed_at(classifier, attack):
                    self.attack(classifier, attack, name, plans[name])
        self.write_study()
        self.write_selected()
        self.write_confirmed()
        return self

    def summarise(self) -> tuple[list[dict], list[dict[str, str]]]:
        """Write the summary and the trajectories; return the records of `summary.json` and the rows of `frames.csv`."""
        folder, store = self.results / "summary", self.results / "trajectories.zarr"
        summarise_study(self.results, self.study, self.selected, self.attacked, self.confirmed, folder, store)
        return read_json(folder / "summary.json"), read_rows(folder / "frames.csv", ())

    def _judge(self, classifier: str, plans: dict[str, ReconstructionPlan]) -> None:
        predictor = self.predictor(classifier)
        scores = {name: predictor.scores(plan.render(INITIAL)[None])[0] for name, plan in plans.items()}
        said = self.answers[classifier] = {name: int(answer(own)) for name, own in scores.items()}
        rows = [
            {
                "frame_id": name,
                "patient_id": f"P{name}",
                "label": label,
                "fold": self.fold(classifier, name),
                "answer": said[name],
                **score_cells(scores[name]),
                "correct": None if label is None else said[name] == label,
            }
            for name, label in self.labels.items()
        ]
        self.correct[classifier] = [row["frame_id"] for row in rows if row["correct"] in (True, None)]
        folder = self.results / "classifiers" / classifier
        write_rows(folder / "predictions.csv", list(rows[0]), rows)
        labels, folds = [row["label"] for row in rows], [row["fold"] for row in rows]
        evaluation = evaluate_scores(list(scores.values()), labels, folds, self.protocol(classifier))
        evaluation["n_known"] = None
        evaluation["cutoffs"] = {row["fold"]: stated_cutoff(0.5) for row in rows}
        evaluation["auc_without_cutoffs"] = evaluation["auc"]
        evaluation["calibration"] = calibration(list(scores.values()), labels, [row["patient_id"] for row in rows])
        evaluation["inputs"] = {"reconstructions": {name: f"picture of {name}" for name in self.labels}}
        evaluation["predictors"] = {row["fold"]: {"digest": predictor.digest} for row in rows}
        baseline = {"auc": 0.4, "auc_low": 0.2, "auc_high": 0.6}
        evaluation["baselines"] = {"mean_grey_level": baseline, "liver_cortex_ratio": None}
        (folder / "evaluation.json").write_text(json.dumps(evaluation))
        columns = ROC_COLUMNS if len(self.classes) == 2 else ("class", *ROC_COLUMNS)
        write_rows(folder / "roc.csv", columns, roc_points(list(scores.values()), labels))
        columns = RELIABILITY_COLUMNS if len(self.classes) == 2 else ("class", *RELIABILITY_COLUMNS)
        write_rows(folder / "reliability.csv", columns, reliability_points(list(scores.values()), labels))

    def attack(self, classifier: str, attack: str, name: str, plan: ReconstructionPlan | None = None) -> None:
        plan = plan or ReconstructionPlan(self.frames[name], self.shape)
        search = self.search(attack, name)
        outcome, objective = run_search(asker(plan, self.predictor(classifier)), self.labels[name], search)
        about = {
            "classifier": classifier, "attack": attack, "frame_id": name, "label": objective.label,
            "label_source": "answer" if self.labels[name] is None else "sheet",
            "fold": self.fold(classifier, name), "predictor": {"engine": "openvino"},
            "inputs": {"reconstruction": f"picture of {name}", "model": self.predictor(classifier).digest},
        }  # fmt: skip
        write_result(self.folder(classifier, attack, name), outcome, objective, plan, about)

    def write_study(self) -> None:
        facts = {
            "seed": 7,
            "cohort": {"simulated": True, "n_frames": len(self.labels)},
            "classes": self.classes,
            "classifiers": {
                name: {"protocol": self.protocol(name), "seed": 1, "engine": "openvino"} for name in self.classifiers
            },
            "attacks": {
                name: self.search(name, "R0").model_dump(include={"method", "seed", "max_queries", "target"})
                | {"on_request": name in self.on_request}
                for name in self.attacks
            },
            "searches": {
                attack: {name: self.search(attack, name).model_dump(mode="json") for name in self.frames}
                for attack in self.attacks
            },
        }
        write_json(self.study, facts)

    def write_selected(self) -> None:
        rows = [
            {
                "classifier": classifier,
                "frame": name,
                "fold": self.fold(classifier, name),
                "answer": self.answers[classifier][name],
            }
            for classifier in self.classifiers
            for name in self.correct[classifier]
        ]
        write_rows(self.selected, SELECTED_COLUMNS, rows)
        for classifier, path in zip(self.classifiers, self.attacked, strict=True):
            attacked = [
                {
                    **{name: row[name] for name in ("classifier", "frame", "fold")},
                    "attack": attack,
                    "folder": self.folder(classifier, attack, row["frame"]),
                    "on_request": int(attack in self.on_request),
                }
                for attack in self.attacks
                for row in rows
                if row["classifier"] == classifier
                and row["answer"] != self.target(attack)
                and self.folder(classifier, attack, row["frame"]).exists()
            ]
            write_rows(path, COLUMNS, attacked)

    def write_confirmed(self) -> None:
        for classifier, path in zip(self.classifiers, self.confirmed, strict=True):
            flips = []
            for attack in self.attacks:
                for name in self.aimed_at(classifier, attack):
                    folder = self.folder(classifier, attack, name)
                    if folder.exists() and (record := self.record(classifier, attack, name))["nearest"]:
                        flips.append(self.confirmation(record, sha256_of_file(folder / "record.json")))
            write_json(path, {"classifier": classifier, "engine": "tensorflow", "flips": flips})

    def confirmation(self, record: dict, digest: str) -> dict:
        picture = dict.fromkeys(("initial_black", "initial_white", "black", "white"), 0.1)
        flip = {"confirmed": True, "picture": {"ssim": 0.9, "grey_difference": 4.0, "unknown": 0.0, **picture}}
        return {
            **{name: record[name] for name in ("attack", "frame_id", "fold", "label")},
            "final": flip if record["outcome"] == "flipped" else None,
            "nearest": flip,
            "largest_logit_difference": 1e-5,
            "inputs": {"record": digest},
        }

    def record(self, classifier: str, attack: str, name: str) -> dict:
        return json.loads((self.folder(classifier, attack, name) / "record.json").read_text())

    def edit_record(self, classifier: str, attack: str, name: str, **changes) -> None:
        with edited(self.folder(classifier, attack, name) / "record.json") as record:
            record |= changes


LEVELS = (36.0, 40.0, 29.0, 24.0, 33.2, 32.0, 33.8, 30.0)
LABELS = (1, 1, 0, 0, 1, 0, 0, 1)  # the last two are misclassified


def fake_study(
    results: Path,
    levels: Sequence[float] = LEVELS,
    labels: Sequence[int | None] = LABELS,
    shape: tuple[int, int] = (40, 40),
    **frame_size: int,
) -> FakeStudy:
    """A study still to be built; its threshold lies between the mean grey levels of the classes."""
    names = [f"R{i:03d}" for i in range(1, len(levels) + 1)]
    frames = {
        name: make_frame(level, i, **frame_size) for i, (name, level) in enumerate(zip(names, levels, strict=True))
    }
    greys = np.array([ReconstructionPlan(frame, shape).render(INITIAL).mean() for frame in frames.values()])
    threshold = float(np.mean([greys[np.equal(labels, label)].mean() for label in (0, 1)]))
    return FakeStudy(results, frames, dict(zip(names, labels, strict=True)), threshold, shape)
