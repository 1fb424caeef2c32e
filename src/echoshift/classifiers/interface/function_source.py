"""Find and import a user's Python function, named `package.module:function`."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from echoshift.errors import EchoShiftError


def function_file(function: str, folder: str) -> str | None:
    """File of the function's module in the folder of the configuration. None if it is not there."""
    place = Path(folder, *function.partition(":")[0].split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((str(file) for file in files if file.is_file()), None)


def import_function(function: str, folder: str) -> tuple[Callable[..., Any], str]:
    """Import the function from the folder of the configuration, else from the environment.

    Returns
    -------
    callable
    str
        The source file of its module.
    """
    module_name, _, name = function.partition(":")
    if (place := str(Path(folder).resolve())) not in sys.path:
        sys.path.insert(0, place)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise EchoShiftError(
            f"function: {function}: found no module {error.name!r}, expected one in {folder} or in the environment"
        ) from None
    except (Exception, SystemExit) as error:  # the user's own code
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise EchoShiftError(f"function: {function}: its module fails: {reason}") from None
    found = getattr(module, name, None)
    if not callable(found):
        raise EchoShiftError(f"function: {function}: found no function {name!r} in {module.__file__}, expected one")
    source = Path(str(module.__file__))
    inside = source.is_relative_to(Path.cwd())  # a relative path stays valid where the study is moved
    return found, str(source.relative_to(Path.cwd()) if inside else source)
