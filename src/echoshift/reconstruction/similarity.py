"""How similar a reconstruction is to the picture at the initial settings."""

from dataclasses import asdict, dataclass

import numpy as np

BLACK, WHITE = 0, 255
WINDOW = 11
"""Pixels along each side of the Gaussian window."""


@dataclass(frozen=True)
class Resemblance:
    """A picture beside the initial one. All numbers are about the pixels inside the sector.

    Attributes
    ----------
    ssim : float
        Mean structural similarity (Wang et al., IEEE Trans Image Process 2004;13:600, with their Gaussian window).
    grey_difference : float
        Mean absolute difference, in grey levels.
    initial_black, initial_white, black, white : float
        Shares of pixels at 0 and at 255, in the initial picture and in this one.
    """

    ssim: float
    grey_difference: float
    initial_black: float
    initial_white: float
    black: float
    white: float

    def to_json(self) -> dict[str, float]:
        """All numbers by name."""
        return asdict(self)


def ssim(initial: np.ndarray, picture: np.ndarray, sector: np.ndarray) -> float:
    """Mean structural similarity of two uint8 pictures (z, x) over the pixels of a mask (z, x)."""
    from skimage.metrics import structural_similarity  # half a second, and most attacks do not need it

    rows, columns = np.flatnonzero(sector.any(axis=1)), np.flatnonzero(sector.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    # A sector smaller than the window gets black margins.
    margins = [(0, max(0, WINDOW - size)) for size in initial[box].shape]
    padded = (np.pad(one[box], margins) for one in (initial, picture))
    _, of_pixel = structural_similarity(*padded, full=True, **window)
    return float(of_pixel[np.pad(sector[box], margins)].mean())


def resemblance(initial: np.ndarray, picture: np.ndarray, sector: np.ndarray) -> Resemblance:
    """Compare a picture with the initial one; both uint8 (z, x), with the sector's mask (z, x)."""
    before, after = initial[sector], picture[sector]
    return Resemblance(
        ssim=ssim(initial, picture, sector),
        grey_difference=float(np.abs(after.astype(np.int16) - before).mean()),
        initial_black=float(np.mean(before == BLACK)),
        initial_white=float(np.mean(before == WHITE)),
        black=float(np.mean(after == BLACK)),
        white=float(np.mean(after == WHITE)),
    )
