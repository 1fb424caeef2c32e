"""The one-line error with which a file is refused."""

import pytest

from echoshift import EchoShiftError
from echoshift.formats import open_frame


def refused(path, selector=None, read=open_frame):
    """The message of the error, without the path with which it begins."""
    with pytest.raises(EchoShiftError) as caught:
        read(path if selector is None else f"{path}#{selector}")
    message = str(caught.value)
    assert message.startswith(str(path)) and "\n" not in message
    return message.removeprefix(str(path))
