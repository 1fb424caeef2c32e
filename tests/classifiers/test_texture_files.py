"""Files of texture classifiers that are damaged, of another kind, or made to do harm: each is refused in one line."""

import functools
import io
import json
import pickle
import sys
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC

from classifiers.conftest import run_python
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.texture import model_file
from echoshift.classifiers.texture.estimators import candidates, scores_of, unfitted
from echoshift.classifiers.texture.features import feature_names
from echoshift.classifiers.texture.folder import Description, TextureClassifier
from echoshift.classifiers.texture.model_file import from_bytes, to_bytes
from echoshift.classifiers.texture.settings import FeatureSettings
from echoshift.errors import EchoShiftError

FEATURES = np.random.default_rng(0).standard_normal((30, 5))
LABELS = np.arange(30) % 2


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr("echoshift.classifiers.texture.estimators.TREES", 4)


def fitted(classifier="logistic", n_classes=2):
    return unfitted(classifier, candidates(classifier)[-1], 1).fit(FEATURES, np.arange(30) % n_classes)


def refusal(content, n_features=5, n_classes=2):
    with pytest.raises(EchoShiftError) as refused:
        from_bytes(content, "folder/texture.skops", n_features, n_classes)
    line = str(refused.value)
    assert line.startswith("folder/texture.skops: ") and "\n" not in line
    return line


def edited(content, edit):
    """The file with its schema changed by `edit`."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(written, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(name, json.dumps(edit(json.loads(part))).encode() if name == "schema.json" else part)
    return written.getvalue()


@pytest.mark.parametrize("classifier", ["logistic", "svm", "random_forest"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_classifier_is_read_as_it_was_written(classifier, n_classes):
    written = fitted(classifier, n_classes)
    content = to_bytes(written)
    read = from_bytes(content, "x", 5, n_classes)
    assert np.array_equal(scores_of(read, FEATURES), scores_of(written, FEATURES))
    assert type(read[-1]) is type(written[-1])
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert all(name == "schema.json" or len(name) < 10 for name in file.namelist())  # no memory addresses
    assert not {b"pickle", b"\x80\x04", b"\x80\x05"} & {content[:2]} and content[:2] == b"PK"


def test_another_process_writes_the_same_bytes():
    code = """
import sys, numpy as np
from echoshift.classifiers.texture.estimators import candidates, unfitted
from echoshift.classifiers.texture.model_file import to_bytes
import echoshift.classifiers.texture.estimators as estimators
estimators.TREES = 4
features = np.random.default_rng(0).standard_normal((30, 5))
for name in ("logistic", "svm", "random_forest"):
    print(to_bytes(unfitted(name, candidates(name)[-1], 1).fit(features, np.arange(30) % 2)).hex())
"""
    expected = [to_bytes(fitted(name)).hex() for name in ("logistic", "svm", "random_forest")]
    assert run_python(code).stdout.split() == expected


class Harmful:
    """Unpickling it would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_pickle_is_refused_unread(tmp_path):
    line = refusal(pickle.dumps(Harmful(tmp_path / "flag")))
    assert "not a classifier of `echoshift train`" in line and not (tmp_path / "flag").exists()


def test_a_module_that_a_file_names_is_not_imported(tmp_path, monkeypatch):
    (tmp_path / "harmful_module.py").write_text(f"open({str(tmp_path / 'flag')!r}, 'w')\nclass Classifier: pass\n")
    monkeypatch.syspath_prepend(tmp_path)

    def edit(schema):
        return {**schema, "__module__": "harmful_module", "__class__": "Classifier"}

    assert "type harmful_module.Classifier (ObjectNode)" in refusal(edited(to_bytes(fitted()), edit))
    assert not (tmp_path / "flag").exists() and "harmful_module" not in sys.modules


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (make_pipeline(StandardScaler(), KNeighborsClassifier()).fit(FEATURES, LABELS), "KNeighborsClassifier"),
        (make_pipeline(StandardScaler(), LinearSVC()).fit(FEATURES, LABELS), "LinearSVC"),
        (make_pipeline(FunctionTransformer(np.exp), SVC()).fit(FEATURES, LABELS), "FunctionTransformer"),
        (functools.partial(print, "x"), "partial"),
        (np.exp, "numpy.exp"),
    ],
    ids=["neighbours", "linear", "function", "partial", "ufunc"],
)
def test_types_that_skops_knows_but_a_classifier_does_not_need_are_refused(made, named):
    assert f"{named} (" in refusal(skops.io.dumps(made))


@pytest.mark.parametrize("node", ["FunctionNode", "MethodNode", "OperatorFuncNode", "PartialNode", "ReduceNode"])
def test_nodes_that_call_something_are_refused(node):
    assert f"builtins.dict ({node})" in refusal(
        edited(
            to_bytes(fitted()),
            lambda schema: {**schema, "extra": {"__module__": "builtins", "__class__": "dict", "__loader__": node}},
        )
    )


def test_allowed_types_in_another_order_are_refused():
    scaled = Pipeline([("scale", StandardScaler())]).fit(FEATURES)
    assert "found StandardScaler, expected a scaling and one of" in refusal(skops.io.dumps(scaled))
    bare = LogisticRegression().fit(FEATURES, LABELS)
    assert "found LogisticRegression, expected a scaling and one of" in refusal(skops.io.dumps(bare))


@pytest.mark.parametrize("classifier", ["logistic", "svm", "random_forest"])
def test_other_features_or_classes_are_refused(classifier):
    content = to_bytes(fitted(classifier))
    assert "found 5 features, expected 6" in refusal(content, n_features=6)
    assert "found classes [0 1], expected [0 1 2]" in refusal(content, n_classes=3)


@pytest.mark.parametrize("change", ["left_child", "right_child", "feature", "loop"])
def test_a_tree_that_leads_out_of_its_memory_is_refused(change):
    """Scikit-learn follows these indices without a check."""
    forest = fitted("random_forest")
    tree = forest[-1].estimators_[0].tree_
    state = tree.__getstate__()
    nodes = state["nodes"].copy()
    assert nodes["left_child"][0] != -1
    name, value = ("left_child", 0) if change == "loop" else (change, 10**6)
    nodes[name][0] = value
    tree.__setstate__({**state, "nodes": nodes})
    assert "found a tree with a branch to nowhere" in refusal(to_bytes(forest))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("_n_support", np.array([500, 500], np.int32)),
        ("_n_support", np.array([-3, 20], np.int32)),
        ("support_vectors_", np.zeros((3, 5))),
        ("_dual_coef_", np.zeros((1, 2))),
        ("_intercept_", np.zeros(0)),
        ("kernel", "linear"),
        ("_impl", "nu_svc"),
        ("gamma", "x"),
    ],
)
def test_a_machine_with_other_sizes_is_refused(field, value):
    machine = fitted("svm")
    setattr(machine[-1], field, value)
    if field == "gamma":
        del machine[-1]._gamma
    refusal(to_bytes(machine))


@pytest.mark.parametrize("field", ["coef_", "intercept_"])
def test_a_regression_with_other_sizes_is_refused(field):
    regression = fitted()
    setattr(regression[-1], field, np.zeros((1, 99)))
    assert "of shape (1, 99)" in refusal(to_bytes(regression))


def test_damaged_files_are_refused():
    content = to_bytes(fitted("random_forest"))
    for damaged in (b"", b"PK", content[:-30], content[: len(content) // 2], edited(content, lambda schema: [])):
        assert "not a classifier of `echoshift train`" in refusal(damaged) or "found" in refusal(damaged)


def test_a_file_of_many_bytes_is_refused_unread(monkeypatch):
    monkeypatch.setattr(model_file, "LARGEST", 1000)
    assert "bytes, expected at most 1,000" in refusal(to_bytes(fitted()))


def test_a_deep_schema_is_refused():
    content = to_bytes(fitted())
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr("schema.json", "[" * 100_000 + "]" * 100_000)
    assert "RecursionError" in refusal(written.getvalue())
    assert from_bytes(content, "x", 5, 2)


@pytest.fixture
def folder(tmp_path):
    """A classifier of all features, with arbitrary numbers."""
    settings = FeatureSettings(size=16)
    names = feature_names(settings)
    features = np.random.default_rng(0).standard_normal((20, len(names)))
    made = make_pipeline(StandardScaler(), RandomForestClassifier(2, random_state=0)).fit(features, np.arange(20) % 2)
    description = Description(features=settings, names=names, n_classes=2, scale=1.0)
    TextureClassifier(made, to_bytes(made), description).write(tmp_path)
    return tmp_path


def opened(folder):
    return open_predictor(PredictorSettings(engine="scikit_learn"), folder)


def test_the_digest_is_of_the_classifier_and_of_its_features(folder):
    before = opened(folder).digest
    assert opened(folder).digest == before
    said = json.loads((folder / "texture.json").read_text())
    (folder / "texture.json").write_text(json.dumps({**said, "scale": 2.0}))
    after = opened(folder).digest
    assert after != before
    (folder / "digest.txt").write_text(f"{before}\n")
    with pytest.raises(EchoShiftError, match=rf"found a model of digest {after[:12]}, expected {before[:12]} as in"):
        opened(folder)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"scale": -1}, "texture.json: scale: found -1"),
        ({"names": ["mean"]}, "texture.json: names: found 1 other"),
        ({"features": {"levels": 10**6}}, "texture.json: features.levels: found 1000000"),
        ({"n_classes": 3}, "texture.skops: found classes [0 1], expected [0 1 2]"),
        ({"pickle": "x"}, "texture.json: pickle: found 'x', expected one of features"),
    ],
)
def test_a_wrong_description_is_refused(folder, change, found):
    said = json.loads((folder / "texture.json").read_text())
    (folder / "texture.json").write_text(json.dumps({**said, **change}))
    with pytest.raises(EchoShiftError) as refused:
        opened(folder)
    assert found in str(refused.value) and "\n" not in str(refused.value)


def test_a_lost_file_is_named_with_its_repair(folder):
    (folder / "texture.skops").unlink()
    with pytest.raises(EchoShiftError, match=r"texture.skops: file not found.*repair: rm "):
        opened(folder)
