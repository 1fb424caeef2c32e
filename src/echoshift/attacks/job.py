"""Attack one frame: from a cached reconstruction and a model to a result folder."""

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from echoshift.attacks.objective import Accepts, Objective, Query
from echoshift.attacks.pieces import kept, remove_pieces
from echoshift.attacks.prior import read_prior
from echoshift.attacks.searches import SEARCHES
from echoshift.attacks.settings import Search, is_exhaustive
from echoshift.attacks.trajectory import FIELD, RECORD, TRAJECTORY, write_result
from echoshift.classifiers.predictors import Predicts, for_frame, for_recording, reads_recordings
from echoshift.classifiers.predictors.settings import ENGINES
from echoshift.errors import EchoShiftError
from echoshift.jobs.asking import Ask
from echoshift.jobs.frame_job import FrameJob
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.reconstruction.plans import Plan
from echoshift.reconstruction.similarity import ssim
from echoshift.records.provenance import package_versions, provenance
from echoshift.storage.files import sha256_of_file


class AttackJob(FrameJob):
    """One frame to attack.

    Attributes
    ----------
    attack : str
        Name of the attack.
    search : Search
    start : str or None
        Folder of the finished attack whose queries the search starts from.
    """

    attack: str
    search: Search
    start: str | None = None

    @property
    def stores(self) -> tuple[str, ...]:
        """Names of the zarr stores in a finished result."""
        return (TRAJECTORY, FIELD) if is_exhaustive(self.search.method) else (TRAJECTORY,)

    @property
    def asked(self) -> dict[str, Any]:
        """Fields of the record that say what was asked, as JSON values."""
        return {"attack": self.attack, "search": self.search.model_dump(mode="json")}

    @property
    def other_inputs(self) -> dict[str, str]:
        """Digests of what the result is made from besides reconstruction and model, by role.

        `start` is that of the record of the attack that it starts from.
        """
        return {**super().other_inputs, **({"start": sha256_of_file(Path(self.start, RECORD))} if self.start else {})}


def run_attack(job: AttackJob, predictor: Predicts, code: str) -> None:
    """Attack one frame with the predictor of `job.model` and write its folder atomically.

    Writes `trajectory.zarr`, `record.json` and `code.sha256`, the digest of the rule's source code. They do not depend
    on other frames of the process. An exhaustive search also has `field.zarr`, and goes on where a killed job was.
    """
    stored = read_reconstruction(job.reconstruction)
    plan = stored.plan()
    try:
        predictor = for_recording(predictor, job.recording and job.recording.path)
        ask = asker(plan, predictor)
        if is_exhaustive(job.search.method):
            ask = kept(ask, job.folder, _what_scores_depend_on(job.search, stored.digest, predictor, code))
        prior = read_prior(job.start, job.search) if job.start else ()
        ended = search_frame(plan, predictor, job.label, job.search, prior, ask)
    except EchoShiftError as error:
        raise EchoShiftError(f"frame {job.frame}, classifier {job.classifier}, attack {job.attack}: {error}") from None
    names = {"classifier": job.classifier, "attack": job.attack, "frame_id": job.frame, "fold": job.fold}
    write_attack(
        job.folder,
        job.label,
        ended,
        plan,
        predictor,
        {"reconstruction": stored.digest, **job.other_inputs},
        code,
        **names,
    )
    if is_exhaustive(job.search.method):
        remove_pieces(job.folder)


def _what_scores_depend_on(search: Search, reconstruction: str, predictor: Predicts, code: str) -> dict[str, str]:
    return {
        "search": search.model_dump_json(),
        "reconstruction": reconstruction,
        "model": predictor.digest,
        "predictor": json.dumps(predictor.describe()),
        "packages": json.dumps(package_versions(_packages(predictor))),
        "code": code,
    }


def _packages(predictor: Predicts) -> tuple[str, ...]:
    """Distributions whose versions affect a result."""
    return ("numpy", *predictor.packages, "opencv-python-headless", "xarray", "zarr")


def asker(plan: Plan, predictor: Predicts) -> Ask:
    """Combine a plan and a predictor into a function from a batch of settings to scores."""
    told = for_frame(predictor, plan)
    return lambda settings: told.scores(plan.render_many(settings))


def search_frame(
    plan: Plan,
    predictor: Predicts,
    label: int | None,
    search: Search,
    prior: Sequence[Query] = (),
    ask: Ask | None = None,
) -> tuple[str, Objective]:
    """Run one search on a frame and a predictor: see `run_search`. By default it asks the predictor itself.

    A predictor that reads the recording is asked once: see `ask_once`.
    """
    tolerance = ENGINES[predictor.describe()["engine"]].tolerance
    ask = ask or asker(plan, predictor)
    if reads_recordings(predictor):
        return ask_once(ask, label, search, tolerance)
    return run_search(ask, label, search, tolerance, acceptance(plan, search), prior)


def ask_once(ask: Ask, label: int | None, search: Search, tolerance: float) -> tuple[str, Objective]:
    """Ask at the initial settings alone: those of a search cannot reach the classifier. The outcome is `unreachable`."""
    objective = Objective(ask, label, search, tolerance)
    objective.stand(objective.start())
    return "unreachable", objective


def acceptance(plan: Plan, search: Search) -> Accepts | None:
    """What judges the pictures of wrong answers; None if the search has no limit."""
    if search.accept is None:
        return None
    limits = search.accept
    initial = plan.render({**search.fixed, **{axis.name: axis.initial for axis in search.axes}})

    def accepts(settings: Mapping[str, float]) -> bool:
        if limits.unknown is not None and plan.unknown([settings])[0] > limits.unknown:
            return False
        return limits.ssim is None or ssim(initial, plan.render(settings), plan.sector) >= limits.ssim

    return accepts


def run_search(
    ask: Ask,
    label: int | None,
    search: Search,
    tolerance: float = 0.0,
    accepts: Accepts | None = None,
    prior: Sequence[Query] = (),
) -> tuple[str, Objective]:
    """Run one search, importing the module of its method by name.

    Without a label, the answer for the initial image is used as the label. `tolerance`, `accepts` and `prior` are
    those of `Objective`.

    Returns
    -------
    outcome : str
        `flipped`, `at_bounds`, `stalled` or `exhausted`.
    objective : Objective
        Contains the queries and iterations.
    """
    objective = Objective(ask, label, search, tolerance, accepts, prior)
    outcome = import_module(SEARCHES[search.method]).search(objective)
    # A search that went on after its first flip says how it ended.
    return "flipped" if objective.has_arrived else outcome, objective


def write_attack(
    folder: str | Path,
    label: int | None,
    ended: tuple[str, Objective],
    plan: Plan,
    predictor: Predicts,
    inputs: Mapping[str, str],
    code: str | None = None,
    **about: Any,
) -> dict[str, Any]:
    """Write the result folder of a finished search atomically.

    Parameters
    ----------
    folder : path
        Receives `trajectory.zarr` and `record.json`, `code.sha256` if `code` is given, and `field.zarr` of an exhaustive
        search.
    label : int or None
        Label passed to the search, as in `AttackJob`.
    ended : (str, Objective)
        Result of `run_search`.
    plan : Plan
    predictor : Predicts
    inputs : mapping
        Digests of the inputs of the plan. The model's digest is added.
    code : str, optional
        Digest of the source code. Stored beside the record, because an edited comment must not change a record.
    **about
        Further JSON values that identify the run.

    Returns
    -------
    dict
        The record. `label_source` is `sheet` for a given label, `answer` for the classifier's answer.
    """
    outcome, objective = ended
    told = provenance(
        **about,
        label=objective.label,
        label_source="answer" if label is None else "sheet",
        predictor=predictor.describe(),
        inputs={**inputs, "model": predictor.digest},
        packages=_packages(predictor),
    )
    field = None
    if is_exhaustive(objective.search.method) and not reads_recordings(predictor):
        field = import_module(SEARCHES[objective.search.method]).field(objective)
    return write_result(folder, outcome, objective, plan, told, code, field)
