"""The references of the documentation: nothing of the code is missing in them."""

import copy
import inspect
import json
import re
import sys
from importlib import import_module
from typing import Annotated, get_args, get_type_hints

import pytest
import typer

from common import ROOT
from echoshift.cli.main import VERBS, module_of
from echoshift.settings import SETTINGS, Setting

sys.path.insert(0, str(ROOT / "docs/extensions"))

from from_code import commands, configuration, filled_in, settings

SCHEMA = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text())
PAGES = {name: (ROOT / f"docs/{name}.md").read_text() for name in ("configuration", "commands", "settings")}


@pytest.fixture
def schema():
    """A copy to plant keys in."""
    return copy.deepcopy(SCHEMA)


def paths_of(schema, node=SCHEMA, path=""):
    """Path of each key of a schema, wherever a model of keys may stand."""
    if isinstance(node, list):
        for one in node:
            yield from paths_of(schema, one, path)
        return
    for word, value in node.items():
        if word == "properties":
            for name, key in value.items():
                yield f"{path}.{name}".lstrip(".")
                yield from paths_of(schema, key, f"{path}.{name}")
        elif word == "$ref":
            yield from paths_of(schema, schema["$defs"][value.split("/")[-1]], path)
        elif word in ("anyOf", "oneOf"):
            yield from paths_of(schema, value, path)
        elif word == "patternProperties":
            yield from paths_of(schema, list(value.values()), f"{path}.NAME")
        elif word == "additionalProperties" and isinstance(value, dict):
            yield from paths_of(schema, value, f"{path}.SETTING")
        elif word == "items":
            yield from paths_of(schema, value, f"{path}.N")


def entries(page, directive):
    """Text of each entry, by its first line. Later ones of the same name are appended."""
    found = {}
    for name, text in re.findall(rf"^````{{{directive}}} (.*)\n((?:.*\n)*?)````$", page, re.MULTILINE):
        found[name] = found.get(name, "") + text
    return found


def section(page, title):
    """What stands between a heading and the next one."""
    return re.search(rf"^#+ {re.escape(title)}\n((?:(?!#).*\n)*)", page, re.MULTILINE)[1]


def test_every_key_has_an_entry_with_its_description():
    page = filled_in(PAGES["configuration"])
    expected = set(paths_of(SCHEMA))
    assert set(entries(page, "confval")) == expected and len(expected) > 130
    assert "attacks.NAME.settings.SETTING.rate" in expected and "classifiers.NAME.input.numbers.mean" in expected
    models = [SCHEMA, *SCHEMA["$defs"].values()]
    for key in (key for model in models for key in model["properties"].values()):
        assert key.get("description", "") in page
    for model in SCHEMA["$defs"].values():
        for choice in model["properties"].values():
            assert all(f"`{value}`" in page for value in choice.get("enum", ()))


def test_an_entry_says_type_limits_and_default():
    page = configuration.reference()
    found = entries(page, "confval")
    assert ':type: "whole number, at least 16, at most 1024"' in found["simulation.lines"]
    assert ':default: "`192`"' in found["simulation.lines"]
    assert "list of 2 (whole number, at least 16, at most 4096)" in found["reconstruction.shape"]
    assert "the key is required" in found["cohorts.frames"] and "left out" in found["cohorts.images"]
    assert ":type: \"`pixel`, `m`\"" in found["recorded.geometry.unit"]  # fmt: skip


def test_a_kind_has_what_differs_from_the_others_alone():
    page = configuration.reference()
    common = entries(section(page, "attacks"), "confval")
    assert "`105`" in common["attacks.NAME.max_queries"] and "attacks.NAME.seed" not in common
    strongest = entries(section(page, "method: strongest"), "confval")
    assert "`150`" in strongest["attacks.NAME.max_queries"]
    assert set(strongest) == {f"attacks.NAME.{name}" for name in ("method", "max_queries", "seed")}
    assert "attacks.NAME.screen" in entries(section(page, "method: lattice"), "confval")
    assert set(entries(section(page, "method: corners"), "confval")) == {"attacks.NAME.method"}


def test_a_planted_key_appears_where_it_was_planted(schema):
    planted = {"type": "integer", "minimum": 7, "default": 8, "description": "a planted key"}
    for properties in (schema["properties"], *(schema["$defs"][name]["properties"] for name in ("Bounds", "Server"))):
        properties["planted"] = planted
    schema["$defs"]["LatticeSettings"]["properties"]["planted_too"] = planted
    page = configuration.reference(schema)
    found = entries(page, "confval")
    assert set(found) == set(paths_of(schema, schema))
    new = set(found) - set(paths_of(SCHEMA))
    assert {"planted", "attacks.NAME.settings.SETTING.planted", "classifiers.NAME.server.planted"} <= new
    assert all("at least 7" in found[name] and "`8`" in found[name] and "a planted key" in found[name] for name in new)
    assert "attacks.NAME.planted_too" in entries(section(page, "method: lattice"), "confval")


@pytest.mark.parametrize("verb", VERBS)
def test_every_parameter_of_every_verb_has_an_entry(verb):
    """Compared with the verb's function."""
    text = section(filled_in(PAGES["commands"]), verb)
    function = getattr(import_module(f"echoshift.cli.{module_of(verb)}"), module_of(verb))
    assert " ".join(inspect.getdoc(function).split()) in " ".join(text.split())
    found = entries(text, "option")
    hints = get_type_hints(function, include_extras=True)
    for name in inspect.signature(function).parameters:
        about = get_args(hints[name])[1]
        is_option = isinstance(about, typer.models.OptionInfo)
        words = [word for word in (about.default, *(about.param_decls or ())) if str(word).startswith("-")]
        words = words or [f"--{name.replace('_', '-')}" if is_option else name]
        (entry,) = [entry for entry in found if set(words) <= set(re.split(r"[ ,/]+", entry))]
        assert about.help in found[entry]
    assert len(found) == len(inspect.signature(function).parameters)


def test_a_planted_option_appears_with_its_default():
    app = typer.Typer(add_completion=False)

    @app.command()
    def planted(
        file: Annotated[str, typer.Argument(help="A file.")],
        depth: Annotated[float, typer.Option("-d", "--depth", help="A depth.")] = 0.25,
    ) -> None:
        """Dig."""

    found = entries("\n".join(commands.section("planted", typer.main.get_command(app))), "option")
    assert "A depth. Default: `0.25`." in found["-d, --depth <float>"]
    assert "A file. Required." in found["file <str>"]


def test_every_setting_has_a_row_with_its_numbers(monkeypatch):
    monkeypatch.setitem(
        SETTINGS, "planted", Setting("planted", "P", "m", "odd integer", "a planted setting", 3, 1, 9, 2, 4, 1, 11)
    )
    rows = [line.strip("| ").split(" | ") for line in settings.reference().splitlines()[2:]]
    assert [re.search(r"`(\w+)`", row[0])[1] for row in rows] == list(SETTINGS)
    assert rows[-1][1:] == ["P", "m", "a planted setting; odd integer", "3", "1 to 9", "2", "4", "1 to 11"]
    assert rows[0][2:] == ["dB/(cm MHz)", "attenuation compensation", "0.9", "0.5 to 1.3", "0.05", "0.05", "none"]


def test_each_reference_has_its_page():
    assert all(f"<!-- from code: {name} -->" in page for name, page in PAGES.items())
    assert all("<!-- from code" not in filled_in(page) for page in PAGES.values())
    with pytest.raises(KeyError):
        filled_in("<!-- from code: nothing -->")
