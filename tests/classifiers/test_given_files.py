"""Model files of every format: adopted, they answer as their own runtimes do; what cannot be trusted is refused."""

import json
import shutil
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from common import needs
from echoshift.classifiers.adoption.adopting import adopt_file
from echoshift.classifiers.interface.model_formats import model_files
from echoshift.classifiers.interface.settings import InputSettings, Interface, OutputSettings
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.errors import EchoShiftError
from echoshift.storage.files import read_json
from given_models import SIZE, keras_model, onnx_model, speckled

CLASSES = ("healthy", "fatty")
PICTURES = speckled(8)
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def interface(gives="logits", n_outputs=2, **fields):
    names = {"positive": "fatty"} if n_outputs == 1 else {"classes": CLASSES}
    output = {key: fields.pop(key) for key in ("name", "classes") if key in fields}
    asked = InputSettings(**{"numbers": "imagenet", "fit": "stretch", "interpolation": "bilinear_antialias", **fields})
    return Interface(input=asked, output=OutputSettings(gives=gives, **names | output), classes=CLASSES)


def adopted(path, folder, **fields):
    adopt_file(str(path), interface(**fields), PICTURES, folder)
    return open_predictor(PredictorSettings(), folder)


def inputs(pictures):
    """Network inputs computed without the package, float32 (image, row, column, channel)."""
    from PIL import Image

    small = [Image.fromarray(one).resize((SIZE, SIZE), Image.Resampling.BILINEAR) for one in pictures]
    return ((np.stack(small)[..., None] / 255.0 - MEAN) / DEVIATION).astype(np.float32)


def by_onnxruntime(path, layout):
    onnxruntime = needs("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    turned = (lambda x: x.transpose(0, 3, 1, 2)) if layout == "nchw" else (lambda x: x)
    return lambda x: np.concatenate([session.run(None, {"picture": turned(one[None])})[0] for one in x])


@pytest.fixture(scope="module")
def keras_files(tmp_path_factory):
    """The same network as Keras file, SavedModel and TFLite file, by number of outputs and activation."""
    load_keras()
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("keras")
    made = {}
    for n_outputs, activation in ((1, None), (2, "softmax")):
        model = keras_model(n_outputs, activation)
        name = f"{n_outputs}{activation}"
        model.save(folder / f"{name}.keras")
        model.export(folder / name, verbose=False)
        lite = tf.lite.TFLiteConverter.from_saved_model(str(folder / name)).convert()
        (folder / f"{name}.tflite").write_bytes(lite)
        files = {"keras": folder / f"{name}.keras", "saved_model": folder / name, "tflite": folder / f"{name}.tflite"}
        made[n_outputs] = SimpleNamespace(files=files, predict=lambda x, model=model: model.predict(x, verbose=0))
    return made


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("softmax", [False, True])
@pytest.mark.parametrize(("n_outputs", "batch"), [(1, "n"), (2, "n"), (2, 1)])
def test_an_onnx_file_answers_as_onnxruntime_does(tmp_path, layout, softmax, n_outputs, batch):
    path = onnx_model(tmp_path / "m.onnx", n_outputs, layout, softmax, batch=batch)
    predictor = adopted(path, tmp_path / "kept", gives="probabilities" if softmax else "logits", n_outputs=n_outputs)
    pictures = speckled(64, 2)
    expected = by_onnxruntime(path, layout)(inputs(pictures))
    assert expected.std(axis=0).min() > 0.05  # the scores spread, so that a wrong engine is seen
    assert np.abs(predictor.outputs(pictures) - expected).max() < 1e-3
    record = read_json(tmp_path / "kept/record.json")
    assert record["compared"]["runtime"] == "onnxruntime" and record["compared"]["largest_difference"] < 1e-3
    confirming = open_predictor(PredictorSettings(engine="onnxruntime"), tmp_path / "kept")
    assert confirming.digest == predictor.digest
    assert np.abs(confirming.outputs(pictures) - expected).max() < 1e-4


@pytest.mark.parametrize("kind", ["keras", "saved_model", "tflite"])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_keras_and_its_exports_answer_as_keras_does(tmp_path, keras_files, kind, n_outputs):
    made = keras_files[n_outputs]
    gives = "logits" if n_outputs == 1 else "probabilities"
    predictor = adopted(made.files[kind], tmp_path / "kept", gives=gives, n_outputs=n_outputs)
    pictures = speckled(64, 2)
    expected = made.predict(inputs(pictures))
    assert expected.std(axis=0).min() > 0.05
    assert np.abs(predictor.outputs(pictures) - expected).max() < 1e-3
    engine = {"keras": "tensorflow"}.get(kind, kind)
    assert read_json(tmp_path / "kept/record.json")["compared"]["runtime"] == engine
    own = open_predictor(
        PredictorSettings(engine=engine, device="cpu" if engine == "tensorflow" else None), tmp_path / "kept"
    )
    assert np.abs(own.outputs(pictures) - expected).max() < 1e-4
    assert own.digest == predictor.digest == (tmp_path / "kept/digest.txt").read_text().strip()


def test_reversed_classes_reverse_the_scores(tmp_path):
    path = onnx_model(tmp_path / "m.onnx")
    one, other = (
        adopted(path, tmp_path / str(i), classes=names).scores(PICTURES)
        for i, names in enumerate((CLASSES, CLASSES[::-1]))
    )
    assert np.array_equal(one, other[:, ::-1]) and not np.array_equal(one, other)


def test_the_digest_covers_the_file_and_how_it_is_asked(tmp_path):
    path = onnx_model(tmp_path / "m.onnx")
    digests = [adopted(path, tmp_path / "a").digest, adopted(path, tmp_path / "b").digest]
    digests.append(adopted(shutil.copy(path, tmp_path / "moved.onnx"), tmp_path / "c").digest)
    assert len(set(digests)) == 1
    renamed = Interface(
        input=interface().input, output=OutputSettings(gives="logits", classes=("well", "ill")), classes=("well", "ill")
    )
    adopt_file(str(path), renamed, PICTURES, tmp_path / "renamed")
    digests.append((tmp_path / "renamed/digest.txt").read_text().strip())
    assert len(set(digests)) == 1
    for i, other in enumerate(
        ({"fit": "pad"}, {"numbers": "0..1"}, {"classes": CLASSES[::-1]}, {"interpolation": "area"})
    ):
        digests.append(adopted(path, tmp_path / f"other{i}", **other).digest)
    digests.append(adopted(onnx_model(tmp_path / "m.onnx", seed=3), tmp_path / "e").digest)
    assert len(set(digests)) == 6
    with pytest.raises(
        EchoShiftError, match=r"m\.onnx: found digest \w{12}, expected \w{12} as when the model was adopted"
    ):
        open_predictor(PredictorSettings(engine="onnxruntime"), tmp_path / "a")


def refused(path, folder, **fields):
    with pytest.raises(EchoShiftError) as error:
        adopted(path, folder, **fields)
    assert "\n" not in str(error.value)
    assert not (folder / "digest.txt").exists() and not (folder / "engine.xml").exists()
    return str(error.value)


@pytest.mark.parametrize(
    ("model", "fields", "complaint"),
    [
        ({}, {"size": (40, 40)}, "input.size: found [40, 40], expected [32, 32] as in the file"),
        ({}, {"channels": 1, "numbers": "0..1"}, "input.channels: found 1, expected 3 as in the file"),
        ({}, {"layout": "nhwc"}, "input.layout: found nhwc, expected nchw as in the file"),
        ({"n_outputs": 3}, {}, "output.classes: found 2 names, expected names for the 3 outputs of the file"),
        ({}, {"n_outputs": 1}, "output.positive: found a single number, expected names for the 2 outputs of the file"),
        ({}, {"name": "answer"}, "output.name: found 'answer', expected one of logits"),
        ({}, {"gives": "probabilities"}, "expected probabilities from 0 to 1: is it `gives: logits`?"),
        ({"batch": 4}, {}, "input: found 4 pictures per call, expected 1 or a free number"),
        ({"channels": 1}, {}, "expected three means and deviations with channels: 3 only"),
    ],
)
def test_what_contradicts_the_file_is_refused(tmp_path, model, fields, complaint):
    path = onnx_model(tmp_path / "m.onnx", **model)
    said = refused(path, tmp_path / "kept", **fields)
    assert said.startswith(f"{path}: ") and complaint in said


@pytest.mark.parametrize("cut", [0, 200])
def test_a_cut_file_is_refused(tmp_path, cut):
    path = onnx_model(tmp_path / "m.onnx")
    path.write_bytes(path.read_bytes()[:cut])
    assert refused(path, tmp_path / "kept").startswith(f"{path}: OpenVINO cannot read this ONNX file (")


def test_weights_outside_the_models_folder_are_refused(tmp_path):
    onnx = needs("onnx")
    folder = tmp_path / "inside"
    folder.mkdir()
    path = onnx_model(folder / "m.onnx")
    onnx.save(onnx.load(path), folder / "m.onnx", save_as_external_data=True, location="m.data", size_threshold=0)
    adopted(path, tmp_path / "kept")
    assert set(model_files(str(path)).values()) == {str(path), str(folder / "m.data")}
    (folder / "m.data").rename(tmp_path / "m.data")
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            entry.value = entry.value.replace("m.data", "../m.data")
    path.write_bytes(model.SerializeToString())
    assert onnx.load(path, load_external_data=False).graph.initializer[0].external_data[0].value == "../m.data"
    assert refused(path, tmp_path / "other").startswith(f"{path}: OpenVINO cannot read this ONNX file (")


def test_edited_external_weights_are_noticed(tmp_path):
    onnx = needs("onnx")
    path = onnx_model(tmp_path / "m.onnx")
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="m.data", size_threshold=0)
    before = adopted(path, tmp_path / "kept").digest
    weights = bytearray((tmp_path / "m.data").read_bytes())
    weights[:4] = np.float32(7).tobytes()
    (tmp_path / "m.data").write_bytes(weights)
    with pytest.raises(EchoShiftError, match=r"m\.data: found digest \w+, expected \w+ as when the model was adopted"):
        open_predictor(PredictorSettings(engine="onnxruntime"), tmp_path / "kept")
    assert adopted(path, tmp_path / "again").digest != before


def test_answers_that_depend_on_the_batch_are_refused(tmp_path):
    """Keras's plain call runs batch normalisation behind a Resizing layer in training mode, and so does its export."""
    load_keras()
    model = keras_model(batch_norm_trap=True)
    model.export(tmp_path / "trap", verbose=False)
    said = refused(tmp_path / "trap", tmp_path / "kept")
    assert "between pictures alone and together with others (they depend on the other pictures of a batch)" in said
    model.save(tmp_path / "trap.keras")
    predictor = adopted(tmp_path / "trap.keras", tmp_path / "fine")  # exported in inference mode
    expected = model.predict(inputs(PICTURES), verbose=0)
    assert np.abs(predictor.outputs(PICTURES) - expected).max() < 1e-3


def test_a_lambda_layer_is_refused_by_its_name(tmp_path):
    keras = load_keras()
    picture = keras.Input((SIZE, SIZE, 3))
    doubled = keras.layers.Lambda(lambda x: 2 * x, name="doubled")(picture)
    inner = keras.Model(picture, keras.layers.Flatten()(doubled))
    model = keras.Sequential([inner, keras.layers.Dense(2)])
    model.build((None, SIZE, SIZE, 3))
    model.save(tmp_path / "m.keras")
    assert refused(tmp_path / "m.keras", tmp_path / "kept") == (
        f"{tmp_path}/m.keras: layer 'doubled': found a Lambda layer, which runs code from the file, expected layers of "
        "Keras; export it as ONNX, or give `function: module:name`"
    )


def test_a_keras_file_runs_no_code(tmp_path):
    """A custom class of a module that is not Keras's is neither imported nor run."""
    load_keras()
    keras_model().save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as source, zipfile.ZipFile(tmp_path / "evil.keras", "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["config"]["layers"][1] |= {"module": "subprocess", "class_name": "getoutput"}
                content = json.dumps(config).encode()
            target.writestr(name, content)
    assert "evil.keras: not a readable Keras model (" in refused(tmp_path / "evil.keras", tmp_path / "kept")


def test_a_job_starts_no_tensorflow(tmp_path):
    adopted(onnx_model(tmp_path / "m.onnx"), tmp_path / "kept")
    code = (
        "import sys; from pathlib import Path\n"
        "from echoshift.classifiers.predictors import open_predictor\n"
        "from echoshift.classifiers.predictors.settings import PredictorSettings\n"
        "open_predictor(PredictorSettings(), Path(sys.argv[1]))\n"
        "print({'tensorflow', 'keras', 'onnxruntime', 'onnx', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "kept"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["first", "second"])
@pytest.mark.parametrize("kind", ["keras", "saved_model"])
def test_one_of_several_outputs_is_chosen_by_its_name(tmp_path, kind, name):
    keras = load_keras()
    trunk = keras_model()
    features = trunk.layers[-2].output
    heads = {one: keras.layers.Dense(2, name=one, bias_initializer="ones")(features) for one in ("first", "second")}
    model = keras.Model(trunk.inputs[0], heads)
    path = tmp_path / ("m.keras" if kind == "keras" else "m")
    model.save(path) if kind == "keras" else model.export(path, verbose=False)
    expected = model.predict(inputs(PICTURES), verbose=0)
    assert np.abs(adopted(path, tmp_path / "kept", name=name).outputs(PICTURES) - expected[name]).max() < 1e-3
    assert np.abs(expected["first"] - expected["second"]).max() > 0.1
    assert "output.name: found nothing, expected one of first, second" in refused(path, tmp_path / "none")


def test_a_quantised_network_is_adopted_and_quantised_ends_are_refused(tmp_path, keras_files):
    import tensorflow as tf

    def converter():
        made = tf.lite.TFLiteConverter.from_saved_model(str(keras_files[2].files["saved_model"]))
        made.optimizations = [tf.lite.Optimize.DEFAULT]
        made.representative_dataset = lambda: ([one[None]] for one in inputs(speckled(20, 5)))
        return made

    whole, ends = converter(), converter()
    ends.inference_input_type = ends.inference_output_type = tf.uint8
    (tmp_path / "whole.tflite").write_bytes(whole.convert())
    (tmp_path / "ends.tflite").write_bytes(ends.convert())
    predictor = adopted(tmp_path / "whole.tflite", tmp_path / "kept", gives="probabilities")
    difference = np.abs(predictor.outputs(PICTURES) - keras_files[2].predict(inputs(PICTURES)))
    assert 1e-4 < difference.max() < 0.1  # it is quantised, and still the same network
    said = refused(tmp_path / "ends.tflite", tmp_path / "other", gives="probabilities")
    assert said.endswith("ends.tflite: input: found numbers of type u8, expected one of f32, f16, f64")


def test_a_model_of_one_channel_that_takes_grey_levels(tmp_path):
    """No conversion at all: the numbers of the input are the grey levels."""
    path = onnx_model(tmp_path / "m.onnx", channels=1, layout="nhwc")
    predictor = adopted(path, tmp_path / "kept", numbers="0..255", fit="pad", interpolation="area", name=None)
    pictures = speckled(4, shape=(2 * SIZE, 2 * SIZE))
    means = pictures.reshape(4, SIZE, 2, SIZE, 2).mean(axis=(2, 4))[..., None].astype(np.float32)
    assert np.allclose(predictor.outputs(pictures), by_onnxruntime(path, "nhwc")(means), rtol=1e-5, atol=1e-2)


def test_a_file_without_a_size_needs_one(tmp_path):
    onnx = needs("onnx")
    path = onnx_model(tmp_path / "m.onnx")
    model = onnx.load(path)
    for axis in model.graph.input[0].type.tensor_type.shape.dim[2:]:
        axis.dim_param = "side"
    onnx.save(model, str(path))
    assert refused(path, tmp_path / "none").endswith(
        "input.size: found nothing, expected rows, columns: the file leaves them open"
    )
    assert adopted(path, tmp_path / "kept", size=(48, 40)).scores(PICTURES).shape == (8, 2)


def test_two_adoptions_write_the_same_bytes(tmp_path):
    path = onnx_model(tmp_path / "m.onnx")
    for name in ("a", "b"):
        adopted(path, tmp_path / name)
    for made in (tmp_path / "a").iterdir():
        assert made.read_bytes() == (tmp_path / "b" / made.name).read_bytes(), made.name


def test_the_engine_of_another_model_is_not_asked_as_a_given_one(tmp_path):
    """A folder that changed its kind keeps no file of the earlier one; if one is left, it is refused."""
    adopted(onnx_model(tmp_path / "m.onnx"), tmp_path / "one")
    adopted(onnx_model(tmp_path / "m.onnx", seed=3), tmp_path / "other")
    for name in ("engine.xml", "engine.bin"):
        shutil.copy(tmp_path / "other" / name, tmp_path / "one" / name)
    with pytest.raises(
        EchoShiftError, match=r"engine\.xml: found the engine of model \w+, expected \w+ as in interface\.json"
    ):
        open_predictor(PredictorSettings(), tmp_path / "one")


def test_outputs_of_a_dictionary_are_named_by_its_keys(tmp_path):
    keras = load_keras()
    trunk = keras_model()
    features = trunk.layers[-2].output
    heads = {key: keras.layers.Dense(2, name=layer)(features) for key, layer in (("b", "z_out"), ("a", "y_out"))}
    model = keras.Model(trunk.inputs[0], heads)
    model.save(tmp_path / "m.keras")
    expected = model.predict(inputs(PICTURES), verbose=0)
    for key in heads:
        found = adopted(tmp_path / "m.keras", tmp_path / key, name=key).outputs(PICTURES)
        assert np.abs(found - expected[key]).max() < 1e-3


def test_probabilities_that_do_not_sum_to_one_are_refused(tmp_path):
    """Independent sigmoids are no distribution."""
    load_keras()
    model = keras_model(2, "sigmoid")
    model.save(tmp_path / "m.keras")
    said = refused(tmp_path / "m.keras", tmp_path / "kept", gives="probabilities")
    assert "m.keras: found probabilities with the sum " in said and said.endswith(", expected 1: is there a softmax?")
