"""Print a Markdown table of the chain's differences from plain float64 by probe (`python tests/reconstruction/exactness.py`)."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from chain import chain, differences  # noqa: E402
from echoshift import ReconstructionPlan  # noqa: E402
from probes import CASES, PAPER, PROBES  # noqa: E402

SHAPE = (384, 384)

if __name__ == "__main__":
    print(
        f"| probe ({len(CASES)} settings each, {SHAPE[0]} x {SHAPE[1]}) | largest difference | pixels that differ, of 10,000 |"
    )
    print("|---|---|---|")
    for name, make in PROBES.items():
        frame = make()
        plan = ReconstructionPlan(frame, SHAPE)
        found = [differences(plan.render(PAPER | case), *chain(frame, SHAPE, PAPER | case)) for case in CASES.values()]
        largest, shares = max(one for one, _ in found), [share for _, share in found]
        print(
            f"| {name} | {largest} | mean {1e4 * sum(shares) / len(shares):.2f}, most {1e4 * max(shares):.2f} |",
            flush=True,
        )
