"""Pictures that training sees of an item: its copies, as the defences prepare them."""

from collections.abc import Mapping, Sequence

import numpy as np

from echoshift.classifiers.defences.augment import AugmentSettings, CopiedBox, copies_of
from echoshift.classifiers.defences.prepared import prepared
from echoshift.classifiers.defences.settings import DefenceSettings, of_pictures
from echoshift.formats.images import read_image
from echoshift.validation import checked


def pictures_for_training(
    item: Mapping[str, str], defences: Sequence[DefenceSettings], table: str
) -> tuple[str, np.ndarray, np.ndarray]:
    """An item's name, its image, uint8 (z, x), and the pictures that training sees of it, uint8 (copy, z, x).

    Parameters
    ----------
    item : mapping
        `item_id`, `path`, and `box`: a `CopiedBox` as JSON, which `augment` needs.
    defences : sequence of DefenceSettings
        Those in training.
    table : str
        Where the item is listed, for messages.
    """
    name = item["item_id"]
    copies = None
    for one in defences:
        if isinstance(one, AugmentSettings):
            box = checked(CopiedBox, item["box"], f"{table}: item {name}: box")
            copies = copies_of(item["path"], box, one, name)
    if copies is None:
        copies = read_image(item["path"])[None]
    acting = of_pictures(defences)
    return name, copies[0], np.concatenate([prepared(copy, acting) for copy in copies])
