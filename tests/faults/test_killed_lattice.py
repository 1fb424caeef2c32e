"""Snakemake and `make resume` leave the pieces of a killed lattice alone, and the next job uses them."""

import time

import numpy as np
import xarray as xr

from echoshift.attacks.pieces import pieces_folder, write_piece
from echoshift.attacks.trajectory import FIELD


def test_a_killed_lattice_goes_on_where_it_was(disturbed):
    row = disturbed.rows("selected.csv")[0]
    disturbed.edit_config(lambda config: config["attacks"].update(bound={"method": "lattice"}))
    result = disturbed.results / "attacks" / row["classifier"] / "bound" / row["frame"]
    target = (result / "finished.json").relative_to(disturbed.folder)
    disturbed.start(target)
    (job,) = disturbed.wait_for_jobs("attack")
    while len(pieces(result)) < 3:
        time.sleep(0.01)
    job.process.kill()
    assert disturbed.process.wait() != 0
    largest = max(pieces(result), key=lambda path: path.stat().st_size)
    marked = np.tile([0.0, 1234.5], ((largest.stat().st_size - 32) // 16, 1))
    write_piece(largest, marked)  # shows in the field that the piece was used
    disturbed.resume(target)
    assert (xr.open_zarr(result / FIELD).logit == 1234.5).sum() == len(marked)
    assert not pieces_folder(result).exists()


def pieces(result):
    return sorted(pieces_folder(result).glob("*/*.scores"))
