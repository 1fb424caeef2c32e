"""`echoshift VERB ...`: finds the verb's module by its name, and turns a user's mistake into one line and exit code 1."""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from echoshift import __version__
from echoshift.errors import EchoShiftError

VERBS = (
    "inspect",
    "reconstruct",
    "simulate",
    "features",
    "train",
    "evaluate",
    "select",
    "attack",
    "attack_batch",
    "confirm",
    "summarise",
    "figures",
    "headline",
    "provenance",
)


class _Verbs(TyperGroup):
    """Imports a verb's module only when it is asked for: no job pays for another's packages."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: typer.Context, name: str) -> Any:
        if name not in VERBS:
            return None
        verb = typer.Typer(add_completion=False)
        verb.command(name=name)(getattr(import_module(f"echoshift.cli.{name}"), name))
        return typer.main.get_command(verb)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"echoshift {__version__}")
        raise typer.Exit


_app = typer.Typer(cls=_Verbs, add_completion=False, no_args_is_help=True)


@_app.callback()
def _echoshift(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """How far must the scanner's image settings move before a classifier's diagnosis flips?"""


def app(arguments: list[str] | None = None) -> Any:
    """Run the command line; the entry point of `echoshift`."""
    try:
        return _app(arguments)
    except EchoShiftError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or 'output'}: {error.strerror or error}")
    except MemoryError as error:
        _fail(f"out of memory ({error})")


def _fail(message: str) -> None:
    print(f"echoshift: error: {' '.join(message.split())}", file=sys.stderr)
    sys.stderr.flush()
    sys.exit(1)
