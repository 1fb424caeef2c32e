"""A fitted classifier as a skops file: no pickle, equal classifiers give equal bytes, and a hostile file is refused."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from echoshift.classifiers.texture.estimators import ESTIMATORS, scores_of
from echoshift.errors import EchoShiftError

SCHEMA = "schema.json"
LARGEST = 2**30
"""Most bytes that the parts of a file may have together."""
NO_DATE = (1980, 1, 1, 0, 0, 0)
"""Earliest date of a zip archive. A fixed date makes the files reproducible."""

TREE = "sklearn.tree._tree.Tree"
TYPES = {
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.svm._classes.SVC",
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.tree._classes.DecisionTreeClassifier",
    TREE,
    *(f"builtins.{name}" for name in ("dict", "list", "tuple", "str")),
    *(f"numpy.{name}" for name in ("ndarray", "float64", "int64")),
}
"""All types that a file may have. Skops itself would allow every estimator and many functions."""
NODES = {"ObjectNode", "DictNode", "ListNode", "TupleNode", "JsonNode", "TypeNode", "NdArrayNode", "TreeNode"}
"""All ways to make an object. None of them calls a function that the file names."""


def to_bytes(fitted: Pipeline) -> bytes:
    """A fitted classifier as the bytes of a skops file. Memory addresses are replaced by numbers, dates by a fixed one."""
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return match[1] + numbers.setdefault(match[2], str(len(numbers)))

    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(fitted))) as source, zipfile.ZipFile(written, "w") as target:
        schema = re.sub(r'("__id__": |"file": ")(\d+)', number, source.read(SCHEMA).decode())
        parts = {f"{numbers[Path(name).stem]}.npy": source.read(name) for name in source.namelist() if name != SCHEMA}
        for name, content in {SCHEMA: schema.encode(), **parts}.items():
            target.writestr(zipfile.ZipInfo(name, NO_DATE), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def from_bytes(content: bytes, name: str, n_features: int, n_classes: int) -> Pipeline:
    """Read a fitted classifier of so many features and classes.

    The types are checked before anything is made, then what scikit-learn's C code would take for granted.

    Raises
    ------
    EchoShiftError
        One line that begins with `name`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            if (size := sum(part.file_size for part in file.infolist())) > LARGEST:
                raise EchoShiftError(f"{name}: found parts of {size:,} bytes, expected at most {LARGEST:,}")
            schema = json.loads(file.read(SCHEMA))
        for kind, node in _nodes(schema):
            if kind not in TYPES or node not in NODES:
                raise EchoShiftError(
                    f"{name}: found an object of type {kind} ({node}), expected those of a classifier of `echoshift train`"
                )
        fitted = skops.io.loads(content, trusted=[TREE])
        _check_fitted(fitted, name, n_features, n_classes)
        scores = scores_of(fitted, np.zeros((1, n_features)))
        _expect(scores.shape == (1, n_classes), name, f"scores of shape {scores.shape}", f"of {n_classes} classes")
    except EchoShiftError:
        raise
    except Exception as error:  # whatever a damaged file leads to
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise EchoShiftError(f"{name}: not a classifier of `echoshift train` ({reason})") from None
    return fitted


def _nodes(schema: Any) -> Iterator[tuple[str, str]]:
    """Type and node of each object in a schema, at any depth."""
    stack = [schema]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            if "__class__" in one or "__loader__" in one:
                yield f"{one.get('__module__')}.{one.get('__class__')}", str(one.get("__loader__"))
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)


def _check_fitted(fitted: Any, name: str, n_features: int, n_classes: int) -> None:
    """Check the sizes and the indices that compiled code reads without a check of its own."""
    steps = [type(step) for _, step in fitted.steps] if isinstance(fitted, Pipeline) else [type(fitted)]
    known = len(steps) == 2 and steps[0] is StandardScaler and steps[1] in ESTIMATORS.values()
    words = "a scaling and one of " + ", ".join(one.__name__ for one in ESTIMATORS.values())
    _expect(known, name, ", ".join(step.__name__ for step in steps), words)
    scale, classifier = fitted[0], fitted[-1]
    classes = np.arange(n_classes)
    _expect(np.array_equal(classifier.classes_, classes), name, f"classes {classifier.classes_}", f"{classes}")
    for one in (scale, classifier):
        _expect(one.n_features_in_ == n_features, name, f"{one.n_features_in_} features", f"{n_features}")
    arrays = {"scaling": (scale.mean_, (n_features,)), "deviation": (scale.scale_, (n_features,))}
    if isinstance(classifier, ESTIMATORS["logistic"]):
        n_rows = 1 if n_classes == 2 else n_classes
        arrays |= {
            "coefficients": (classifier.coef_, (n_rows, n_features)),
            "intercept": (classifier.intercept_, (n_rows,)),
        }
    elif isinstance(classifier, ESTIMATORS["svm"]):
        n_vectors, n_pairs = int(classifier._n_support.sum()), n_classes * (n_classes - 1) // 2
        _expect((classifier._n_support >= 0).all(), name, "a negative number of vectors", "none")
        kind = (classifier._impl, classifier.kernel, bool(classifier._sparse))
        _expect(kind == ("c_svc", "rbf", False), name, f"a machine of kind {kind}", "c_svc, rbf, not sparse")
        arrays |= {
            "number of vectors": (classifier._n_support, (n_classes,)),
            "support": (classifier.support_, (n_vectors,)),
            "vectors": (classifier.support_vectors_, (n_vectors, n_features)),
            "coefficients": (classifier._dual_coef_, (n_classes - 1, n_vectors)),
            "intercept": (classifier._intercept_, (n_pairs,)),
        }
    else:
        for tree in (one.tree_ for one in classifier.estimators_):
            _check_tree(tree, name, n_features, n_classes)
    for field, (array, shape) in arrays.items():
        _expect(np.shape(array) == shape, name, f"{field} of shape {np.shape(array)}", f"{shape}")


def _check_tree(tree: Any, name: str, n_features: int, n_classes: int) -> None:
    """Check that each branch of a tree leads to later nodes, which exist, by a feature that exists."""
    left, right, feature, count = tree.children_left, tree.children_right, tree.feature, tree.node_count
    _expect(len(left) == count > 0, name, f"{len(left)} of {count} nodes in a tree", "all, and at least one")
    _expect(
        tree.value.shape == (count, 1, n_classes), name, f"leaves of shape {tree.value.shape}", f"{n_classes} classes"
    )
    here = np.arange(count)
    is_leaf = (left == -1) & (right == -1)
    leads_on = (
        (here < left) & (left < count) & (here < right) & (right < count) & (feature >= 0) & (feature < n_features)
    )
    _expect((is_leaf | leads_on).all(), name, "a tree with a branch to nowhere", "later nodes and known features")


def _expect(condition: bool, name: str, found: str, expected: str) -> None:
    if not condition:
        raise EchoShiftError(f"{name}: found {found}, expected {expected}")
