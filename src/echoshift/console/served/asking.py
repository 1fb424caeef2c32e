"""Exact answers for the served page: open plans and predictors that are asked anew at each point."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from echoshift.classifiers.answers import checked_scores, logits, scores_of_logits
from echoshift.classifiers.predictors import Predicts, for_frame, for_recording, open_predictor, reads_recordings
from echoshift.classifiers.predictors.settings import ENGINES, EXTERNAL, PredictorSettings
from echoshift.console.content import Content
from echoshift.console.pictures import on_page
from echoshift.console.served.kept import Kept
from echoshift.console.served.questions import PictureQuestion, Point, Refused, ScoresQuestion
from echoshift.errors import EchoShiftError
from echoshift.jobs.asking import AT_ONCE
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.reconstruction.plans import Plan, plan_of

PLANS_KEPT = 8
"""Number of frames whose plans stay open: about 20 MB each at 512 x 512 pixels."""
MODELS_KEPT = 8
"""Number of models that stay open: about 60 MB each of the default classifier."""


@dataclass(frozen=True)
class _Opened:
    """A predictor, and the lock of whoever asks it: an engine answers one question at a time."""

    predictor: Predicts
    lock: Any = field(default_factory=Lock)


@dataclass(frozen=True)
class _Plans:
    """Plans of a frame: on the study's grid, of which the classifier is asked, and on the page's, which may be coarser."""

    asked: Plan
    shown: Plan


class Asking:
    """Answers questions about the frames of a page. Several threads may ask at once.

    Parameters
    ----------
    content : Content
        Of the page. Files are read when they are first needed.
    allow_external : bool
        Whether functions and servers are asked.
    """

    def __init__(self, content: Content, allow_external: bool) -> None:
        self._content, self._allow_external = content, allow_external
        self._frames = {frame["id"]: frame for frame in content.study["frames"]}
        self._engines = {entry["name"]: entry["engine"] for entry in content.study["classifiers"]}
        self._plans = Kept(self._open_plans, PLANS_KEPT)
        self._models = Kept(self._open_model, MODELS_KEPT)

    def scores(self, question: ScoresQuestion) -> np.ndarray:
        """Scores at each point, float64 (point, class), to the last bit those of the study: of two classes 0 and the logit.

        Raises
        ------
        Refused
            One line, if the question cannot be answered.
        """
        frame = self._frame(question.frame)
        self._check(question.classifier)
        plan = self._plans[question.frame].asked
        opened = self._models[question.classifier, self._content.model(question.frame, question.classifier)]
        recording = self._content.path_of(question.frame) if reads_recordings(opened.predictor) else None
        predictor = for_recording(opened.predictor, recording)
        found = []
        for start in range(0, len(question.settings), AT_ONCE):
            pictures = _rendered(plan, frame["initial"], question.settings[start : start + AT_ONCE])
            try:
                with opened.lock:
                    found.append(checked_scores(for_frame(predictor, plan).scores(pictures), len(pictures)))
            except EchoShiftError as error:
                line = f"classifier {question.classifier}: found no answer, expected scores; the terminal says why"
                raise Refused(502, line, error) from None
        scores = np.concatenate(found)
        return scores_of_logits(logits(scores)[:, 0]) if scores.shape[1] == 2 else scores

    def picture(self, question: PictureQuestion) -> np.ndarray:
        """The picture at a point on the page's grid, uint8 (z, x). Raises `Refused` as `scores` does."""
        frame = self._frame(question.frame)
        return _rendered(self._plans[question.frame].shown, frame["initial"], [question.settings])[0]

    def _frame(self, shown: str) -> dict[str, Any]:
        if shown not in self._frames:
            raise Refused(404, f"frame: found {shown[:40]!r}, expected one of this page")
        return self._frames[shown]

    def _check(self, classifier: str) -> None:
        if classifier not in self._engines:
            raise Refused(404, f"classifier: found {classifier[:40]!r}, expected one of {', '.join(self._engines)}")
        engine = self._engines[classifier]
        if engine in EXTERNAL and not self._allow_external:
            words = ENGINES[engine].words
            raise Refused(
                403, f"classifier {classifier}: found one that asks {words}, expected explore --allow-external"
            )

    def _open_plans(self, shown: str) -> _Plans:
        try:
            found = read_reconstruction(self._content.recording(shown))
        except (EchoShiftError, OSError) as error:
            line = (
                f"frame {shown}: found no readable reconstruction, expected one in the results; the terminal says why"
            )
            raise Refused(410, line, error) from None
        frame, grid = on_page(found)
        asked = found.plan()
        return _Plans(asked, asked if frame is found.frame and grid is found.grid else plan_of(frame, grid=grid))

    def _open_model(self, key: tuple[str, Path]) -> _Opened:
        (classifier, folder), engine = key, self._engines[key[0]]
        # As the flips are confirmed: a GPU is left to attacks.
        settings = PredictorSettings(engine=engine, device="cpu" if engine == "tensorflow" else None)
        try:
            return _Opened(open_predictor(settings, folder))
        except (EchoShiftError, OSError) as error:
            line = f"classifier {classifier}: found none that can be asked, expected its model; the terminal says why"
            raise Refused(503, line, error) from None


def _rendered(plan: Plan, initial: Point, points: Sequence[Point]) -> np.ndarray:
    """Pictures at some points, uint8 (point, z, x). Settings that a point leaves out are the frame's own."""
    try:
        return plan.render_many([{**initial, **point} for point in points])
    except EchoShiftError as error:
        raise Refused(422, str(error)) from None
