"""The reference of the command line, as Markdown, from the verbs themselves."""

import inspect
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import typer

from echoshift.cli import main

GROUPS = {"Commands": main.COMMANDS, "Steps of the workflow": main.STEPS}


def reference() -> str:
    """A section for each group of verbs, and in it one for each verb."""
    return "\n".join(line for title, verbs in GROUPS.items() for line in _group(title, verbs))


def _group(title: str, verbs: tuple[str, ...]) -> Iterator[str]:
    group = typer.main.get_command(main._app)
    yield f"## {title}\n"
    for verb in verbs:
        yield from section(verb, group.get_command(None, verb))


def section(verb: str, command: Any) -> Iterator[str]:
    """Lines about one command: its help, its usage, then its arguments and options in the groups of `--help`."""
    program = f"echoshift {verb}"
    context = typer.Context(command, info_name=program)
    yield f"### {verb}\n"
    yield f"{inspect.cleandoc(command.help)}\n"
    yield f"```text\n{' '.join(command.get_usage(context).split()).removeprefix('Usage: ')}\n```\n"
    yield f"```{{program}} {program}\n```\n"
    for panel, parameters in groupby(command.params, key=lambda one: one.rich_help_panel):
        if panel:
            yield f"**{panel}**\n"
        for one in parameters:
            yield from _entry(one, context)


def _entry(parameter: Any, context: typer.Context) -> Iterator[str]:
    words, _ = parameter.get_help_record(context)
    words = re.sub(
        r"\.\.\. <list\[(\w+)\]>", lambda found: f" <{found[1].lower()}>...", words
    )  # an argument of several values
    facts = []
    if parameter.required:
        facts = ["Required."]
    elif parameter.default not in (None, False, [], ()):
        facts = [f"Default: `{parameter.default}`."]
    yield f"````{{option}} {words}\n"
    yield f"{' '.join([parameter.help or '', *facts]).strip()}\n"
    yield "````\n"
