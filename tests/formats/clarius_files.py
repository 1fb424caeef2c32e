"""Clarius raw data in the layout of clariusdev/raw, with a description like those of its samples."""

import struct

LINES, SAMPLES, FRAMES = 24, 320, 3
STAMPS = [72716689338, 72802624189, 72876430237]
DESCRIPTION = """# raw data parameters

frames: 3
frame rate: 11 Hz
transmit frequency: 2.5 MHz
imaging depth: 40 mm
focal depth: 20 mm
tgc: { 0.00mm, 30.00dB }{ 40.00mm, 35.00dB }
size: {samples per line: 320, number of lines: 24, sample size: 2 bytes}
type: RF
compression: none
sampling rate: 15 MHz
delay samples: 30
probe: {version: 3, elements: 26, pitch: 330 um, radius: 45 mm}
lines:
"""


NO_PROBE = ("probe: {version: 3, elements: 26, pitch: 330 um, radius: 45 mm}\n", "")
"""A change to the description of an older scanner, which does not know the probe."""


def description(path, change=None, lines=LINES, angle="0", fired=None):
    """Write a description, with the lines' (element, angle) if they are not one per element."""
    fired = fired or [(i, angle) for i in range(lines)]
    entries = "".join(f"  - {{rx element: {i}, tx element: {i + 1.5}, angle: {turned} °}}\n" for i, turned in fired)
    text = DESCRIPTION + entries
    for old, new in [change] if change and isinstance(change[0], str) else change or []:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def written(path, frames, stamps=STAMPS, header=None, **described):
    header = header or (2, len(frames), LINES, SAMPLES, frames.itemsize * frames.shape[1] // LINES // SAMPLES)
    blocks = b"".join(struct.pack("<Q", stamp) + one.tobytes() for stamp, one in zip(stamps, frames, strict=True))
    path.write_bytes(struct.pack("<5I", *header) + blocks)
    description(path.with_suffix(".yml"), **described)
    return path
