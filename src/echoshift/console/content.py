"""The content of the page: what a finished study knows, as JSON, and blobs that are made when they are asked for."""

from collections.abc import Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from echoshift import __version__
from echoshift.attacks.axes import Axis
from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.console.answers import answers_of, collect
from echoshift.console.chosen import choose
from echoshift.console.finished import Finished
from echoshift.console.frame_facts import about_classifier, command_of, initial_settings
from echoshift.console.glance import glance
from echoshift.console.knobs import as_json, cannot_move_on, knobs_of
from echoshift.console.packing import pack
from echoshift.console.pictures import Picture, on_page, picture_of, places_key
from echoshift.console.thumbnail import thumbnail
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.records.provenance import provenance
from echoshift.settings import BEFORE_DETECTION, SETTINGS

PACKAGES = ("numpy", "scipy", "scikit-learn", "zarr")

KEPT = 4
"""Frames whose arrays are kept in memory."""


class Content:
    """What the page shows of a finished study.

    Parameters
    ----------
    results : Path
        Results folder of a finished study.
    frames : sequence of str, optional
        Frames to show; default: see `choose`.
    relabel : bool
        Whether frames are shown by numbers instead of their ids.
    served : bool
        Whether a server answers the page's questions.

    Raises
    ------
    EchoShiftError
        One line, if the study is not finished or a frame is none of its frames.
    """

    def __init__(
        self, results: Path, frames: Sequence[str] | None = None, relabel: bool = False, served: bool = False
    ) -> None:
        self._finished, self._served = Finished(results), served
        finished = self._finished
        self._chosen = choose(list(finished.reconstructed), finished.rows_of(finished.first), frames)
        self._shown = {str(i) if relabel else name: name for i, name in enumerate(self._chosen.frames, start=1)}
        self._places: dict[str, str] = {}
        self._reconstruction = lru_cache(KEPT)(lambda name: read_reconstruction(finished.ledger.reconstruction(name)))
        self._picture = lru_cache(KEPT)(self._make_picture)
        # Small, and needed for the list, the picture and each classifier's answers.
        self._initial = cache(lambda name: initial_settings(finished.ledger.reconstruction(name)))
        self._knobs = cache(self._make_knobs)

    @cached_property
    def study(self) -> dict[str, Any]:
        """The page's `STUDY`, as JSON values."""
        finished = self._finished
        facts, searches = finished.facts, finished.facts.searches.values()
        searched = {axis.name for of_frame in searches for one in of_frame.values() for axis in one.axes}
        names = {name: shown for shown, name in self._shown.items()}
        return {
            "record": provenance(inputs={"files": finished.digests}, packages=PACKAGES),
            "version": __version__,
            "served": self._served,
            "classes": list(facts.classes),
            "cohort": finished.summary[0]["cohort"],
            "headline": finished.headline(names),
            "shown": {"n": len(self._shown), "of": self._chosen.of, "why": self._chosen.why},
            "settings": [_setting(name, name in searched, self._served) for name in SETTINGS],
            "classifiers": [
                {
                    "name": name,
                    "words": PROTOCOLS[entry.protocol].words,
                    "binary": len(facts.classes) == 2,
                    "probabilities": next(iter(finished.judged[name].values())).has_probabilities,
                    "engine": entry.engine,
                }
                for name, entry in facts.classifiers.items()
            ],
            "attacks": [
                {
                    "name": name,
                    "method": entry.method,
                    "classifiers": [of for of, attack in facts.runs if attack == name],
                    "on_request": entry.on_request,
                }
                for name, entry in facts.attacks.items()
            ],
            "frames": [self._frame(number, shown) for number, shown in enumerate(self._shown)],
            "glance": glance(finished, names),
        }

    @property
    def blobs(self) -> list[str]:
        """Names of all blobs of the page."""
        frames = self.study["frames"]
        answers = [of["answers"] for frame in frames for of in frame["classifiers"].values()]
        return [*dict.fromkeys(self._places), *(frame["picture"] for frame in frames), *answers]

    def blob(self, name: str) -> bytes:
        """The compressed bytes of a blob. Raises KeyError for another name."""
        if name not in self.blobs:
            raise KeyError(name)
        kind, *numbers = name.split("-")
        if kind == "places":
            return pack({}, self._picture(self._places[name]).shared)
        frame = self._chosen.frames[int(numbers[0])]
        if kind == "picture":
            picture = self._picture(frame)
            return pack(picture.meta, picture.own)
        return pack(*self._answers(frame, list(self._finished.facts.classifiers)[int(numbers[1])]))

    def recording(self, shown: str) -> Path:
        """Folder of the reconstruction of the frame shown by this name. Raises KeyError for another name."""
        return self._finished.ledger.reconstruction(self._shown[shown])

    def path_of(self, shown: str) -> str:
        """Path of the recording shown by this name, for a classifier that reads it. The page is not told."""
        return self._finished.path_of(self._shown[shown])

    def initial(self, shown: str) -> dict[str, float]:
        """Initial settings of the frame shown by this name."""
        return self._initial(self._shown[shown])

    def model(self, shown: str, classifier: str) -> Path:
        """Folder of the model that judged the frame shown by this name. Raises KeyError for another classifier."""
        fold = self._finished.judged[classifier][self._shown[shown]].fold
        return self._finished.ledger.model(classifier, fold)

    def _frame(self, number: int, shown: str) -> dict[str, Any]:
        finished, name = self._finished, self._shown[shown]
        found = self._reconstruction(name)
        frame, grid = on_page(found)
        places = f"places-{places_key(frame, grid)}"
        self._places.setdefault(places, name)
        return {
            "id": shown,
            "label": finished.judged[finished.first][name].label,
            "thumbnail": thumbnail(found.image),
            "picture": f"picture-{number}",
            "places": places,
            "rows": grid.shape[0],
            "columns": grid.shape[1],
            "reduced": max(found.grid.shape) / max(grid.shape),
            "initial": self.initial(shown),
            "knobs": {axis: as_json(one) for axis, one in self._knobs(name).items()},
            "fixed": cannot_move_on(found.frame),
            "command": command_of(finished.reconstructed[name], found.frame),
            "classifiers": {
                classifier: about_classifier(finished, classifier, name) | {"answers": f"answers-{number}-{k}"}
                for k, classifier in enumerate(finished.facts.classifiers)
            },
        }

    def _make_knobs(self, frame: str) -> dict[str, Axis]:
        searches = [of_frame[frame] for of_frame in self._finished.facts.searches.values() if frame in of_frame]
        return knobs_of(self._initial(frame), searches, self._reconstruction(frame).frame)

    def _make_picture(self, frame: str) -> Picture:
        return picture_of(self._reconstruction(frame), self._initial(frame), self._knobs(frame))

    def _answers(self, frame: str, classifier: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        ledger, judged = self._finished.ledger, self._finished.judged[classifier][frame]
        label = judged.answer if judged.label is None else judged.label
        denied = self._finished.denied(classifier, frame)
        asked = [one.without_flips() if one.source in denied else one for one in ledger.asked(classifier, judged)]
        field = ledger.field(classifier, judged)
        queries = collect(self._initial(frame), judged.scores, asked, field)
        bounds = {name: (one.low, one.high) for name, one in self._knobs(frame).items()}
        meta, arrays = answers_of(queries, field, label, bounds)
        if self._finished.facts.classifiers[classifier].reads_recordings:
            meta["unreachable"] = True
        return meta, arrays


def _setting(name: str, is_searched: bool, is_served: bool) -> dict[str, Any]:
    setting = SETTINGS[name]
    is_live = is_served or name != BEFORE_DETECTION
    return {
        "name": name,
        "symbol": setting.symbol,
        "unit": setting.unit,
        "long_name": setting.long_name,
        "kind": setting.kind,
        "neutral": setting.initial,
        "moved": is_searched,
        "live": is_live,
        "why_not": "" if is_live else "needs the echoes themselves, which only the served page has (echoshift explore)",
    }
