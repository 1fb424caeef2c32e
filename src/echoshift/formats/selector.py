"""Frame numbers given after `#` in a path."""

from echoshift.geometry import expect


def frame_number(selector: str | None, n: int, what: str = "frame") -> int:
    """Parse a frame number, counted from 0.

    Parameters
    ----------
    selector : str or None
        A number. May be None if the file holds a single frame.
    n : int
        Number of frames in the file.
    what : str
        What is counted, for messages.

    Raises
    ------
    EchoShiftError
        If the number does not exist, or if there are several frames but no selector.
    """
    expect(n > 0, what, "none in the file", "at least one")
    expected = f"a number from 0 to {n - 1} after #" if n > 1 else "no selector: the file holds one"
    expect(selector is not None or n == 1, what, f"{n} in the file", expected)
    text = "0" if selector is None else selector
    expect(text.isascii() and text.isdecimal() and int(text[:20]) < n, what, f"#{text[:40]}", expected)
    return int(text[:20])
