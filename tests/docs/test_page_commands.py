"""Commands, make targets and paths that the pages name exist."""

import re
import shlex

import pytest
import typer
from written import PAGES, blocks, named, prose, rows

from common import ROOT
from echoshift.cli import main


def lines(page):
    """Lines of a page that can be typed: those of plain fenced blocks, and what stands in backquotes."""
    shown = "".join(blocks(page, "")).replace("\\\n", " ")
    return [*shown.splitlines(), *(" ".join(text.split()) for text in named(prose(page)))]


def calls(page):
    """Verb and arguments of each call of `echoshift`."""
    for line in lines(page):
        if re.match(r"echoshift [a-z]", line):
            _, verb, *arguments = shlex.split(line, comments=True)
            yield verb, arguments


ALL_CALLS = [(page, verb, arguments) for page in PAGES for verb, arguments in calls(page)]


@pytest.mark.parametrize(("page", "verb", "arguments"), ALL_CALLS)
def test_commands_and_their_options_exist(page, verb, arguments):
    assert verb in main.VERBS
    parameters = typer.main.get_command(main._app).get_command(None, verb).params
    options = {option for parameter in parameters for option in parameter.opts} | {"--help"}
    assert {word for word in arguments if re.match(r"--?[a-z]", word)} <= options


def test_the_pages_show_every_command():
    assert {verb for _, verb, _ in ALL_CALLS} >= set(main.COMMANDS) - {"simulate"}


def test_make_targets_exist():
    targets = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split())
    used = {
        target for page in PAGES for line in lines(page) for target in re.findall(r"^make (?:\w+=\S+ )*([a-z]+)", line)
    }
    assert used <= targets
    listed = {
        *(name for cells in rows("docs/start.md", "The make targets") for name in named(cells[0])),
        *(name for cells in rows("docs/house.md", "Make targets for contributors") for name in named(cells[0])),
    }
    assert listed == {f"make {target}" for target in targets - {"help", "again"}}


@pytest.mark.parametrize("page", PAGES)
def test_paths_exist(page):
    for word in " ".join(lines(page)).split():
        if re.fullmatch(r"(src|tests|docs|workflow|envs|resources|\.ci)/[\w./-]+", word):
            assert (ROOT / word).exists() or word.startswith("docs/_build/"), word
    for name in set(re.findall(r"`(\w+\.yaml)`", PAGES[page])) - {"NAME.yaml"}:
        assert any((ROOT / folder / name).exists() for folder in ("", "resources/studies")), name
