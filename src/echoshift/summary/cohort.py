"""What the frames of a study are: words for captions, and what was assumed about them for tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from echoshift.validation import Finite, Strict

ASSUMED = "assumed"
"""Column of every table of a study in which something was assumed about pictures."""


class Cohort(Strict):
    """The frames of a study.

    Attributes
    ----------
    simulated : bool
        Whether any is simulated.
    n_frames, n_pictures, n_grey_lines : int
        All frames, those that are B-mode pictures, and those that are lines of grey levels.
    assumed : dict
        Dynamic range in decibels, by frame, where nobody knows the real one.
    """

    simulated: bool
    n_frames: int
    n_pictures: int = 0
    n_grey_lines: int = 0
    assumed: dict[str, Finite] = Field(default_factory=dict)

    @property
    def words(self) -> str:
        """Name of the frames, such as `simulated RF frames` or `B-mode pictures (dynamic range assumed: 60 dB)`."""
        echoes = "simulated RF frames" if self.simulated else "RF frames"
        counts = {
            echoes: self.n_frames - self.n_pictures - self.n_grey_lines,
            "B-mode pictures": self.n_pictures,
            "lines of grey levels": self.n_grey_lines,
        }
        return " and ".join(kind for kind, n in counts.items() if n) + (
            f" ({self.assumed_words})" if self.assumed else ""
        )

    @property
    def assumed_words(self) -> str:
        """What was assumed, in a few words; empty if nothing was."""
        if not self.assumed:
            return ""
        ranges = sorted({f"{value:g} dB" for value in self.assumed.values()})
        some = "" if len(self.assumed) == self.n_frames else f" for {len(self.assumed)} of {self.n_frames} frames"
        return f"dynamic range assumed{some}: {', '.join(ranges)}"

    def marked(
        self, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]
    ) -> tuple[Sequence[str], Iterable[Mapping[str, Any]]]:
        """A table with a column `assumed`, if anything was: of the row's frame, or of the study in a table without frames."""
        if not self.assumed:
            return columns, rows
        return (*columns, ASSUMED), ({**row, ASSUMED: self._of(row)} for row in rows)

    def _of(self, row: Mapping[str, Any]) -> str | None:
        if "frame_id" not in row:
            return self.assumed_words
        value = self.assumed.get(row["frame_id"])
        return None if value is None else f"dynamic range {value:g} dB"
