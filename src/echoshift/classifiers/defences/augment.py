"""Augmentation: training sees each recording at further settings."""

import hashlib
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from echoshift.classifiers.defences.settings import DefenceSettings
from echoshift.settings import DECIMALS, SETTINGS, Bounds, SettingName, nearest
from echoshift.validation import Finite, Strict

if TYPE_CHECKING:
    import numpy as np


class AugmentSettings(DefenceSettings):
    """Training sees copies of each recording at settings drawn from a box."""

    in_training: ClassVar = True

    defence: Literal["augment"]
    copies: int = Field(16, ge=2, le=1024, description="copies of each recording, the first at its initial settings")
    seed: int = Field(1, ge=0, description="determines the copies of each recording, together with its name")
    settings: dict[SettingName, Bounds] | None = Field(
        None,
        min_length=1,
        description="bounds of the settings that are drawn, as those of an attack; default: the box of all attacks together",
    )


Settings = AugmentSettings


class CopiedBox(Strict):
    """Settings from which the copies of one recording are drawn.

    Attributes
    ----------
    initial : dict
        Its settings, of an image of unknown origin those that are assumed.
    low, high : dict
        Bounds of those that are drawn.
    """

    initial: dict[str, Finite]
    low: dict[str, Finite]
    high: dict[str, Finite]


def drawn(box: CopiedBox, n: int, seed: int, name: str) -> list[dict[str, float]]:
    """Settings of the copies of one recording: its initial ones, then n - 1 of a scrambled Sobol sequence.

    The scrambling depends on the seed and the recording's name alone, so its copies do not depend on other recordings.
    """
    import numpy as np
    from scipy.stats import qmc

    if not box.low or n == 1:
        return [box.initial] * n
    draws = np.random.default_rng(int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big"))
    places = qmc.Sobol(len(box.low), rng=draws).random_base2((n - 1).bit_length())[: n - 1]
    copies = [box.initial]
    for place in places:
        moved = {
            axis: round(nearest(SETTINGS[axis].kind, low + share * (box.high[axis] - low)), DECIMALS)
            for (axis, low), share in zip(box.low.items(), place.tolist(), strict=True)
        }
        copies.append({**box.initial, **moved})
    return copies


def one_copy(settings: AugmentSettings) -> AugmentSettings:
    """The same with one drawn copy, which follows that at the initial settings."""
    return settings.model_copy(update={"copies": 2})


def copies_of(path: str, box: CopiedBox, settings: AugmentSettings, name: str) -> "np.ndarray":
    """Copies of one training item: the picture that it has anyway, then those at drawn settings.

    Parameters
    ----------
    path : str
        Folder of a reconstruction, which is rendered with its plan, or the file of an image. The grey levels of an image are
        moved as those of a picture with the window in `box.initial`; outside its sector it stays as it is.
    box : CopiedBox
    settings : AugmentSettings
    name : str
        The item's name.

    Returns
    -------
    ndarray of uint8, (copy, z, x)
    """
    from pathlib import Path

    import numpy as np

    points = drawn(box, settings.copies, settings.seed, name)[1:]
    if Path(path).is_dir():
        from echoshift.reconstruction.cache import read_reconstruction

        stored = read_reconstruction(path)
        return np.concatenate([stored.image[None], stored.plan().render_many(points)])
    from echoshift.bmode import BModeFrame, Window
    from echoshift.errors import EchoShiftError
    from echoshift.formats.images import read_picture
    from echoshift.formats.images.sector import find_sector
    from echoshift.reconstruction.bmode_plan import BModePlan

    picture = read_picture(path)
    try:
        sector = find_sector(picture.image, picture.is_lossy)
    except EchoShiftError as error:
        raise EchoShiftError(f"{path}: {error}") from None
    window = Window(alpha_l=box.initial["alpha_l"], alpha_u=box.initial["alpha_u"])
    plan = BModePlan(BModeFrame(image=picture.image, sector=sector, window=window, keep_outside=True))
    return np.concatenate([picture.image[None], plan.render_many(points)])
