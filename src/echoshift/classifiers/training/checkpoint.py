"""A training's complete state in one file, so that a killed training goes on as if nothing had happened."""

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Any
from zipfile import BadZipFile

import numpy as np

from echoshift.storage.files import written_whole

NAME = "checkpoint.npz"
State = tuple[dict[str, Any], dict[str, list[np.ndarray]]]
"""Numbers and arrays."""


class Phase:
    """One call of Keras's `fit`: what it has done so far, and how to go on from there.

    Parameters
    ----------
    name : str
    model : keras.Model
        Compiled.
    stop : keras.callbacks.EarlyStopping
        With `restore_best_weights`.
    last : bool
        Whether no phase follows.

    Attributes
    ----------
    rows : list of dict
        The history, one row for each finished epoch.
    over : bool
        Whether the last of these epochs ended the phase.
    """

    def __init__(self, name: str, model: Any, stop: Any, last: bool) -> None:
        self.name, self.model, self.stop, self.last = name, model, stop, last
        self.rows: list[dict[str, Any]] = []
        self.over = False
        self._saved: State | None = None

    def state(self) -> State:
        """Numbers and arrays from which `resume` and `restore` go on. Frozen weights are left out."""
        best = self.stop.best_weights
        numbers = {
            "rows": self.rows,
            "over": self.over,
            "stop": {name: getattr(self.stop, name) for name in ("wait", "best", "best_epoch", "stopped_epoch")},
        }
        arrays = {
            "variables": [variable.numpy() for variable in self._moving()],
            "optimizer": [variable.numpy() for variable in self.model.optimizer.variables],
            "best": [best[index] for index in self._trainable()],
        }
        return numbers, arrays

    def resume(self, numbers: dict[str, Any], arrays: dict[str, list[np.ndarray]]) -> None:
        """Take over a state: the history now, the arrays when `fit` calls `restore`."""
        self.rows, self.over = list(numbers["rows"]), numbers["over"]
        self._saved = numbers, arrays

    def restore(self) -> None:
        """Put the arrays and the memory of early stopping back. For the beginning of `fit`, after that of `stop`."""
        if self._saved is None:
            return
        numbers, arrays = self._saved
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)  # has no effect if it is built
        for variables, values in ((self._moving(), "variables"), (optimizer.variables, "optimizer")):
            for variable, value in zip(variables, arrays[values], strict=True):
                variable.assign(value)
        for name, value in numbers["stop"].items():
            setattr(self.stop, name, value)
        self.stop.best_weights = self.model.get_weights()
        for index, value in zip(self._trainable(), arrays["best"], strict=True):
            self.stop.best_weights[index] = value
        self._saved = None

    def _moving(self) -> list[Any]:
        """Variables that training changes: trainable weights, and the states of random generators (dropout)."""
        weights = {id(weight) for weight in self.model.weights}
        generators = [variable for variable in self.model.variables if id(variable) not in weights]
        return [*self.model.trainable_variables, *generators]

    def _trainable(self) -> list[int]:
        trainable = {id(weight) for weight in self.model.trainable_weights}
        return [index for index, weight in enumerate(self.model.weights) if id(weight) in trainable]


class Checkpoint:
    """The file of a training. It is written at the end of an epoch, at most every so many seconds.

    Parameters
    ----------
    path : path
    identity : callable
        Returns all that determines the training, as JSON values. A file of another training is ignored.
    every : float
        Seconds.
    """

    def __init__(self, path: str | Path, identity: Callable[[], Any], every: float) -> None:
        self.path, self.every = Path(path), every
        self._get_identity = identity
        self._written = monotonic()
        self._finished: dict[str, State] = {}

    @cached_property
    def _identity(self) -> str:
        return json.dumps(self._get_identity(), sort_keys=True)

    def read(self, phase: Phase) -> bool:
        """Let a phase go on from the file, if the file is whole, of this training and has this phase."""
        try:
            with np.load(self.path, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                if about["identity"] != self._identity or phase.name not in about["phases"]:
                    return False
                numbers = about["phases"][phase.name]
                arrays = {
                    part: [file[f"{phase.name}/{part}/{index}"] for index in range(n)]
                    for part, n in numbers.pop("arrays").items()
                }
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return False
        phase.resume(numbers, arrays)
        if phase.over:
            self._finished[phase.name] = numbers, arrays
        return True

    def epoch_ended(self, phase: Phase) -> None:
        """Write the file if the last one is old enough. A finished phase is kept for the files of the next one."""
        due = monotonic() - self._written >= self.every
        keep = phase.over and not phase.last
        if not due and not keep:
            return
        numbers, arrays = phase.state()
        if due:
            self._write({**self._finished, phase.name: (numbers, arrays)})
            self._written = monotonic()
        if keep:
            kept = {part: [np.array(value) for value in values] for part, values in arrays.items()}
            self._finished[phase.name] = json.loads(json.dumps(numbers)), kept

    def _write(self, phases: dict[str, State]) -> None:
        about: dict[str, Any] = {"identity": self._identity, "phases": {}}
        named = {}
        for name, (numbers, arrays) in phases.items():
            counts = {part: len(values) for part, values in arrays.items()}
            about["phases"][name] = {**numbers, "arrays": counts}
            for part, values in arrays.items():
                named |= {f"{name}/{part}/{index}": value for index, value in enumerate(values)}
        with written_whole(self.path) as draft, draft.open("wb") as file:
            np.savez(file, about=np.array(json.dumps(about)), **named)

    def remove(self) -> None:
        """Remove the file: the training is finished."""
        self.path.unlink(missing_ok=True)
