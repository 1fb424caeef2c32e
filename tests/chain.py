"""The chain of the paper once more, written plainly in float64 and sharing nothing with the package, and wrong versions of it."""

import numpy as np

MUTANTS = (
    "log before the conversion",
    "clip before the conversion",
    "one-way gain",
    "Cartesian z in the gain",
    "truncation instead of rounding",
    "half-pixel shift",
)


def analytic_magnitude(lines):
    """Magnitude of the analytic signal along the last axis, by removing the negative frequencies."""
    n = lines.shape[-1]
    spectrum = np.fft.fft(lines.astype(np.float64), axis=-1)
    weight = np.zeros(n)
    weight[0] = 1
    weight[1 : (n + 1) // 2] = 2
    if n % 2 == 0:
        weight[n // 2] = 1
    return np.abs(np.fft.ifft(spectrum * weight, axis=-1))


def pixel_centres(frame, shape):
    """Rows z and columns x of the picture, by sampling the outline of the sector densely."""
    radius, angles = frame.geometry.apex_radius, frame.geometry.angles
    turns = np.deg2rad([-90.0, 0.0, 90.0])
    last = radius + frame.depths(frame.samples.shape[1])[-1]
    a = np.unique(
        np.concatenate([np.linspace(angles[0], angles[-1], 20001), turns[(turns > angles[0]) & (turns < angles[-1])]])
    )
    x = np.concatenate([radius * np.sin(a), last * np.sin(a)])
    z = np.concatenate([radius * np.cos(a), last * np.cos(a)]) - radius
    pixel = max(np.ptp(x) / (shape[1] - 1), np.ptp(z) / (shape[0] - 1))
    return z.min() + pixel * np.arange(shape[0]), (x.min() + x.max()) / 2 + pixel * (
        np.arange(shape[1]) - (shape[1] - 1) / 2
    )


def chain(frame, shape, beta, alpha_l, alpha_u, mutant=None):
    """The 8-bit image and the sector's mask; `mutant` names a mistake to make."""
    depths = frame.depths(frame.samples.shape[1])
    envelope = analytic_magnitude(frame.samples).astype(np.float32).astype(np.float64)
    z, x = pixel_centres(frame, shape)
    if mutant == "half-pixel shift":
        x = x + (x[1] - x[0]) / 2
    down, across = np.meshgrid(z + frame.geometry.apex_radius, x, indexing="ij")
    depth = np.hypot(down, across) - frame.geometry.apex_radius
    angle = np.arctan2(across, down)
    ways = 1 if mutant == "one-way gain" else 2

    def gain(d):
        return 10 ** (ways * beta * frame.center_frequency * 1e-6 * d * 100 / 20)

    def level(amplitude):
        with np.errstate(divide="ignore"):
            return 20 * np.log10(amplitude) - frame.reference_level

    before = {
        None: lambda: envelope * gain(depths),
        "log before the conversion": lambda: np.maximum(level(envelope * gain(depths)), -400),
        "clip before the conversion": lambda: np.clip(level(envelope * gain(depths)), alpha_l, alpha_u),
        "Cartesian z in the gain": lambda: envelope,
    }
    polar = before.get(mutant, before[None])()
    values, inside = bilinear(polar, frame.geometry.angles, depths, angle, depth)
    if mutant == "Cartesian z in the gain":
        values = values * gain(np.broadcast_to(z[:, None], values.shape))
    levels = values if mutant in ("log before the conversion", "clip before the conversion") else level(values)
    shade = 255 * (np.clip(levels, alpha_l, alpha_u) - alpha_l) / (alpha_u - alpha_l)
    shade = np.floor(shade if mutant == "truncation instead of rounding" else shade + 0.5)
    return np.where(inside, shade, 0).astype(np.uint8), inside


def bilinear(polar, angles, depths, angle, depth):
    """Interpolate (line, sample) values at angles and depths, each between its two neighbours; nothing outside."""
    steps = ((angles[-1] - angles[0]) / (len(angles) - 1), depths[1] - depths[0])
    inside = (angle >= angles[0] - 1e-9 * steps[0]) & (angle <= angles[-1] + 1e-9 * steps[0])
    inside &= (depth >= depths[0] - 1e-9 * steps[1]) & (depth <= depths[-1] + 1e-9 * steps[1])
    i = np.clip(np.searchsorted(angles, angle, side="right") - 1, 0, len(angles) - 2)
    k = np.clip(np.floor((depth - depths[0]) / steps[1]).astype(int), 0, len(depths) - 2)
    u = np.clip((angle - angles[i]) / (angles[i + 1] - angles[i]), 0, 1)
    w = np.clip((depth - depths[0]) / steps[1] - k, 0, 1)
    upper = (1 - u) * polar[i, k] + u * polar[i + 1, k]
    lower = (1 - u) * polar[i, k + 1] + u * polar[i + 1, k + 1]
    return np.where(inside, (1 - w) * upper + w * lower, 0.0), inside


def agree(image, sector, reference, inside):
    """The project's measure of exactness: same sector, 9,999 of 10,000 pixels equal, none off by more than 1."""
    difference = np.abs(image.astype(int) - reference.astype(int))[inside | sector]
    return bool((sector == inside).all() and difference.max() <= 1 and (difference > 0).mean() <= 1e-4)
