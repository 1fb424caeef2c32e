"""The one exception that a user's mistake raises."""


class EchoShiftError(Exception):
    """Something the user can mend: one line naming the file, the field, what was found and what was expected."""


class EchoShiftWarning(UserWarning):
    """Something the user should know about a file that is read nevertheless: one line."""
