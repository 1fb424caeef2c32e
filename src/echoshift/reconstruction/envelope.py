"""The envelope of an RF frame: what does not depend on any attacked setting."""

import numpy as np

from echoshift.frame import EnvelopeFrame, RFFrame


def envelope(frame: RFFrame) -> EnvelopeFrame:
    """Magnitude of the analytic signal along each line, after the frame's optional band-pass, less a gain already applied.

    Complex samples, baseband or analytic, have it as their own magnitude. That of real samples is computed
    in float64: deep echoes lie 100 dB below shallow ones of the same line, further than
    float32's rounding reaches. The result is float32.

    Parameters
    ----------
    frame : RFFrame
        Samples (line, sample), real or complex.

    Returns
    -------
    EnvelopeFrame
        Envelope (line, sample), in the units of the samples; neither compensated nor with any other gain.
    """
    magnitude = np.abs(frame.samples.astype(np.complex128) if frame.is_iq else _analytic(frame))
    if frame.applied_gain is not None:
        # After the envelope, which a gain that varies over a pulse's length would distort the other way round.
        magnitude *= 10 ** (-frame.applied_gain / 20)
    acquisition = frame.acquisition() | {"applied_gain": None}
    return EnvelopeFrame(magnitude.astype(np.float32), **acquisition)


def _analytic(frame: RFFrame) -> np.ndarray:
    from scipy.signal import butter, hilbert, sosfiltfilt

    lines = frame.samples.astype(np.float64)
    if frame.band_pass is not None:
        sections = butter(4, frame.band_pass, btype="bandpass", fs=frame.sampling_frequency, output="sos")
        lines = sosfiltfilt(sections, lines, axis=1)  # forwards and backwards: no shift in depth
    # A line is no period: without silence behind it, its loud beginning would be heard in its deep end.
    n_samples = lines.shape[1]
    return hilbert(lines, N=2 * n_samples, axis=1)[:, :n_samples]
