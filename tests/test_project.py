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


def test_an_attack_depends_on_its_own_method_alone():
    names = {
        method: {path.rsplit("/", 1)[-1] for path in sources("cli.attack", module)}
        for method, module in SEARCHES.items()
    }
    assert "sign_descent.py" in names["sign_descent"] and "random_search.py" not in names["sign_descent"]
    assert "random_search.py" in names["random_search"] and "sign_descent.py" not in names["random_search"]
    assert "training.py" not in names["sign_descent"] and "main.py" not in names["sign_descent"]
    assert (
        not {"openvino.py", "tensorflow.py"} & names["sign_descent"]
    )  # the module of its engine is also given by name


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
    {"settings", "geometry", "validation"},
    {"storage"},
    {"records", "statistics"},
    {"frame"},
    {"reconstruction"},
    {"formats"},
    {"phantom", "classifiers", "attacks"},
    {"study", "summary"},
    {"figures", "lineage"},
    {"inspection"},
    {"cli", "__main__"},
]


FLOORS_OF_CLASSIFIERS = [  # the same within the largest room
    {"__init__", "protocols", "answers", "digest", "table", "tensorflow_setup", "openvino_setup"},
    {"backbones"},
    {"predictors", "training"},
    {"kinds", "evaluation"},
]


def test_within_the_classifiers_imports_run_downward_only():
    floor = {name: i for i, names in enumerate(FLOORS_OF_CLASSIFIERS) for name in names}
    house = PACKAGE / "classifiers"
    for path in house.rglob("*.py"):
        parts = path.relative_to(house).with_suffix("").parts
        module = ".".join(("echoshift.classifiers", *parts)).removesuffix(".__init__")
        for other in _imports(module):
            if other.startswith("echoshift.classifiers."):
                own = other.split(".")[2]
                assert floor[own] <= floor[parts[0]], f"{module} imports upward from {other}"
                assert floor[own] < floor[parts[0]] or own == parts[0] or not floor[own], f"{module}: {other}"


def test_imports_run_downward_only():
    """No upward imports, and no cycles of rooms or modules."""
    floor = {room: i for i, rooms in enumerate(ROOMS) for room in rooms}
    of_rooms, of_modules = {}, {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        module, room = ".".join(("echoshift", *parts)).removesuffix(".__init__"), parts[0]
        for other in set(_imports(module)) - {"echoshift", module}:
            other_room = other.split(".")[1]
            assert floor[other_room] <= floor[room], f"{module} imports upward from {other}"
            if other_room != room:
                of_rooms.setdefault(room, set()).add(other_room)
            if not module.startswith(
                f"{other}."
            ):  # Python imports a module's own package first, which is not a dependency
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


def test_planning_imports_no_science():
    code = "import sys, echoshift.study; print(sorted({'numpy', 'h5py', 'tensorflow', 'pandas'} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


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
    done = subprocess.run(
        [sys.executable, "-m", "echoshift", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("echoshift: error: ") and expected in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_names_every_verb():
    done = subprocess.run([sys.executable, "-m", "echoshift", "--help"], capture_output=True, text=True, check=True)
    assert all(verb in done.stdout for verb in VERBS)
