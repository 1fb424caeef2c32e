"""An independent reference implementation of the chain in plain float64, and mutants of it with one mistake each."""

from functools import cache

import numpy as np
from scipy.ndimage import map_coordinates

# For each mistake, the settings that must reveal it.
MUTANTS = {
    "log before the conversion": {},
    "clip before the conversion": {},
    "one-way gain": {},
    "Cartesian z in the gain": {},
    "truncation instead of rounding": {},
    "half-pixel shift": {},
    "gain the other way": {"gain": 0.2},
    "sliders at equal steps": {"tgc_4": 2.0},
    "gamma of the rounded shade": {"gamma": 0.6},
    "S before gamma": {"gamma": 1.5, "s_curve": 0.5},
    "median over the edge": {"median": 5},
    "smoothing over the edge": {"smoothing": 1.0},
    "smoothing before the median": {"median": 3, "smoothing": 1.0},
    "zoom about the picture's middle": {"image_scale": 1.1},
    "speed of sound in the conversion alone": {"sound_speed_ratio": 1.05},
    "speed of sound in the gain alone": {"sound_speed_ratio": 1.05},
}


def analytic_magnitude(lines):
    """Magnitude of the analytic signal along the last axis. Zero-pads the lines and removes the negative frequencies."""
    n_samples, n = lines.shape[-1], 2 * lines.shape[-1]
    spectrum = np.fft.fft(lines.astype(np.float64), n, axis=-1)
    weight = np.zeros(n)
    weight[0] = 1
    weight[1 : (n + 1) // 2] = 2
    if n % 2 == 0:
        weight[n // 2] = 1
    return np.abs(np.fft.ifft(spectrum * weight, axis=-1))[..., :n_samples]


@cache
def echoes(frame):
    """The envelope as it is stored: rounded to float32, without the gain that the scanner applied."""
    iq = np.iscomplexobj(frame.samples)
    magnitude = np.abs(frame.samples.astype(np.complex128)) if iq else analytic_magnitude(frame.samples)
    if frame.applied_gain is not None:
        magnitude = magnitude / 10 ** (frame.applied_gain / 20)
    return magnitude.astype(np.float32).astype(np.float64)


def place(geometry, across, depth):
    """z and x of depths along the lines at given angles or positions on the face."""
    if geometry.KIND == "convex":
        r = geometry.apex_radius + depth
        return r * np.cos(across) - geometry.apex_radius, r * np.sin(across)
    depth = np.broadcast_to(depth, across.shape)
    return depth * np.cos(geometry.steering), across + depth * np.sin(geometry.steering)


def find(geometry, z, x):
    """The angle (or position on the face) of the line through a point, and the depth along it."""
    if geometry.KIND == "convex":
        down = z + geometry.apex_radius
        return np.arctan2(x, down), np.hypot(down, x) - geometry.apex_radius
    return x - z * np.tan(geometry.steering), z / np.cos(geometry.steering)


def lines_of(geometry):
    return geometry.angles if geometry.KIND == "convex" else geometry.positions


def pixel_centres(frame, shape):
    """Rows z and columns x of the image, found by sampling the sector's outline densely."""
    lines = lines_of(frame.geometry)
    turns = np.deg2rad([-90.0, 0.0, 90.0])
    a = np.concatenate([np.linspace(lines[0], lines[-1], 20001), turns[(turns > lines[0]) & (turns < lines[-1])]])
    last = frame.depths(frame.samples.shape[1])[-1]
    z, x = (np.concatenate(ends) for ends in zip(*(place(frame.geometry, a, d) for d in (0.0, last)), strict=True))
    pixel = max(np.ptp(x) / (shape[1] - 1), np.ptp(z) / (shape[0] - 1))
    columns = np.arange(shape[1]) - (shape[1] - 1) / 2
    return z.min() + pixel * np.arange(shape[0]), (x.min() + x.max()) / 2 + pixel * columns


def chain(frame, shape, settings, mutant=None):
    """The 8-bit image and the sector mask. `mutant` selects a mistake."""
    beta, alpha_l, alpha_u = (settings[name] for name in ("beta", "alpha_l", "alpha_u"))
    ratio = settings.get("sound_speed_ratio", 1.0)
    own = frame.depths(frame.samples.shape[1])
    depths = own if mutant == "speed of sound in the gain alone" else ratio * own
    z, x = pixel_centres(frame, shape)
    if mutant == "half-pixel shift":
        x = x + (x[1] - x[0]) / 2
    across, depth = find(frame.geometry, *np.meshgrid(z, x, indexing="ij"))
    ways = 1 if mutant == "one-way gain" else 2
    faster = ratio if mutant != "speed of sound in the conversion alone" else 1.0

    def compensation(d):
        return ways * beta * frame.center_frequency * 1e-6 * d * 100

    overall = settings.get("gain", 0.0) * (-1 if mutant == "gain the other way" else 1)
    added = sliders([settings.get(f"tgc_{i}", 0.0) for i in range(1, 9)], len(own), mutant) + overall
    envelope = echoes(frame) * 10 ** (added / 20)
    gain = 10 ** (compensation(faster * own) / 20)

    def level(amplitude):
        with np.errstate(divide="ignore"):
            return 20 * np.log10(amplitude) - frame.reference_level

    before = {
        "log before the conversion": lambda: np.maximum(level(envelope * gain), -400),
        "clip before the conversion": lambda: np.clip(level(envelope * gain), alpha_l, alpha_u),
        "Cartesian z in the gain": lambda: envelope,
    }
    polar = before.get(mutant, lambda: envelope * gain)()
    values, inside = bilinear(polar, lines_of(frame.geometry), depths, across, depth)
    if mutant == "Cartesian z in the gain":
        values = values * 10 ** (compensation(np.broadcast_to(z[:, None], values.shape)) / 20)
    levels = values if mutant in ("log before the conversion", "clip before the conversion") else level(values)
    shade = 255 * (np.clip(levels, alpha_l, alpha_u) - alpha_l) / (alpha_u - alpha_l)
    if mutant == "gamma of the rounded shade":
        shade = np.floor(shade + 0.5)
    bends = [
        lambda g: g ** settings.get("gamma", 1),
        lambda g: g + settings.get("s_curve", 0) * (3 * g**2 - 2 * g**3 - g),
    ]
    for bend in reversed(bends) if mutant == "S before gamma" else bends:
        shade = 255 * bend(shade / 255)
    shade = np.floor(shade if mutant == "truncation instead of rounding" else shade + 0.5)
    return picture(np.where(inside, shade, 0), inside, z, x, settings, mutant)


def sliders(values, n, mutant):
    """Decibels at each sample, interpolated linearly between evenly spaced sliders."""
    at = np.arange(n) / (n - 1) * 7
    i = np.minimum(at.astype(int), 6)
    w = np.round(at - i) if mutant == "sliders at equal steps" else at - i
    return (1 - w) * np.take(values, i) + w * np.take(values, i + 1)


def bilinear(polar, lines, depths, across, depth):
    """Interpolate (line, sample) values bilinearly, with 0 outside the sector."""
    steps = ((lines[-1] - lines[0]) / (len(lines) - 1), depths[1] - depths[0])
    inside = (across >= lines[0] - 1e-9 * steps[0]) & (across <= lines[-1] + 1e-9 * steps[0])
    inside &= (depth >= depths[0] - 1e-9 * steps[1]) & (depth <= depths[-1] + 1e-9 * steps[1])
    i = np.clip(np.searchsorted(lines, across, side="right") - 1, 0, len(lines) - 2)
    k = np.clip(np.floor((depth - depths[0]) / steps[1]).astype(int), 0, len(depths) - 2)
    u = np.clip((across - lines[i]) / (lines[i + 1] - lines[i]), 0, 1)
    w = np.clip((depth - depths[0]) / steps[1] - k, 0, 1)
    upper = (1 - u) * polar[i, k] + u * polar[i + 1, k]
    lower = (1 - u) * polar[i, k + 1] + u * polar[i + 1, k + 1]
    return np.where(inside, (1 - w) * upper + w * lower, 0.0), inside


def picture(image, inside, z, x, settings, mutant):
    """Median, Gaussian and zoom of the finished image, from shifted copies, and the mask of pixels that may be non-black."""
    steps = [(median, settings.get("median", 1)), (gaussian, settings.get("smoothing", 0))]
    for step, width in reversed(steps) if mutant == "smoothing before the median" else steps:
        whole = np.ones_like(inside) if mutant == f"{step.words} over the edge" else inside
        image = np.where(inside, step(image, whole, width), 0)
    scale = settings.get("image_scale", 1.0)
    if scale != 1:
        middle = (z.mean(), x.mean()) if mutant == "zoom about the picture's middle" else (0.0, 0.0)
        places = [(m + (c - m) / scale - c[0]) / (c[1] - c[0]) for c, m in zip((z, x), middle, strict=True)]
        at = np.meshgrid(*places, indexing="ij")
        image = np.floor(map_coordinates(image, at, order=1, mode="constant") + 0.5 + 1e-9)
        inside = map_coordinates(inside.astype(float), at, order=1, mode="constant") > 1e-9
    return image.astype(np.uint8), inside


def shifted(image, reach, fill):
    """All copies of an image shifted by up to `reach` pixels along both axes, with their shifts."""
    padded = np.pad(image.astype(float), reach, constant_values=fill)
    for i in range(2 * reach + 1):
        for j in range(2 * reach + 1):
            yield i - reach, j - reach, padded[i : i + image.shape[0], j : j + image.shape[1]]


def median(image, inside, width):
    values = np.sort([one for *_, one in shifted(np.where(inside, image, np.inf), width // 2, np.inf)], axis=0)
    n = np.maximum(np.isfinite(values).sum(axis=0), 1)
    return np.take_along_axis(values, (n - 1)[None] // 2, axis=0)[0]


def gaussian(image, inside, sigma):
    if not sigma:
        return image
    total, weight = np.zeros(image.shape), np.full(image.shape, 1e-300)
    reach = int(np.ceil(4 * sigma))
    for (i, j, value), (*_, there) in zip(shifted(image, reach, 0), shifted(inside, reach, 0), strict=True):
        share = np.exp(-(i * i + j * j) / (2 * sigma * sigma))
        total += share * value
        weight += share * there
    return np.floor(total / weight + 0.5)


median.words, gaussian.words = "median", "smoothing"


def differences(image, reference, inside):
    """Largest difference inside the sector, and the share of its pixels that differ. Outside, `image` must be black."""
    if image[~inside].any():
        return 255, 1.0
    difference = np.abs(image.astype(int) - reference.astype(int))[inside]
    return int(difference.max()), float((difference > 0).mean())


def agree(image, reference, inside):
    """The project's exactness criterion: 9,999 of 10,000 pixels equal, none off by more than 1, black outside."""
    largest, share = differences(image, reference, inside)
    return largest <= 1 and share <= 1e-4
