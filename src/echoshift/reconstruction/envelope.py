"""The envelope of an RF frame: what does not depend on any attacked setting."""

import numpy as np

from echoshift.frame import EnvelopeFrame, RFFrame


def envelope(frame: RFFrame) -> EnvelopeFrame:
    """Magnitude of the analytic signal along each line, after the frame's optional band-pass.

    The transform runs in float64: deep echoes lie 100 dB below shallow ones of the same line, further than
    float32's rounding reaches. The result is float32.

    Parameters
    ----------
    frame : RFFrame
        Samples (line, sample).

    Returns
    -------
    EnvelopeFrame
        Envelope (line, sample), in the units of the samples; not compensated.
    """
    from scipy.signal import butter, hilbert, sosfiltfilt

    lines = frame.samples.astype(np.float64)
    if frame.band_pass is not None:
        sections = butter(4, frame.band_pass, btype="bandpass", fs=frame.sampling_frequency, output="sos")
        lines = sosfiltfilt(sections, lines, axis=1)  # forwards and backwards: no shift in depth
    return EnvelopeFrame(np.abs(hilbert(lines, axis=1)).astype(np.float32), **frame.acquisition())
