"""The tiny study without the labels of two frames, and a recording probed without a study."""

import json
import shutil

import pytest
from study_project import tiny_sheet

from echoshift.cli.main import app


def test_two_frames_lose_their_labels(project):
    """F0 and F1 are unchanged, F2 and F3 are separate recordings without labels."""

    def with_one_of_each(config):
        del config["classifiers"]["folded"], config["attacks"]["control"]

    project.edit_config(with_one_of_each)
    (project.folder / "frames.csv").write_text(tiny_sheet("frame", 4))
    for name in ("F2", "F3"):
        shutil.copy(project.results / f"simulated/frames/{name}.h5", project.folder)
        project.edit_frames(name, path=f"{name}.h5", label="")
    jobs = project.run()
    assert jobs["reconstruct"] == 2 and jobs["train"] == jobs["evaluate"] == jobs["provenance"] == 1
    trained = {row["item_id"] for row in project.rows("classifiers/once/folds/all/training.csv")}
    assert {"frames/F0", "frames/F1"} <= trained and not {"frames/F2", "frames/F3"} & trained
    predictions = {row["frame_id"]: row for row in project.rows("classifiers/once/predictions.csv")}
    assert [predictions[name]["label"] for name in ("F0", "F1", "F2", "F3")] == ["0", "1", "", ""]
    assert predictions["F2"]["correct"] == predictions["F3"]["correct"] == ""
    evaluation = json.loads((project.results / "classifiers/once/evaluation.json").read_text())
    assert (evaluation["n_frames"], evaluation["n_unlabelled"]) == (4, 2)
    assert evaluation["baselines"]["mean_grey_level"]["n_frames"] == 2
    assert {"F2", "F3"} <= {row["frame"] for row in project.rows("selected.csv")}
    for name in ("F2", "F3"):
        record = json.loads((project.results / f"attacks/once/descent/{name}/record.json").read_text())
        answer = int(float(predictions[name]["logit"]) >= 0)
        assert (record["label"], record["label_source"]) == (answer, "answer")
        assert (record["outcome"] == "flipped") == ((record["final_logit"] >= 0) != bool(answer))
    (summary,) = json.loads((project.results / "summary/summary.json").read_text())
    assert (summary["n_frames"], summary["n_unlabelled"]) == (4, 2)
    assert "2 unlabelled" in project.output  # the headline

    project.edit_config(lambda config: config.update(frames_per_job=4))
    batch = "attacks/once/descent/batches/all-0.json"
    project.run(f"results/{batch}")
    frames = json.loads((project.results / batch).read_text())["frames"]
    assert list(frames) == [row["frame"] for row in project.rows("selected.csv")]


def test_a_probe_gives_the_studys_own_answer(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(finished.folder)
    row = finished.rows("classifiers/folded/predictions.csv")[0]
    model = f"results/classifiers/folded/folds/{row['fold']}"
    command = ["probe", f"results/simulated/frames/{row['frame_id']}.h5", "--shape", "96", "96", "--max-queries", "10"]
    with pytest.raises(SystemExit) as end:
        app([*command, "--model", model, "-o", str(tmp_path / "probe")])
    assert not end.value.code
    record = json.loads((tmp_path / "probe/record.json").read_text())
    assert record["initial_logit"] == float(row["logit"])
    assert record["label"] == int(float(row["logit"]) >= 0) and record["label_source"] == "answer"
    assert len(capsys.readouterr().out.splitlines()) in (3, 4)
    with pytest.raises(SystemExit) as end:
        app([*command, "--model", "nowhere", "-o", str(tmp_path / "other")])
    assert end.value.code == 1 and "nowhere/engine.xml: file not found" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
