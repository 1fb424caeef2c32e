"""The exception and the warning that EchoShift raises about user input."""


class EchoShiftError(Exception):
    """A problem the user can fix: one line with the file, the field, what was found and what was expected."""


class EchoShiftWarning(UserWarning):
    """A one-line notice about a file that can be read despite the issue."""
