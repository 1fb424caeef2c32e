"""Pieces of the lines of a recording, as the network sees them.

A constant gain of the whole recording cancels: each piece is divided by its own root mean square. So does everything else
about the absolute level, and how deep the piece was taken is not told. What is left is how amplitude and spectrum change
along a piece, and their texture. Without compensation the first centimetre of a piece would be all of it: amplitudes fall
by 20 to 30 dB along 8 cm of liver. The same compensation for all recordings leaves the differences between them.
"""

from fractions import Fraction

import numpy as np

from echoshift.classifiers.rf_lines.settings import PieceSettings
from echoshift.errors import EchoShiftError
from echoshift.frame import EnvelopeFrame, RFFrame

FINEST_RATIO = 256
"""Largest denominator of the ratio of two sampling frequencies. A recording is resampled to within 0.4 % or better."""


class Lines:
    """The lines of a recording at one sampling frequency.

    Parameters
    ----------
    frame : RFFrame
        Real samples. The gain that the scanner applied along depth is removed.
    settings : PieceSettings
    sampling_frequency : float
        In hertz. Other recordings are resampled to it.

    Raises
    ------
    EchoShiftError
        If the recording has no RF, or lines that are too short.
    """

    def __init__(self, frame: RFFrame | EnvelopeFrame, settings: PieceSettings, sampling_frequency: float) -> None:
        check_rf(frame)
        lines = frame.samples[settings.line_step // 2 :: settings.line_step].astype(np.float64)
        if frame.applied_gain is not None:
            lines *= 10 ** (-frame.applied_gain / 20)
        self.values = _resampled(lines, frame.sampling_frequency, sampling_frequency)
        if len(self.values) == 0 or self.values.shape[1] < settings.samples:
            found = (
                f"{len(self.values)} lines of {self.values.shape[1]} samples, one of every {settings.line_step} lines"
            )
            raise EchoShiftError(f"samples: found {found}, expected lines of at least {settings.samples}")
        path = np.arange(settings.samples) * frame.sound_speed / sampling_frequency  # there and back, in metres
        self._gain = 10 ** (settings.compensation * 1e-6 * frame.center_frequency * 100 * path / 20)
        self._settings = settings

    def all_pieces(self) -> np.ndarray:
        """The pieces that a frame is judged by, float32 (piece, sample): line by line, one every `step` samples."""
        n_lines, n_samples = self.values.shape
        starts = np.arange(0, n_samples - self._settings.samples + 1, self._settings.step)
        return self._at(np.repeat(np.arange(n_lines), len(starts)), np.tile(starts, n_lines))

    def drawn_pieces(self, number: int, draws: np.random.Generator) -> np.ndarray:
        """So many pieces at random places, float32 (piece, sample)."""
        n_lines, n_samples = self.values.shape
        line = draws.integers(0, n_lines, number)
        return self._at(line, draws.integers(0, n_samples - self._settings.samples + 1, number))

    def _at(self, line: np.ndarray, start: np.ndarray) -> np.ndarray:
        pieces = self.values[line[:, None], start[:, None] + np.arange(self._settings.samples)]
        pieces = (pieces - pieces.mean(axis=1, keepdims=True)) * self._gain
        size = np.sqrt((pieces**2).mean(axis=1, keepdims=True))
        return np.divide(pieces, size, out=np.zeros_like(pieces), where=size > 0).astype(np.float32)


def check_rf(frame: RFFrame | EnvelopeFrame) -> None:
    """Refuse a recording whose lines are detected or complex: they do not have the spectrum of RF."""
    if isinstance(frame, RFFrame) and not frame.is_iq:
        return
    found = "complex samples" if isinstance(frame, RFFrame) else "lines after detection"
    raise EchoShiftError(f"samples: found {found}, expected RF (real samples) for a classifier of RF lines")


def _resampled(lines: np.ndarray, own: float, wanted: float) -> np.ndarray:
    ratio = Fraction(wanted / own).limit_denominator(FINEST_RATIO)
    if ratio == 1:
        return lines
    from scipy.signal import resample_poly

    return resample_poly(lines, ratio.numerator, ratio.denominator, axis=1)
