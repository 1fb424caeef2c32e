"""The benchmark runs, and fails if a peer renders a different image."""

import json
import subprocess
import sys

import pytest

from common import ROOT, needs_installed


def test_bench_runs_and_writes_its_ratios(tmp_path):
    for package in ("zea", "itk", "cv2"):
        needs_installed(package)
    command = [sys.executable, "tests/bench.py", "--quick", "--output", tmp_path / "bench.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "bench.json").read_text())
    assert len(written["measured"]) == 8 and set(written["machine"]["threads"]) == {1}
    for one in written["measured"]:
        low, high = one["quartiles"]
        assert 0 < low <= one["seconds"] <= high
        assert one["ratio"] == pytest.approx(one["peer_seconds"] / one["seconds"])


def test_a_peer_that_renders_another_image_voids_the_comparison():
    needs_installed("itk")
    code = (
        "import numpy as np; from bench_parts.queries import disagreement; image = np.full((20, 20), 90);"
        "disagreement(image + 2, image, np.ones((20, 20), bool), 'a peer')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tests", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "a peer renders a different image: found 100.00% of the pixels different by up to 2 levels" in done.stderr
