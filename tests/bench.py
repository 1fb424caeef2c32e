"""`make bench`: compare EchoShift with its peers side by side, on one thread; writes results/bench.json.

Needs a finished study (uses its first fold's model and first frame). Reports medians and quartiles after a warm-up: 50
repeats for millisecond tasks, 5 for whole processes. `--quick` is a smoke test: small frames, no study, few repeats.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from bench_parts.timing import entry, in_turns, machine, one_thread

RESULTS = Path("results")


def share_of_a_query(engine, reconstruction, repeats):
    from echoshift import ReconstructionPlan
    from echoshift.classifiers.predictors.openvino import Predictor
    from echoshift.reconstruction.cache import read_reconstruction
    from echoshift.reconstruction.resize import to_network_input
    from probes import PAPER

    stored = read_reconstruction(reconstruction)
    plan = ReconstructionPlan(stored.frame, grid=stored.grid)
    predictor = Predictor(engine)
    size = predictor.input_size
    part, whole = in_turns(
        lambda: to_network_input(plan.render(PAPER), size),
        lambda: predictor.scores(plan.render_many([PAPER])),
        repeats=repeats,
        clock=time.perf_counter,  # the predictor starts its own threads
    )
    return entry("render + resize of one query", part, "render + resize + predict", whole)


def study():
    """Engine and reconstruction for the benchmarks with a predictor."""
    engines = sorted(RESULTS.glob("classifiers/*/folds/*/engine.xml"))
    reconstructions = sorted(RESULTS.glob("reconstructions/*"))
    if not engines or not reconstructions:
        sys.exit("bench: found no finished study in results/, expected one: make run")
    return engines[0], reconstructions[0]


def show(measured):
    from rich.console import Console
    from rich.table import Table

    table = Table("ratio", "ours, ms (quartiles)", "peer, ms (quartiles)", "what", "peer", title="peer / ours")
    for one in measured:
        cells = [
            f"{1e3 * one[median]:.2f} ({1e3 * one[quartiles][0]:.2f}-{1e3 * one[quartiles][1]:.2f})"
            for median, quartiles in (("seconds", "quartiles"), ("peer_seconds", "peer_quartiles"))
        ]
        table.add_row(f"{one['ratio']:.2f}", *cells, one["name"], one["peer"])
    Console().print(table)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smoke test: only queries, small frames, few repeats")
    parser.add_argument("--output", type=Path, default=RESULTS / "bench.json")
    arguments = parser.parse_args()

    import cv2

    from bench_parts.lattices import lattice_and_passes
    from bench_parts.pictures import one_query_of_a_picture
    from bench_parts.queries import one_query
    from bench_parts.starts import first_image, first_logit, first_logit_of_a_given_model
    from echoshift.storage.files import write_json

    cv2.setNumThreads(1)
    if arguments.quick:
        measured = one_query(64, 512, (128, 128), repeats=3) + one_query_of_a_picture(64, 512, (128, 128), repeats=3)
    else:
        engine, reconstruction = study()
        measured = one_query(256, 2048, (512, 512), repeats=50) + one_query_of_a_picture(
            256, 2048, (512, 512), repeats=50
        )
        measured.append(first_image(256, 2048, repeats=5))
        measured.append(share_of_a_query(engine, reconstruction, repeats=50))
        measured.append(first_logit(engine, reconstruction, repeats=5))
        measured.append(first_logit_of_a_given_model(engine, reconstruction, repeats=9))
        measured.append(lattice_and_passes(engine, reconstruction, repeats=3))
    write_json(arguments.output, {"machine": machine(), "measured": measured})
    show(measured)


if __name__ == "__main__":
    environment = one_thread(os.environ)
    if environment != dict(os.environ):  # libraries read it when loaded
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)
    os.environ["KERAS_BACKEND"] = "numpy"  # for zea in this process
    main()
