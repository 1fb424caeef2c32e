"""RF lines from a map of scatterers, by a convolution model on the polar grid (after Gao 2009, COLE).

The scatterers of each line are weighted with the round-trip attenuation at 16 frequencies. Between those the response
is interpolated (triangular sub-bands), so that the spectrum shifts down with depth as in tissue. All sub-bands are
summed as spectra and transformed back once. The beam is a blur across the lines. Its width depends on depth and focus,
and its energy is one everywhere, so that it does not change the slope over depth.

At a level of 0 dB, the envelope of speckle without attenuation has a mean square of 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import fft

from echoshift.errors import EchoShiftError
from echoshift.phantom.scanners import SCANNERS, USUAL
from echoshift.phantom.tissues import ECHO, Number

_DB_PER_NEPER = 20 / np.log(10)
_EDGES = (3.0, 2.5)  # limits of the band in sigma below and above its centre; attenuation shifts it down


@dataclass(frozen=True, eq=False)
class Probe:
    """Geometry, band and beam of a simulated probe.

    Attributes
    ----------
    apex_radius : float
        In metres.
    angles : ndarray, (line,)
        Angles of the scatter lines (already oversampled), in radians, evenly spaced.
    depths : ndarray, (sample,)
        Depths of the samples below the face, in metres, starting at 0.
    sampling_frequency, center_frequency, bandwidth : float
        In hertz. `bandwidth` is the sigma of the two-way amplitude spectrum.
    focus : float
        Depth of the transmit focus, in metres.
    pedestal : float
        Energy of side lobes and aberration relative to the main lobe, in dB.
    aperture, f_number : float
        Widest aperture along the face, in metres, and smallest ratio of depth to aperture.
    elevation_aperture, elevation_focus : float
        Height of the elements and focus of their lens, in metres.
    sound_speed : float
        In metres per second.
    """

    apex_radius: float
    angles: np.ndarray
    depths: np.ndarray
    sampling_frequency: float
    center_frequency: float
    bandwidth: float
    focus: float
    pedestal: float
    aperture: float
    f_number: float
    elevation_aperture: float
    elevation_focus: float
    sound_speed: float

    @property
    def wavelength(self) -> float:
        """In metres, at the centre frequency."""
        return self.sound_speed / self.center_frequency


def make_probe(
    lines: int, samples: int, *, focus: float, pedestal: float, scanner: Mapping[str, Number] = SCANNERS[USUAL]
) -> Probe:
    """A probe with `lines` image lines over the field of view and `samples` over the scanner's depth.

    Fewer samples mean a lower sampling frequency. Frequencies too low for the band are refused.

    Parameters
    ----------
    lines, samples : int
        Size of the frame. The probe has `oversampling` times as many scatter lines.
    focus, pedestal : float
        As in `Probe`.
    scanner : mapping
        An entry of `SCANNERS`. `field_of_view` is the angle between the first and the last image line, `relative_bandwidth`
        the sigma of the two-way amplitude spectrum divided by its centre.
    """
    value = {name: number.value for name, number in scanner.items()}
    center = value["center_frequency"]
    bandwidth = value["relative_bandwidth"] * center
    rate = value["sampling_frequency"] * samples / value["samples"]
    highest = center + bandwidth * (_EDGES[1] + sum(_EDGES) / (ECHO["subbands"].value - 1))
    if lines < 2:
        raise EchoShiftError(f"lines: found {lines}, expected at least 2")
    if rate / 2 <= highest:
        fewest = int(2 * highest / value["sampling_frequency"] * value["samples"]) + 1
        raise EchoShiftError(f"samples: found {samples}, expected at least {fewest} for a band up to {highest:.4g} Hz")
    n_oversampled = lines * int(ECHO["oversampling"].value)
    field_of_view = value["field_of_view"]
    step = np.deg2rad(field_of_view) / (lines - 1) / ECHO["oversampling"].value
    return Probe(
        apex_radius=value["apex_radius"],
        angles=-np.deg2rad(field_of_view) / 2 + step * np.arange(n_oversampled),
        depths=np.arange(samples) * value["sound_speed"] / (2 * rate),
        sampling_frequency=rate,
        center_frequency=center,
        bandwidth=bandwidth,
        focus=focus,
        pedestal=pedestal,
        **{
            name: value[name]
            for name in ("aperture", "f_number", "elevation_aperture", "elevation_focus", "sound_speed")
        },
    )


def receive(scatterers: np.ndarray, path: np.ndarray, probe: Probe) -> np.ndarray:
    """RF lines without noise.

    Parameters
    ----------
    scatterers : ndarray of float32, (line, sample)
        Signed strength of the scatterers on the probe's lines.
    path : ndarray of float32, (line, sample)
        One-way attenuation from the face, in dB/MHz.
    probe : Probe

    Returns
    -------
    ndarray of float32, (line, sample)
        On the probe's (oversampled) lines.
    """
    n_samples = probe.depths.size
    n_transform = _transform_size(n_samples)
    frequencies = fft.rfftfreq(n_transform, 1 / probe.sampling_frequency)
    centers, step = _subbands(probe)
    pulse = _pulse_spectrum(probe, frequencies)
    spectrum = np.zeros((probe.angles.size, frequencies.size), dtype=np.complex64)
    # Attenuation is proportional to frequency, so the factor from one sub-band to the next is constant.
    weighted = scatterers * np.exp(path * np.float32(-2e-6 * centers[0] / _DB_PER_NEPER))
    factor = np.exp(path * np.float32(-2e-6 * step / _DB_PER_NEPER))
    for i, center in enumerate(centers):
        triangle = 1 - np.abs(frequencies - center) / step
        if i in (0, centers.size - 1):
            triangle[(frequencies < centers[0]) | (frequencies > centers[-1])] = 1
            triangle[np.abs(frequencies - center) > step] = 0
        share = pulse * np.clip(triangle, 0, None)
        used = np.flatnonzero(share)
        band = slice(used[0], used[-1] + 1)
        spectrum[:, band] += fft.rfft(weighted, n_transform, axis=1)[:, band] * share[band].astype(np.float32)
        if i < centers.size - 1:
            weighted *= factor
    return _blur(fft.irfft(spectrum, n_transform, axis=1)[:, :n_samples], probe)


def perpendicular_peak(probe: Probe) -> np.ndarray:
    """Peak of the envelope of a row of unit scatterers at one depth across all lines, shape (sample,)."""
    n_transform = _transform_size(probe.depths.size)
    pulse = _pulse_spectrum(probe, fft.rfftfreq(n_transform, 1 / probe.sampling_frequency))
    return 2 * pulse.sum() / n_transform * _beam_spectrum(probe, np.zeros(1))[:, 0]


def elevation_level(probe: Probe) -> np.ndarray:
    """Level of speckle relative to the elevation focus, from diffraction out of the plane.

    The energy of diffuse echoes is proportional to 1/width of the beam across the plane. The width is the lens's diameter
    at the face and wavelength * focus / diameter at the focus, and grows again behind it.

    Parameters
    ----------
    probe : Probe

    Returns
    -------
    ndarray, (sample,)
        In dB, at most 0.
    """
    aperture, focus = probe.elevation_aperture, probe.elevation_focus
    at_focus = probe.wavelength * focus / aperture
    return -10 * np.log10(np.hypot(1.0, aperture * (1 - probe.depths / focus) / at_focus))


def _transform_size(n_samples: int) -> int:
    """A fast, even size with padding for the pulse, so that the end of a line does not wrap around to its start."""
    return 2 * fft.next_fast_len(n_samples // 2 + 64, real=True)


def _subbands(probe: Probe) -> tuple[np.ndarray, float]:
    low = probe.center_frequency - _EDGES[0] * probe.bandwidth
    high = probe.center_frequency + _EDGES[1] * probe.bandwidth
    centers = np.linspace(low, high, int(ECHO["subbands"].value))
    return centers, float(centers[1] - centers[0])


def _pulse_spectrum(probe: Probe, frequencies: np.ndarray) -> np.ndarray:
    """Gaussian two-way spectrum over the sub-bands, scaled so that unit white noise has a mean square envelope of 1."""
    centers, step = _subbands(probe)
    pulse = np.exp(-0.5 * ((frequencies - probe.center_frequency) / probe.bandwidth) ** 2)
    # Taper the spectrum beyond the outermost sub-bands. An abrupt end would ring through the whole line.
    pulse *= np.clip(np.minimum(frequencies - centers[0], centers[-1] - frequencies) / step + 1, 0, 1)
    n_transform = 2 * (frequencies.size - 1)
    return pulse * np.sqrt(n_transform / (4 * (pulse**2).sum()))


def _blur(lines: np.ndarray, probe: Probe) -> np.ndarray:
    """Blur across the lines with the beam at each depth."""
    n_lines = probe.angles.size
    n_transform = fft.next_fast_len(n_lines + n_lines // 8 + 16, real=True)
    spectrum = fft.rfft(np.ascontiguousarray(lines.T), n_transform, axis=1)
    spectrum *= _beam_spectrum(probe, 2 * np.pi * fft.rfftfreq(n_transform)).astype(np.float32)
    return np.ascontiguousarray(fft.irfft(spectrum, n_transform, axis=1)[:, :n_lines].T)


def _beam_spectrum(probe: Probe, q: np.ndarray) -> np.ndarray:
    """Transform of the beam across the lines, with unit energy, shape (sample, q). `q` is in radians per line."""
    depths = np.maximum(probe.depths, 1e-3)
    aperture, wavelength = probe.aperture, probe.wavelength
    received = wavelength * depths / np.minimum(aperture, depths / probe.f_number)
    sent = np.hypot(wavelength * depths / aperture, aperture * (1 - depths / probe.focus))
    # 0.45 fits a Gaussian to the main lobe of an aperture with its first zero at `received` (`sent`).
    sigma = 0.45 / np.hypot(1 / received, 1 / sent)
    step = probe.angles[1] - probe.angles[0]
    sigma_lines = (sigma / ((probe.apex_radius + depths) * step))[:, None]
    share = 10 ** (probe.pedestal / 20)
    grid = 2 * np.pi * np.arange(-256, 256) / 512

    def shape(frequency: np.ndarray) -> np.ndarray:
        main = np.exp(-0.5 * (sigma_lines * frequency) ** 2)
        width = ECHO["pedestal_width"].value
        # Two Gaussians have equal energy if their amplitudes are proportional to the square root of their widths.
        return main + share * np.sqrt(width) * np.exp(-0.5 * (width * sigma_lines * frequency) ** 2)

    return shape(q) / np.sqrt((shape(grid) ** 2).mean(axis=1, keepdims=True))
