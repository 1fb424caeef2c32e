"""Random damage to a file's bytes, like that from disks, transfers and careless editing, and worse."""

import re

import numpy as np

NUMBERS = [0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**48, 2**63 - 1, 2**64 - 1]
REALS = [np.nan, np.inf, -np.inf, -1.0, 0.0, 1e-300, 1e300, 1e9, -0.5]


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """The file with one to three random defects."""
    for _ in range(rng.integers(1, 4)):
        data = DAMAGES[rng.integers(len(DAMAGES))](bytearray(data), rng)
    return bytes(data)


def _somewhere(data: bytearray, rng: np.random.Generator) -> int:
    """A random offset, half the time within the first 4096 bytes, where the headers are."""
    return int(rng.integers(max(1, min(len(data), 4096 if rng.random() < 0.5 else len(data)))))


def _flip(data, rng):
    for _ in range(rng.integers(1, 20)):
        if data:
            data[_somewhere(data, rng)] ^= 1 << rng.integers(8)
    return data


def _set(data, rng):
    for _ in range(rng.integers(1, 6)):
        if data:
            data[_somewhere(data, rng)] = rng.choice([0, 1, 127, 128, 255, rng.integers(256)])
    return data


def _truncate(data, rng):
    return data[: _somewhere(data, rng)]


def _insert(data, rng):
    at, block = _somewhere(data, rng), rng.bytes(int(rng.integers(1, 64)))
    return data[:at] + block + data[at:]


def _remove(data, rng):
    at = _somewhere(data, rng)
    return data[:at] + data[at + int(rng.integers(1, 64)) :]


def _duplicate(data, rng):
    at, n = _somewhere(data, rng), int(rng.integers(1, 512))
    return data[: at + n] + data[at : at + n] + data[at + n :]


def _copy_elsewhere(data, rng):
    n = int(rng.integers(1, 256))
    source, at = _somewhere(data, rng), _somewhere(data, rng)
    block = data[source : source + n]
    data[at : at + len(block)] = block
    return data


def _blank(data, rng):
    at, n = _somewhere(data, rng), int(rng.integers(1, 256))
    data[at : at + n] = bytes(len(data[at : at + n]))
    return data


def _integer(data, rng):
    width = int(rng.choice([2, 4, 8]))
    at = _somewhere(data, rng) // width * width
    data[at : at + width] = (NUMBERS[rng.integers(len(NUMBERS))] % 256**width).to_bytes(width, "little")
    return data


def _real(data, rng):
    kind = np.float64 if rng.random() < 0.5 else np.float32
    at = _somewhere(data, rng) // 8 * 8
    value = kind(np.float64(REALS[rng.integers(len(REALS))]).clip(-3e38, 3e38)).tobytes()
    data[at : at + len(value)] = value
    return data


def _written_number(data, rng):
    """Replace a number written as text, such as a size or frequency in a header or side-car."""
    places = list(re.finditer(rb"[0-9][0-9.e+-]*", bytes(data[:4096])))
    if not places:
        return data
    place = places[rng.integers(len(places))]
    value = str([*NUMBERS, *REALS][rng.integers(len(NUMBERS) + len(REALS))]).encode()
    return data[: place.start()] + value + data[place.end() :]


DAMAGES = (
    _flip, _set, _truncate, _insert, _remove, _duplicate, _copy_elsewhere, _blank, _integer, _real, _written_number,
)  # fmt: skip
