"""The notebook of the documentation, and what its page of Python shows, on the tiny study."""

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest

from common import ROOT, needs

sys.path.insert(0, str(ROOT / "docs"))

NOTEBOOK = json.loads((ROOT / "docs/notebook.ipynb").read_text())


def code(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def pictures(notebook):
    return [output for cell in code(notebook) for output in cell["outputs"] if "image/png" in output.get("data", {})]


def test_the_committed_outputs_are_those_of_one_run_and_name_no_machine():
    assert [cell["execution_count"] for cell in code(NOTEBOOK)] == [1, 2, 3, 4]
    assert len(pictures(NOTEBOOK)) == 3
    assert not [output for cell in code(NOTEBOOK) for output in cell["outputs"] if output["output_type"] == "stream"]
    words = re.sub(r'"image/png": "[^"]*"', "", json.dumps(NOTEBOOK))
    assert not re.search(r"/(tmp|work|home|root|usr)\b", words)
    assert "9 of 23" not in words  # what comes out stands in the outputs alone
    assert set(NOTEBOOK["metadata"]) == {"kernelspec", "language_info"}


def test_the_notebook_runs_on_any_finished_study(finished):
    needs("nbclient")
    needs("ipykernel")
    from run_notebook import run

    ran = run(finished.results)
    assert len(pictures(ran)) == 3
    assert not [
        output for cell in code(ran) for output in cell["outputs"] if output["output_type"] in ("error", "stream")
    ]
    (sizes,) = code(ran)[0]["outputs"]
    rows = finished.rows("summary/frames.csv")
    said = eval(sizes["data"]["text/plain"])
    assert (said["classifier"], said["attack"], said["frame"]) == (2, 2, len({row["frame_id"] for row in rows}))
    assert [cell["source"] for cell in code(ran)] == ["".join(cell["source"]) for cell in code(NOTEBOOK)]


@pytest.fixture
def plotted(finished, monkeypatch):
    """Variables of the notebook after its code has run here."""
    import matplotlib

    matplotlib.use("Agg")
    monkeypatch.setenv("ECHOSHIFT_RESULTS", str(finished.results))
    found = {}
    for cell in code(NOTEBOOK):
        exec("".join(cell["source"]), found)
    return found


def test_what_it_plots_is_what_the_tables_say(finished, plotted):
    frames = pd.read_csv(finished.results / "summary/frames.csv").query("classifier == 'folded'")
    attacked = frames[frames.outcome != "not_attacked"]
    walk = attacked.query("attack == 'descent'")
    assert plotted["n_flipped"] == (walk.outcome == "flipped").sum()
    assert (plotted["across"], plotted["up"]) == ("beta", "alpha_l")
    assert list(plotted["walk"].frame.values) == list(walk.frame_id)
    wrong = (plotted["lowest"] < -0.001).any("query").to_series()
    for row in attacked.itertuples():
        assert wrong[row.attack, row.frame_id] == np.isfinite(row.first_misclassified_query)


def test_the_page_of_python_searches_a_frame(finished, monkeypatch):
    """Its first answer is that of the study."""
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.DOTALL)
    row = finished.rows("classifiers/folded/frames.csv")[0]
    names = {"R001": row["frame_id"], "cross_validated/folds/1": f"folded/folds/{row['fold']}", "512, 512": "96, 96"}
    for name, own in names.items():
        assert name in text
        text = text.replace(name, own)
    monkeypatch.chdir(finished.folder)
    found = {}
    exec(text, found)
    asked = found["asked"]
    (logit,) = [
        one["logit"]
        for one in finished.rows("classifiers/folded/predictions.csv")
        if one["frame_id"] == row["frame_id"]
    ]
    assert asked.queries[0].scores[1] == pytest.approx(float(logit), abs=1e-3)
    assert found["picture"].shape == (96, 96) and sum(found["chances"]) == pytest.approx(1)
    assert (found["outcome"] == "flipped") == bool(found["flips"])
    for settings in found["flips"]:
        scores = found["predictor"].scores(found["plan"].render_many([settings]))[0]
        assert (scores[1] >= scores[0]) != (asked.label == 1)
