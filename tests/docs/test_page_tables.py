"""What the pages state as a table is what the code has."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from written import named, rows

import test_project
from common import ROOT
from echoshift.attacks.searches import SEARCHES
from echoshift.classifiers.defences import DEFENCES
from echoshift.classifiers.kinds import KINDS
from echoshift.classifiers.predictors.settings import ENGINES
from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.formats import IMPORTERS
from echoshift.formats.sidecar import SideCar
from echoshift.settings import PAPER, SETTINGS
from echoshift.statistics.success_rate import (
    KNOWN,
    NOT_ATTACKED,
    NOT_RUN,
    OF_TARGET,
    OUTCOMES,
    UNCONFIRMED,
    UNREACHABLE,
)
from echoshift.study.config import StudyConfig

REGISTRIES = {
    "IMPORTERS": IMPORTERS, "SEARCHES": SEARCHES, "KINDS": KINDS, "DEFENCES": DEFENCES, "ENGINES": ENGINES,
}  # fmt: skip


def firsts(page, heading):
    """What the first cells of the rows under a heading name, in order."""
    return [name for cells in rows(page, heading) for name in named(cells[0])]


def test_settings():
    listed = {}
    for cell, _, neutral, bounds, _ in rows("docs/attacks_and_bounds.md", "Settings to attack"):
        names = [f"tgc_{i}" for i in range(1, 9)] if "..." in cell else named(cell)
        values = [float(value) for value in re.findall(r"[\d.]+", neutral)]
        pairs = [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]*\d)\.\.(-?[\d.]*\d)", bounds)]
        for i, name in enumerate(names):
            listed[name] = (values[min(i, len(values) - 1)], *pairs[min(i, len(pairs) - 1)])
    assert set(listed) == set(SETTINGS) and tuple(listed)[:3] == PAPER
    for name, found in listed.items():
        setting = SETTINGS[name]
        assert found == pytest.approx((setting.initial, setting.low, setting.high), abs=6e-4), name


def test_searches_protocols_and_outcomes():
    assert firsts("docs/attacks_and_bounds.md", "The searches") == list(SEARCHES)
    assert firsts("docs/training.md", "Who judges whom: the protocol") == list(PROTOCOLS)
    assert firsts("docs/defences.md", "Defences")[: len(DEFENCES)] == list(DEFENCES)
    outcomes = {*OUTCOMES, NOT_RUN, NOT_ATTACKED, OF_TARGET, UNREACHABLE, KNOWN}
    outcomes.remove(UNCONFIRMED)  # which has a section of its own
    assert set(firsts("docs/reading_results.md", "How an attack ends")) == outcomes


def test_keys_of_side_cars_and_configurations():
    side_car = firsts("docs/your_recordings.md", "Side-cars: what a file does not say")
    assert set(side_car) == set(SideCar.model_fields) - {"recorded"}
    default = yaml.safe_load((ROOT / "config.yaml").read_text())
    left_out = firsts("docs/your_recordings.md", "4. Configuration")
    assert set(left_out) == set(StudyConfig.model_fields) - set(default)


def test_registries():
    places = dict(named(" ".join(cells)) for cells in rows("docs/house.md", "Add one of each"))
    assert places.keys() == REGISTRIES.keys()
    for name, path in places.items():
        assert re.search(rf"^{name}\b", (ROOT / path).read_text(), re.MULTILINE)


def test_every_importer_has_a_line():
    listed = " ".join(cells[0] for cells in rows("docs/formats.md", "Lines: RF, IQ, envelopes, grey levels")).lower()
    words = {"native": "echoshift hdf5", "duke": "dukeultrasound"}
    names = [importer.rsplit(".", 1)[-1] for importer in IMPORTERS]
    assert [name for name in names if words.get(name, name) not in listed] == []


def test_rooms():
    floors = {}
    for floor, names, _ in rows("docs/house.md", "The rooms"):
        floors.setdefault(int(floor), set()).update(name.rstrip("/") for name in named(names))
    assert list(floors.values()) == [rooms - {"__init__", "__main__"} for rooms in test_project.ROOMS]
    assert all(below + 1 == above for below, above in pairwise(floors))


def test_files_of_the_results_are_written_by_a_rule_or_the_package():
    sources = [*ROOT.glob("workflow/rules/*.smk"), *ROOT.glob("src/echoshift/**/*.py")]
    written = "\n".join(path.read_text() for path in sources)
    names = {
        Path(text).name
        for heading in ("The first place to look", "The other tables of the summary", "Everything that was asked")
        for cells in rows("docs/reading_results.md", heading)
        for text in named(" ".join(cells))
        if Path(text).suffix in (".csv", ".html", ".json", ".zarr")
    }
    assert len(names) > 12
    assert [name for name in names if name not in written] == []


def test_the_readme_has_the_numbers_of_the_measurements():
    """Each row of its table is, cell by cell, that of the same draw in the full table."""
    table = rows("docs/what_came_out.md", "The default study, three draws")
    full = {cells[0]: cells for cells in table if cells[1] == "cross-validation"}
    short = rows("README.md", "What came out")
    assert [cells[0] for cells in short] == ["1", "2", "3"]
    for seed, auc, accuracy, descent, control, strongest, robust in short:
        assert [auc, accuracy, descent] == full[seed][2:5]
        assert [control, strongest, robust] == full[seed][6:9]
