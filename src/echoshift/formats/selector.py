"""Which frame of a file is meant by what stands behind `#` in a path."""

from echoshift.geometry import expect


def frame_number(selector: str | None, n: int, what: str = "frame") -> int:
    """The number of a frame, counted from 0.

    Parameters
    ----------
    selector : str or None
        A number; None or `0` where the file holds one.
    n : int
        How many the file holds.
    what : str
        Of what, for messages.

    Raises
    ------
    EchoShiftError
        If there is none with this number, or no selector for several.
    """
    expect(n > 0, what, "none in the file", "at least one")
    expected = f"a number from 0 to {n - 1} behind #" if n > 1 else "no selector: the file holds one"
    expect(selector is not None or n == 1, what, f"{n} in the file", expected)
    text = "0" if selector is None else selector
    expect(text.isascii() and text.isdecimal() and int(text[:20]) < n, what, f"#{text[:40]}", expected)
    return int(text[:20])
