"""Simulated lines of uniform tissue whose attenuation is known, at a random gain."""

import csv
from pathlib import Path

import numpy as np

from echoshift import LinearGeometry, RFFrame

CENTER, SAMPLING, SPEED = 2.5e6, 10e6, 1540.0
N_LINES, N_SAMPLES, N_BANDS = 24, 1500, 12
COLUMNS = ("item_id", "kind", "patient_id", "label", "path")


def uniform_frame(attenuation: float, seed: int, **fields) -> RFFrame:
    """Speckle behind tissue of one attenuation, dB/(cm MHz), from -20 to +20 dB of gain.

    Each narrow band of the pulse is attenuated with its own frequency, so that the spectrum also shifts downwards.
    """
    draws = np.random.default_rng(seed)
    noise = draws.standard_normal((N_LINES, N_SAMPLES))
    spectrum, frequency = np.fft.rfft(noise, axis=1), np.fft.rfftfreq(N_SAMPLES, 1 / SAMPLING)
    depth_cm = 100 * np.arange(N_SAMPLES) * SPEED / (2 * SAMPLING)
    centers = np.linspace(0.5 * CENTER, 1.5 * CENTER, N_BANDS)
    lines = np.zeros_like(noise)
    for center in centers:
        band = np.clip(1 - np.abs(frequency - center) / (centers[1] - centers[0]), 0, None)
        pulse = np.exp(-((frequency - CENTER) ** 2) / (2 * (0.22 * CENTER) ** 2))
        fall = 10 ** (-2 * attenuation * center * 1e-6 * depth_cm / 20)
        lines += np.fft.irfft(spectrum * band * pulse, N_SAMPLES, axis=1) * fall
    gain = 10 ** (draws.uniform(-20, 20) / 20)
    geometry = LinearGeometry(positions=np.linspace(-0.02, 0.02, N_LINES), steering=0.0, start_depth=0.0)
    return RFFrame(
        (1000 * gain * lines).astype(np.float32), geometry=geometry, sampling_frequency=SAMPLING, center_frequency=CENTER,
        sound_speed=SPEED, **fields,
    )  # fmt: skip


def attenuated_cohort(n: int, attenuations: tuple[float, ...], seed: int) -> tuple[list[RFFrame], list[int]]:
    """Frames of the classes in turn, with 0.03 dB/(cm MHz) of deviation within a class."""
    labels = [i % len(attenuations) for i in range(n)]
    spread = np.random.default_rng(seed).normal(0, 0.03, n)
    frames = [uniform_frame(attenuations[label] + spread[i], 1000 * seed + i) for i, label in enumerate(labels)]
    return frames, labels


def write_frames(folder: Path, frames: list[RFFrame], labels: list[int]) -> Path:
    """Write the frames and the table that `echoshift train` reads. Returns the table's path."""
    rows = []
    for i, (frame, label) in enumerate(zip(frames, labels, strict=True)):
        path = folder / f"R{i:03}.h5"
        frame.save(path)
        rows.append((f"frames/R{i:03}", "frame", f"P{i}", label, path))
    table = folder / "training.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return table
