"""A lattice next to the bare forward passes of its pictures."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench_parts.timing import entry, in_turns
from probes import PAPER

STEPS = {"beta": {"rate": 0.1}, "alpha_l": {"rate": 1.25}, "alpha_u": {"rate": 1.25}}
"""9 x 9 x 9 points in the paper's box."""


def lattice_and_passes(engine, reconstruction, repeats):
    """Processor time of a whole lattice job after its start: pictures, answers, pieces and result; and of the passes alone.

    On one thread, so that both clocks agree.
    """
    from echoshift.attacks.job import asker, run_search, write_attack
    from echoshift.attacks.pieces import kept, remove_pieces
    from echoshift.attacks.searches.lattice import Settings
    from echoshift.classifiers.openvino_setup import load_openvino
    from echoshift.classifiers.predictors.openvino import Predictor
    from echoshift.reconstruction.cache import read_reconstruction
    from echoshift.reconstruction.resize import to_network_input

    stored, predictor = read_reconstruction(reconstruction), Predictor(engine)
    plan = stored.plan()
    search = Settings(method="lattice", settings=STEPS).search(PAPER)

    def lattice():
        with TemporaryDirectory() as scratch:
            folder = Path(scratch, "F")
            ask = kept(asker(plan, predictor), folder, {"model": predictor.digest})
            ended = run_search(ask, None, search)
            write_attack(folder, None, ended, plan, predictor, {}, classifier="c", attack="a", frame_id="F", fold="all")
            remove_pieces(folder)
        return len(ended[1].queries)

    network = (
        load_openvino()
        .Core()
        .compile_model(
            str(engine), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
        )
    )
    picture = to_network_input(plan.render(PAPER), predictor.input_size)
    ready = picture.astype(np.float32).reshape(tuple(network.input(0).shape))
    request, n_points = network.create_infer_request(), lattice()

    def passes():
        for _ in range(n_points):
            request.infer([ready], share_inputs=True)

    ours, bare = in_turns(lattice, passes, repeats=repeats)
    return entry(f"lattice of {n_points} points", ours, "its forward passes alone", bare)
