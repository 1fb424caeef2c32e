"""Rules of the project: generated files, source files of a rule, and imports."""

import modulefinder
import re
import shutil
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

from common import ROOT
from echoshift.attacks.searches import SEARCHES
from echoshift.cli.main import VERBS, module_of
from echoshift.records.sources import _file, _imports, sources, sources_digest

PACKAGE = ROOT / "src/echoshift"


@pytest.mark.parametrize("verb", VERBS)
def test_a_verbs_sources_are_its_import_closure(verb):
    """Compared with the standard library's module finder, which reads the bytecode."""
    finder = modulefinder.ModuleFinder(path=[str(ROOT / "src")])
    finder.import_hook(f"echoshift.cli.{module_of(verb)}")
    found = {str(module.__file__) for name, module in finder.modules.items() if name.split(".")[0] == "echoshift"}
    assert set(sources(f"cli.{module_of(verb)}")) == found
    assert len(found) > 3


PARTS = {"strongest": {"corners", "bayesian", "cma_es"}, "nearest": {"strongest", "corners", "bayesian", "cma_es"}}
"""Searches that are made of others."""


def test_an_attack_depends_on_its_own_method_alone():
    for method, module in SEARCHES.items():
        names = {path.rsplit("/", 1)[-1] for path in sources("cli.attack", module)}
        assert names & {f"{other}.py" for other in SEARCHES} == {
            f"{part}.py" for part in PARTS.get(method, set()) | {method}
        }
        assert not names & {"transfer_learning.py", "main.py"}
        assert not names & {"openvino.py", "tensorflow.py"}  # the module of its engine is also given by name


def test_a_digest_of_sources_is_that_of_their_names_and_contents(monkeypatch, tmp_path):
    house = tmp_path / "echoshift"
    shutil.copytree(PACKAGE, house)
    monkeypatch.setattr("echoshift.records.sources.ROOT", house)

    def digest():
        for cached in (sources_digest, _imports, _file):
            cached.cache_clear()
        return sources_digest("cli.select")

    before = digest()
    (house / "cli/select.py").touch()
    (house / "cli/attack.py").write_text("# not of this verb")
    assert digest() == before
    (house / "storage/files.py").write_text((house / "storage/files.py").read_text() + "# of this verb")
    assert digest() != before
    monkeypatch.undo()
    for cached in (sources_digest, _imports, _file):
        cached.cache_clear()


ROOMS = [  # from the bottom up: a room imports only from its own floor and lower floors
    {"__init__", "errors"},
    {"settings", "geometry", "validation", "unknown_keys"},
    {"storage"},
    {"records", "statistics"},
    {"bmode", "frame"},
    {"reconstruction"},
    {"formats"},
    {"phantom", "classifiers", "jobs", "attacks"},
    {"accidental", "sensitivity"},
    {"study", "summary"},
    {"comparison"},
    {"figures", "lineage", "sheets"},
    {"inspection", "console"},
    {"cli", "__main__"},
]


FLOORS_OF_CLASSIFIERS = [  # the same within the largest room
    {"__init__", "protocols", "answers", "score_columns", "digest", "table", "tensorflow_setup", "openvino_setup"},
    {"defences"},
    {"backbones", "interface", "texture"},
    {"training"},
    {"rf_lines"},
    {"predictors"},
    {"adoption"},
    {"kinds", "evaluation", "standalone"},
]


def imports_within(house, package):
    """Each import between modules of a package: module, its room, the other module, its room."""
    for path in house.rglob("*.py"):
        parts = path.relative_to(house).with_suffix("").parts
        module = ".".join((package, *parts)).removesuffix(".__init__")
        for other in _imports(module):
            if other != module and other.startswith(f"{package}."):
                yield module, parts[0], other, other.removeprefix(f"{package}.").split(".")[0]


def test_within_the_classifiers_imports_run_downward_only():
    floor = {name: i for i, names in enumerate(FLOORS_OF_CLASSIFIERS) for name in names}
    for module, room, other, other_room in imports_within(PACKAGE / "classifiers", "echoshift.classifiers"):
        on_the_ground = floor[other_room] == 0
        assert floor[other_room] < floor[room] or other_room == room or on_the_ground, f"{module} imports {other}"


def test_imports_run_downward_only():
    """No upward imports, and no cycles of rooms or modules."""
    floor = {room: i for i, rooms in enumerate(ROOMS) for room in rooms}
    of_rooms, of_modules = {}, {}
    for module, room, other, other_room in imports_within(PACKAGE, "echoshift"):
        assert floor[other_room] <= floor[room], f"{module} imports upward from {other}"
        if other_room != room:
            of_rooms.setdefault(room, set()).add(other_room)
        if not module.startswith(f"{other}."):  # Python imports a module's own package first: not a dependency
            of_modules.setdefault(module, set()).add(other)
    for graph in (of_rooms, of_modules):
        TopologicalSorter(graph).prepare()


def test_snakemake_is_left_as_it_is():
    """The workflow assigns to no attributes and imports no private modules, which may change in the next Snakemake."""
    files = [ROOT / "Snakefile", *(ROOT / "workflow").rglob("*.smk"), *(ROOT / "workflow").rglob("Snakefile")]
    for path in files:
        text = path.read_text()
        assert not re.search(r"^\s*[\w.]+\.\w+(?:: \w+)? [-+*|]?= ", text, re.MULTILINE), path
        assert not re.search(r"setattr|shell\.(prefix|executable)", text), path
        assert set(re.findall(r"(?:from|import) (snakemake[\w.]*)", text)) <= {"snakemake.utils"}, path
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "workflow").rglob("*.py")]:
        assert not re.search(r"(?:from|import) snakemake\b", path.read_text()), path


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_planning_imports_no_science():
    code = "import sys, echoshift.study; print(sorted({'numpy', 'h5py', 'tensorflow', 'pandas'} & set(sys.modules)))"
    assert python("-c", code).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["reconstruct", "nowhere.h5", "-o", "x.png"], "nowhere.h5: cannot be read"),
        (["reconstruct", "config.yaml", "-o", "x.png"], "config.yaml: found a file beginning with"),
        (
            ["reconstruct", "config.yaml", "-o", "x.gif"],
            "--output: found 'x.gif', expected a name ending in .png or .zarr",
        ),
        (["inspect", "src"], "src: cannot be read (Is a directory)"),
        (["simulate", "frame", "--id", "x", "--label", "2", "-o", "x.h5"], "label"),
        (["simulate", "frame", "--id", "x", "--label", "1", "--samples", "100", "-o", "x.h5"], "samples"),
    ],
)
def test_the_command_line_says_what_is_wrong_in_one_line(arguments, expected):
    done = python("-m", "echoshift", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("echoshift: error: ") and expected in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_names_every_verb():
    shown = python("-m", "echoshift", "--help").stdout
    assert all(verb in shown for verb in VERBS)
