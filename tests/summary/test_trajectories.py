from itertools import product

import numpy as np
import pytest
import xarray as xr

from echoshift.summary import trajectories
from echoshift.summary.attack_places import read_attacked
from echoshift.summary.attack_results import read_trajectory
from summary.fake_study import edited, fake_study


def common_store(study):
    study.summarise()
    return xr.open_zarr(study.results / "trajectories.zarr")


@pytest.mark.parametrize("frames_a_chunk", [3, 128])  # several blocks, and one
def test_every_trajectory_is_stored_with_padding(study, monkeypatch, frames_a_chunk):
    monkeypatch.setattr(trajectories, "FRAMES_A_CHUNK", frames_a_chunk)
    common = common_store(study)
    assert common.settings.dims == ("classifier", "attack", "frame", "iteration", "parameter")
    assert common.query_logit.dims == ("classifier", "attack", "frame", "query")
    for classifier, attack, frame in product(study.classifiers, study.attacks, study.frames):
        one = common.sel(classifier=classifier, attack=attack, frame=frame)
        n, m = int(one.n_queries), int(one.n_iterations)
        assert np.isnan(one.query_logit[n:]).all()
        assert np.isnan(one.settings[m:]).all()
        if frame not in study.correct[classifier]:
            assert (n, m, str(one.outcome.values)) == (0, 0, "not_attacked")
            continue
        own = xr.open_zarr(study.folder(classifier, attack, frame) / "trajectory.zarr")
        assert (n, m) == (own.sizes["query"], own.sizes["iteration"])
        for name in ("query_settings", "query_logit", "query_loss", "query_iteration"):
            np.testing.assert_array_equal(one[name][:n], own[name])
        for name in ("settings", "logit", "loss", "differences"):
            np.testing.assert_array_equal(one[name][:m], own[name])
        for name in ("low", "high", "step", "rate"):
            np.testing.assert_array_equal(one[name], own[name])
        kinds = [trajectories.KINDS[int(code)] for code in one.query_kind[:n]]
        assert kinds == own.query_kind.values.tolist()
        assert str(one.outcome.values) == own.attrs["outcome"]
        assert m == own.attrs["moves"] + 1


def test_the_store_opens_lazily_and_has_few_files_and_metadata(study):
    common = common_store(study)
    assert not any(variable._in_memory for variable in common.data_vars.values())
    for name, variable in common.variables.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs["units"], name
    assert common.protocol.values.tolist() == ["cross_validation", "train_once"]
    assert common.label.values.tolist() == list(study.labels.values())
    assert common.unit.sel(parameter="beta") == "dB/(cm MHz)"
    assert common.attrs["seed"] == 7
    n_files = sum(path.is_file() for path in (study.results / "trajectories.zarr").rglob("*"))
    assert n_files < 6 * len(common.variables)


def test_settings_that_an_attack_does_not_search(tmp_path):
    study = fake_study(tmp_path / "results", levels=(36.0, 29.0), labels=(1, 0))
    study.attacks = ("descent", "beta")
    one = common_store(study.build()).sel(classifier="folds", attack="beta", frame="R001")
    n, m = int(one.n_queries), int(one.n_iterations)
    assert (one.settings[:m].sel(parameter="alpha_l") == 10.0).all()
    assert (one.query_settings[:n].sel(parameter="alpha_u") == 55.0).all()
    assert np.isnan(one.settings[m:]).all()
    assert np.isnan(one.low.sel(parameter="alpha_l"))
    assert one.low.sel(parameter="beta") == 0.5


def test_initial_settings_of_frames_that_were_not_attacked(tmp_path):
    """Searched and fixed settings both have the frame's own initial values."""
    study = fake_study(tmp_path / "results", levels=(40, 24), labels=(0, 1))  # both misclassified
    study.attacks = ("beta",)
    study.build()
    with edited(study.study) as facts:
        own = facts["searches"]["beta"]["R002"]
        own["axes"][0]["initial"], own["fixed"]["alpha_u"] = 0.8, 57.0
    _, rows = study.summarise()
    assert {row["outcome"] for row in rows} == {"not_attacked"}
    found = {row["frame_id"]: (row["initial_beta"], row["initial_alpha_l"], row["initial_alpha_u"]) for row in rows}
    assert found == {"R001": ("0.9", "10.0", "55.0"), "R002": ("0.8", "10.0", "57.0")}


def test_each_attacks_store_is_opened_once(study, monkeypatch):
    opened = []

    def counted(folder, names):
        opened.append(folder)
        return read_trajectory(folder, names)

    monkeypatch.setattr(trajectories, "read_trajectory", counted)
    study.summarise()
    folders = {one.folder for one in read_attacked(study.attacked).values()}
    assert len(opened) == len(folders) and set(opened) == folders
