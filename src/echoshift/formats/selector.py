"""Which frame of a file is meant by what stands behind `#` in a path."""

from echoshift.errors import EchoShiftError


def frame_number(selector: str | None, n_frames: int) -> int:
    """The number of a frame, counted from 0.

    Parameters
    ----------
    selector : str or None
        A number; None or `0` where the file holds one frame.
    n_frames : int
        Frames in the file.

    Raises
    ------
    EchoShiftError
        If there is no such frame, or no selector for several.
    """
    expected = f"#0 to #{n_frames - 1} behind the path" if n_frames > 1 else "no selector: the file holds one frame"
    if selector is None and n_frames > 1:
        raise EchoShiftError(f"frame: found no selector for {n_frames} frames, expected {expected}")
    text = selector or "0"
    if not (text.isascii() and text.isdecimal() and int(text) < n_frames):
        raise EchoShiftError(f"frame: found #{selector}, expected {expected}")
    return int(text)
