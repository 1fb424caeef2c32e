"""Damaged recordings and pictures: each must be read as valid or give a one-line error that names the file, in time.

    python tests/formats/fuzz.py --cases 10000 --seed 1

The cases take turns over the files of all formats, about a quarter of which are pictures. A case is a small valid file
with random damage, reproducible from the seed and the case number (`--only NUMBER` repeats one). A child process opens
it, so that a crash or a hang inside HDF5 or a decoder counts as a failure.
"""

import argparse
import multiprocessing
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]

import plus_files  # noqa: E402
import writers  # noqa: E402
from clarius_files import LINES, NO_PROBE, SAMPLES, STAMPS  # noqa: E402
from clarius_files import written as clarius_written  # noqa: E402
from damages import damaged  # noqa: E402
from dicom_files import write_dicom  # noqa: E402
from liver_files import write_liver  # noqa: E402

from common import speckle_frame  # noqa: E402
from echoshift import EchoShiftError, EnvelopeFrame, LinearGeometry, RFFrame  # noqa: E402
from echoshift.bmode import BModeFrame, GreyLinesFrame  # noqa: E402
from echoshift.errors import EchoShiftWarning  # noqa: E402
from echoshift.formats import open_frame  # noqa: E402
from echoshift.formats.images.bmode import open_bmode  # noqa: E402
from echoshift.formats.location import companions  # noqa: E402
from echoshift.formats.made_with import MadeWith  # noqa: E402
from echoshift.reconstruction.bmode_plan import BModePlan  # noqa: E402
from echoshift.reconstruction.envelope import envelope  # noqa: E402

CPU_SECONDS = 10
WALL_SECONDS = 120
"""Generous, so that a busy machine does not count as a hang."""
MEMORY = 8 * 2**30
SELECTORS = [
    "",
    "-1",
    "0",
    "1",
    "99999999999999999999",
    "a/b",
    "0/0",
    "0/",
    "/0",
    "0,0,0",
    "x,y",
    "P1/rf1",
    "\u00b2",
    "P1",
]


@dataclass(frozen=True)
class Base:
    """A valid file, the frame or picture to read, and the file to damage."""

    format: str
    path: Path
    selector: str | None = None
    target: str = ""
    """The role of the companion file to damage. If empty, the file itself."""


PICTURES = ("png", "jpg", "tiff", "dicom", "liver")
MADE_WITH = MadeWith(dynamic_range=60)
"""Formats of pictures."""


def picture_makers() -> list[tuple[str, str | None, Callable[[Path], Path]]]:
    """Format, selector and writer of small pictures."""
    grey = np.random.default_rng(0).integers(0, 256, (24, 20), dtype=np.uint8)
    colour = np.stack([grey, grey, 255 - grey], axis=-1)

    def plain(end, image, path):
        path.write_bytes(cv2.imencode(f".{end}", image)[1].tobytes())
        return path

    def liver(path):
        write_liver(path, shape=(2, 24, 20))
        return path

    region = {"box": (0, 0, 19, 23), "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3}
    region |= {
        "PhysicalDeltaX": 0.05,
        "PhysicalDeltaY": 0.05,
        "ReferencePixelY0": 0,
        "ReferencePixelPhysicalValueY": 0.0,
    }
    return [
        *((end, None, partial(plain, end, grey)) for end in ("png", "jpg", "tiff")),
        *((end, None, partial(plain, end, colour)) for end in ("png", "jpg")),
        ("dicom", None, partial(write_dicom, pixels=colour, regions=[region])),
        ("dicom", None, partial(write_dicom, pixels=grey.astype("<u2") * 16, stored=12)),
        ("liver", "1/1", liver),
    ]


def bases(folder: Path) -> list[Base]:
    """One or more files of every supported format, except formats whose writers are not installed. See `PICTURES`."""

    def native(path):
        frame = speckle_frame(lines=8, samples=64, regions={"liver": np.eye(3, 2)}, applied_gain=np.ones(64))
        frame.save(path)
        return path

    def native_linear(path):
        frame = speckle_frame(lines=8, samples=64)
        fields = frame.acquisition() | {"geometry": LinearGeometry(0.001 * np.arange(8), steering=0.1)}
        RFFrame(frame.samples * 1j, **fields).save(path)
        return path

    def native_envelope(path):
        envelope(speckle_frame(lines=8, samples=64)).save(path)
        return path

    def ensemble(path):
        frames = np.random.default_rng(0).integers(-3000, 3000, (1, LINES * SAMPLES)).astype("<i2")
        fired = [(30 + i // 6, 15) for i in range(LINES)]
        written = clarius_written(path.with_suffix(".raw"), frames, STAMPS[:1], change=NO_PROBE, fired=fired)
        return writers.beside(written, geometry={"kind": "linear", "line_spacing": 3e-4})

    def pre_scan(path):
        greys = np.zeros((1, LINES * SAMPLES), "u1")
        change = ("sample size: 2 bytes}\ntype: RF", "sample size: 1 bytes}\ntype: B pre-scan")
        written = clarius_written(path.with_suffix(".raw"), greys, STAMPS[:1], change=change)
        return writers.beside(written, recorded={"dynamic_range": 60})

    def plus_amplitudes(path):
        image = np.ones((plus_files.LINES, plus_files.SAMPLES))
        return plus_files.write_plus(path, image, "BRIGHTNESS", side=plus_files.SIDE | {"type": "ENVELOPE"})

    def metaimage(path):
        frames = np.arange(8 * 64, dtype=np.int16).reshape(1, 8, 64)
        return writers.beside(writers.write_metaimage(path, frames), **writers.SIDE)

    def clarius(path):
        frames = np.random.default_rng(0).integers(-3000, 3000, (1, LINES * SAMPLES)).astype("<i2")
        return clarius_written(path.with_suffix(".raw"), frames, STAMPS[:1])

    makers = [
        ("clarius", None, clarius),
        ("clarius", "0/2", ensemble),
        ("clarius", None, pre_scan),
        ("native", None, native),
        ("native", None, native_linear),
        ("native", None, native_envelope),
        ("metaimage", None, metaimage),
        ("metaimage", None, plus_files.write_iq),
        ("metaimage", None, partial(plus_files.write_iq, type="RF_I_LINE_Q_LINE", orientation="UN")),
        ("metaimage", None, plus_amplitudes),
        ("zea", None, writers.write_zea),
        ("zea", None, partial(writers.write_zea, compression=None)),
        ("zea", None, partial(writers.write_zea, compression=None, data="envelope_data")),
        ("uff", None, writers.write_uff),
        ("uff", None, writers.write_uff_of_matlab),
    ]
    for name, variables, selector in (
        ("must", writers.must(), None),
        ("quantus", writers.quantus(), "1"),
        ("duke", writers.duke(), None),
        ("oasbud", writers.oasbud(), "P1/rf2"),
    ):
        makers += [
            (name, selector, partial(writers.write_v5, variables=variables, compressed=False)),
            (name, selector, partial(writers.write_v5, variables=variables)),
            (name, selector, partial(writers.write_v73, variables=variables)),
        ]
    found = []
    for i, (name, selector, make) in enumerate(makers + picture_makers()):
        try:
            found.append(Base(name, make(folder / f"{name}{i}.dat"), selector))
        except pytest.skip.Exception as reason:
            print(f"{name}: left out, {reason}")
    return found + [Base(role, one.path, one.selector, role) for one in found for role in companions(one.path)]


def outcome(base: Base, rng: np.random.Generator, folder: Path) -> str:
    """`read` or `refused`, or else a description of the failure."""
    for file in folder.iterdir():
        file.unlink()
    path = folder / base.path.name
    for role, source in {"": base.path, **companions(base.path)}.items():
        data = source.read_bytes()
        (folder / source.name).write_bytes(damaged(data, rng) if role == base.target else data)
    before = {file.name for file in folder.iterdir()}
    selector = rng.choice(SELECTORS) if rng.random() < 0.1 else base.selector
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            place = path if selector is None else f"{path}#{selector}"
            opened = open_bmode(place, MADE_WITH) if base.format in PICTURES else open_frame(place)
    except EchoShiftError as error:
        one_line = path.name in str(error) and len(str(error).splitlines()) == 1
        found = "refused" if one_line else f"message {str(error)!r}"
    except BaseException as error:
        found = f"{type(error).__name__}: {error}"
    else:
        found = "read" if _valid(opened) else "a frame or picture that is not valid"
    if others := [one for one in said if not issubclass(one.category, EchoShiftWarning)]:
        found = f"warning {others[0].message}"
    left = {file.name for file in folder.iterdir()} - before
    return f"files left behind: {sorted(left)}" if left else found


def _valid(opened: RFFrame | EnvelopeFrame | GreyLinesFrame | BModeFrame) -> bool:
    if isinstance(opened, BModeFrame):
        moved = BModePlan(opened).render({"gain": 3.0, "tgc_2": 1.0})
        return moved.shape == opened.image.shape and not moved[~opened.sector].any()
    values = getattr(opened, opened.VALUES)
    return values.ndim == 2 and bool(np.isfinite(values).all())


def _child(bases: list[Base], seed: int, numbers, pipe) -> None:
    """Run the cases, reporting each number before and its outcome after."""
    # What the parent has mapped counts as this process's: a test process may have loaded several frameworks.
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, mapped + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            pipe.send((number, None))
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
            found = outcome(bases[number % len(bases)], np.random.default_rng([seed, number]), Path(folder))
            signal.setitimer(signal.ITIMER_PROF, 0)
            pipe.send((number, found))


def run(bases: list[Base], seed: int, numbers: list[int], workers: int = 2) -> dict[int, str]:
    """Outcome of each case."""
    context = multiprocessing.get_context("fork")
    cv2.setNumThreads(0)  # OpenCV's threads do not survive a fork, and a child would wait for them
    found: dict[int, str] = {}
    shares = [numbers[i::workers] for i in range(workers)]
    running = {}

    def start(worker):
        ours, theirs = context.Pipe(duplex=False)
        rest = [number for number in shares[worker] if number not in found]
        child = context.Process(target=_child, args=(bases, seed, rest, theirs), daemon=True)
        child.start()
        theirs.close()
        running[worker] = [child, ours, None, time.monotonic()]

    for worker in range(workers):
        start(worker)
    while running:
        multiprocessing.connection.wait([pipe for _, pipe, _, _ in running.values()], timeout=1)
        for worker, state in list(running.items()):
            child, pipe, current, since = state
            late = time.monotonic() - since > WALL_SECONDS
            if late:
                child.kill()
            try:
                while pipe.poll():
                    number, result = pipe.recv()
                    state[2:] = [None if result else number, time.monotonic()]
                    if result:
                        found[number] = result
                if not late:
                    continue
            except (EOFError, OSError):
                pass
            child.join()
            pipe.close()
            del running[worker]
            current = state[2]
            if current is not None:
                hung = late or child.exitcode == -signal.SIGPROF
                found[current] = f"hang: over {CPU_SECONDS} s" if hung else f"crash: exit code {child.exitcode}"
            if any(number not in found for number in shares[worker]):
                start(worker)
    return found


def summary(bases: list[Base], found: dict[int, str]) -> tuple[str, list[str]]:
    """A table of outcomes by format, and the failures."""
    counts = Counter((bases[number % len(bases)].format, what) for number, what in found.items())
    lines = [f"{'format':<10} {'read':>7} {'refused':>8}"]
    for name in dict.fromkeys(base.format for base in bases):
        lines.append(f"{name:<10} {counts[name, 'read']:>7} {counts[name, 'refused']:>8}")
    failures = [
        f"case {number} ({bases[number % len(bases)].path.name}): {result}"
        for number, result in sorted(found.items())
        if result not in ("read", "refused")
    ]
    return "\n".join(lines), failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="run only the case with this number, in this process")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = bases(Path(folder))
        if options.only is not None:
            base = made[options.only % len(made)]
            work = Path(folder) / "work"
            work.mkdir()
            print(base, outcome(base, np.random.default_rng([options.seed, options.only]), work))
            return 0
        began = time.monotonic()
        table, failures = summary(made, run(made, options.seed, list(range(options.cases))))
    print(table)
    print(*failures, sep="\n")
    print(f"{options.cases} cases, seed {options.seed}: {len(failures)} failures, {time.monotonic() - began:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
