"""`echoshift VERB ...`: finds the module of a command by name, and reports user errors in one line with exit code 1."""

import sys
import warnings
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from echoshift import __version__
from echoshift.cli.printing import print_warnings
from echoshift.cli.screen import redirect, screen
from echoshift.errors import EchoShiftError, EchoShiftWarning

COMMANDS = (
    "inspect",
    "import",
    "sheet",
    "reconstruct",
    "probe",
    "simulate",
    "headline",
    "page",
    "explore",
    "export-classifier",
    "compare",
)
STEPS = (
    "features", "train", "evaluate", "select", "attack", "confirm", "accidental", "accidental-results", "sensitivity",
    "sensitivity-results", "summarise", "figures", "provenance",
)  # fmt: skip
VERBS = COMMANDS + STEPS


def module_of(verb: str) -> str:
    """Name of a command's module in `echoshift.cli`, and of its function there. `import` is a Python keyword."""
    return "import_frame" if verb == "import" else verb.replace("-", "_")


class _Verbs(TyperGroup):
    """Imports the module of a command only when needed, so that no job imports the packages of other commands."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: typer.Context, name: str) -> Any:
        if name not in VERBS:
            return None
        verb = typer.Typer(add_completion=False)
        module = module_of(name)
        panel = "Commands" if name in COMMANDS else "Steps of the workflow"
        verb.command(name=name, rich_help_panel=panel)(getattr(import_module(f"echoshift.cli.{module}"), module))
        return typer.main.get_command(verb)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"echoshift {__version__}")
        raise typer.Exit


_python_showwarning = warnings.showwarning
_app = typer.Typer(cls=_Verbs, add_completion=False, no_args_is_help=True)


@_app.callback()
def _echoshift(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
    log: Annotated[
        Path | None, typer.Option(callback=redirect, help="File for messages (default: the screen).")
    ] = None,
) -> None:
    """Measure how far a scanner's image settings must move before a classifier's diagnosis flips."""


def app(arguments: list[str] | None = None) -> Any:
    """Run the command line. This is the entry point of `echoshift`."""
    warnings.showwarning = _show_warning
    try:
        return _app(arguments)
    except EchoShiftError as error:
        message = str(error)
    except OSError as error:
        message = f"{error.filename or 'output'}: {error.strerror or error}"
    except MemoryError as error:
        message = f"out of memory ({error})"
    except Exception as error:
        if screen():
            print(f"{type(error).__name__}: {error}", file=screen(), flush=True)
        raise
    # Not inside `except`: the error keeps a progress bar open, which would be redrawn after the message.
    for place in filter(None, (sys.stderr, screen())):
        with suppress(OSError):  # a log on a full disk
            print(f"echoshift: error: {' '.join(message.split())}", file=place, flush=True)
    sys.exit(1)


def _show_warning(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
    """Print EchoShift's warnings as one line, and others as Python does."""
    if issubclass(category, EchoShiftWarning):
        print_warnings([message])
    else:
        _python_showwarning(message, category, *where, **more)
