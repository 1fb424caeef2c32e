"""Pictures become inputs, and a model's numbers become scores, as independent packages and formulas say."""

import numpy as np
import pytest
from PIL import Image
from scipy.special import log_softmax, logit, softmax

from echoshift.classifiers.answers import answer, logits
from echoshift.classifiers.interface.outputs import saturated, scores_of_outputs
from echoshift.classifiers.interface.pictures import fitted, network_input
from echoshift.classifiers.interface.settings import InputSettings, Interface, OutputSettings
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.resize import to_network_input
from echoshift.validation import checked
from given_models import speckled

WIDE = speckled(1, shape=(60, 91))[0]
CLASSES = ("healthy", "fatty")
THREE = ("normal", "benign", "malignant")


def asked(**fields):
    return InputSettings(**{"numbers": "0..255", **fields})


def understood(study=CLASSES, **fields):
    output = OutputSettings(**fields)
    assert output.check_classes(study) is None
    return Interface(input=None, output=output, classes=study)


def test_padding_by_area_is_what_networks_trained_here_get():
    assert np.array_equal(fitted(WIDE, asked(), (40, 40)), to_network_input(WIDE, 40))


def test_padding_keeps_the_proportions_of_the_input():
    padded = fitted(np.full((30, 30), 200, np.uint8), asked(), (20, 60))
    assert np.allclose(padded[:, 21:39], 200) and not padded[:, :19].any() and not padded[:, 41:].any()


@pytest.mark.parametrize("rounded", [True, False])
def test_antialiased_stretching_is_pillows(rounded):
    found = fitted(WIDE, asked(fit="stretch", interpolation="bilinear_antialias", round=rounded), (24, 30))
    source = Image.fromarray(WIDE if rounded else WIDE.astype(np.float32))
    assert np.array_equal(found, np.asarray(source.resize((30, 24), Image.Resampling.BILINEAR), np.float32))
    assert rounded == np.array_equal(found, np.rint(found))


def test_the_centre_is_cut_as_torchvision_does():
    """Resize(32) and CenterCrop(24): the shorter side becomes 32, the longer one int(32 * 91 / 60) = 48."""
    found = fitted(WIDE, asked(fit="crop", resize=32, interpolation="bilinear_antialias"), (24, 24))
    whole = Image.fromarray(WIDE).resize((48, 32), Image.Resampling.BILINEAR)
    assert np.array_equal(found, np.asarray(whole.crop((12, 4, 36, 28)), np.float32))


def test_bilinear_without_smoothing_takes_the_nearest_four_pixels():
    ramp = np.add.outer(np.arange(8), 10 * np.arange(8)).astype(np.uint8)
    found = fitted(ramp, asked(fit="stretch", interpolation="bilinear"), (4, 4))
    assert np.allclose(found, np.add.outer(0.5 + 2 * np.arange(4), 10 * (0.5 + 2 * np.arange(4))))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("0..255", lambda grey: grey),
        ("0..1", lambda grey: grey / 255),
        ("-1..1", lambda grey: grey / 127.5 - 1),
        ("imagenet", lambda grey: (grey[..., None] / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]),
        ({"scale": 2.0, "mean": 3.0, "std": 4.0}, lambda grey: (2 * grey - 3) / 4),
    ],
)
@pytest.mark.parametrize("layout", ["nhwc", "nchw"])
def test_grey_levels_become_numbers(numbers, expected, layout):
    pictures = speckled(2, shape=(16, 16))
    found = network_input(pictures, asked(numbers=numbers), (16, 16), 3, layout)
    found = found if layout == "nhwc" else found.transpose(0, 2, 3, 1)
    right = expected(pictures.astype(np.float64))
    assert found.dtype == np.float32
    assert np.allclose(found, right if right.ndim == 4 else right[..., None], rtol=0, atol=1e-5)


def test_logits_in_the_models_own_order_are_put_in_the_studys():
    numbers = np.array([[1.0, 2.0, 3.0], [4.0, 0.0, -4.0]])
    interface = understood(THREE, gives="logits", classes=("malignant", "normal", "benign"))
    assert np.array_equal(scores_of_outputs(numbers, interface, 2), numbers[:, [1, 2, 0]])


def test_outputs_of_the_same_class_are_added_as_probabilities():
    logits = np.random.default_rng(0).normal(size=(5, 3))
    names = ("fatty", "healthy", "fatty")
    right = softmax(logits, axis=1)[:, [1]], softmax(logits, axis=1)[:, [0, 2]].sum(axis=1, keepdims=True)
    right = np.log(np.concatenate(right, axis=1))
    of_probabilities = scores_of_outputs(softmax(logits, axis=1), understood(gives="probabilities", classes=names), 5)
    of_logits = scores_of_outputs(logits, understood(gives="logits", classes=names), 5)
    assert np.allclose(of_probabilities, right)
    assert np.allclose(log_softmax(of_logits, axis=1), right)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 1, 1)])
@pytest.mark.parametrize("positive", CLASSES)
def test_a_single_number_speaks_for_the_positive_class(shape, positive):
    p = np.array([0.1, 0.4, 0.6, 0.99])
    sign = 1 if positive == "fatty" else -1
    scores = scores_of_outputs(p.reshape(shape), understood(gives="probabilities", positive=positive), 4)
    assert np.allclose(logits(scores)[:, 0], sign * logit(p)) and not scores[:, 0].any()
    scores = scores_of_outputs(logit(p).reshape(shape), understood(gives="logits", positive=positive), 4)
    assert np.array_equal(logits(scores)[:, 0], sign * logit(p))


@pytest.mark.parametrize("positive", CLASSES)
def test_a_score_is_positive_from_the_threshold_on(positive):
    interface = understood(gives="score", positive=positive, threshold=5.0)
    answers = answer(scores_of_outputs(np.array([4.999, 5.0, 5.001]), interface, 3))
    assert [CLASSES[one] == positive for one in answers] == [False, True, True]


def test_a_cutoff_moves_the_border():
    p = np.array([0.69, 0.71])
    for numbers, names in ((p, {"positive": "fatty"}), (np.stack([1 - p, p], axis=1), {"classes": CLASSES})):
        scores = scores_of_outputs(numbers, understood(gives="probabilities", cutoff=0.7, **names), 2)
        assert answer(scores).tolist() == [0, 1]
        assert np.allclose(logits(scores)[:, 0], logit(p) - logit(0.7))


def test_probabilities_of_zero_and_one_stay_finite_and_are_counted():
    single = understood(gives="probabilities", positive="fatty")
    scores = scores_of_outputs(np.array([0.0, 1e-60, 0.5, 1.0]), single, 4)
    assert np.isfinite(scores).all() and np.allclose(logits(scores)[:, 0][[0, 3]], [-103.616, 103.616], atol=1e-3)
    assert saturated(scores, single) == 3
    pair = understood(gives="probabilities", classes=CLASSES, cutoff=0.3)
    assert saturated(scores_of_outputs(np.array([[1.0, 0.0], [0.9, 0.1]]), pair, 2), pair) == 1
    without = understood(gives="logits", positive="fatty")
    assert saturated(scores_of_outputs(np.array([1e4]), without, 1), without) == 0


@pytest.mark.parametrize(
    ("numbers", "fields", "complaint"),
    [
        ([[np.nan, 1.0]], {"gives": "logits"}, "m: found outputs nan, expected finite numbers"),
        (
            [[0.2, 1.3]],
            {"gives": "probabilities"},
            "m: found output 1.3, expected probabilities from 0 to 1: is it `gives: logits`?",
        ),
        (
            [[0.2, 0.3, 0.5]],
            {"gives": "probabilities"},
            "m: found outputs of shape (1, 3) for 1 pictures, expected (1, 2) as in output.classes",
        ),
        (
            [0.2, 0.8],
            {"gives": "logits"},
            "m: found outputs of shape (2,) for 1 pictures, expected (1, 2) as in output.classes",
        ),
        ([["a", "b"]], {"gives": "logits"}, "m: found outputs nan, expected finite numbers"),
    ],
)
def test_numbers_that_cannot_be_understood_are_refused(numbers, fields, complaint):
    with pytest.raises(EchoShiftError) as error:
        scores_of_outputs(np.array(numbers), understood(**fields, classes=CLASSES), 1, "m")
    assert str(error.value) == complaint


@pytest.mark.parametrize(
    ("fields", "classes", "complaint"),
    [
        (
            {"classes": ("healthy", "ill")},
            CLASSES,
            "classes: found 'ill', expected classes of the study: healthy, fatty",
        ),
        ({"positive": "ill"}, CLASSES, "positive: found 'ill', expected classes of the study: healthy, fatty"),
        (
            {"classes": ("fatty", "fatty")},
            CLASSES,
            "classes: found no output for 'healthy', expected each class of the study: healthy, fatty",
        ),
        ({"positive": "benign"}, THREE, "positive: found it with 3 classes, expected it with two only"),
        ({"classes": THREE, "cutoff": 0.3}, THREE, "cutoff: found it with 3 classes, expected it with two only"),
    ],
)
def test_class_names_are_those_of_the_study(fields, classes, complaint):
    assert OutputSettings(gives="logits", **fields).check_classes(classes) == complaint


@pytest.mark.parametrize(
    ("settings", "value", "complaint"),
    [
        (InputSettings, {}, "x: numbers: found nothing, expected a value"),
        (InputSettings, {"numbers": "0..1", "resize": 300}, "expected resize with fit: crop only"),
        (
            InputSettings,
            {"numbers": "0..1", "fit": "crop", "size": (224, 224), "resize": 200},
            "expected resize of at least 224, the longer side of size",
        ),
        (
            InputSettings,
            {"numbers": "imagenet", "channels": 1},
            "expected three means and deviations with channels: 3 only",
        ),
        (InputSettings, {"numbers": {"std": 0}}, "expected divisors other than 0"),
        (OutputSettings, {"gives": "logits"}, "expected either classes"),
        (OutputSettings, {"gives": "logits", "classes": CLASSES, "positive": "fatty"}, "expected either classes"),
        (OutputSettings, {"gives": "score", "positive": "fatty"}, "expected positive and threshold with gives: score"),
        (OutputSettings, {"gives": "logits", "positive": "fatty", "threshold": 1}, "threshold with gives: score only"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, value, complaint):
    with pytest.raises(EchoShiftError) as error:
        checked(settings, value, "x")
    assert complaint in str(error.value) and "\n" not in str(error.value)
