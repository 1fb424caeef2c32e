"""Envelope detection, which does not depend on any setting."""

import numpy as np

from echoshift.frame import EnvelopeFrame, RFFrame


def envelope(frame: RFFrame | EnvelopeFrame) -> EnvelopeFrame:
    """Magnitude of the analytic signal along each line, after the optional band-pass and with any applied gain removed.

    For complex samples (baseband or analytic) this is their magnitude. For real samples it is computed in float64,
    because deep echoes can lie 100 dB below shallow ones of the same line, beyond the accuracy of float32. The result is
    float32.

    Parameters
    ----------
    frame : RFFrame or EnvelopeFrame
        Samples (line, sample), real or complex, or a detected envelope, which only loses its applied gain.

    Returns
    -------
    EnvelopeFrame
        Envelope (line, sample), in the units of the samples, without compensation or any other gain.
    """
    if isinstance(frame, EnvelopeFrame):
        if frame.applied_gain is None:
            return frame
        magnitude = frame.envelope.astype(np.float64)
    else:
        magnitude = np.abs(frame.samples.astype(np.complex128) if frame.is_iq else _analytic(frame))
    if frame.applied_gain is not None:
        # Remove the gain after envelope detection, because a gain that varies over a pulse's length distorts the envelope.
        magnitude *= 10 ** (-frame.applied_gain / 20)
    acquisition = frame.acquisition() | {"applied_gain": None}
    return EnvelopeFrame(magnitude.astype(np.float32), **acquisition)


def _analytic(frame: RFFrame) -> np.ndarray:
    from scipy.signal import butter, hilbert, sosfiltfilt

    lines = frame.samples.astype(np.float64)
    if frame.band_pass is not None:
        sections = butter(4, frame.band_pass, btype="bandpass", fs=frame.sampling_frequency, output="sos")
        lines = sosfiltfilt(sections, lines, axis=1)  # forwards and backwards, so no shift in depth
    # Zero-pad the lines. Otherwise the loud start of a line would leak into its deep end (circular convolution).
    n_samples = lines.shape[1]
    return hilbert(lines, N=2 * n_samples, axis=1)[:, :n_samples]
