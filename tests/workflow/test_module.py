"""The workflow as a module of another Snakefile, by the path of a checkout."""

import shutil

from study_project import COLD

from common import ROOT

SNAKEFILE = """
configfile: "study.yaml"


module echoshift:
    snakefile: "{snakefile}"
    config: config


use rule * from echoshift as es_*


rule own:
    input:
        rules.es_all.input,
    output:
        "own.txt",
    shell:
        "(set; env) > {{output}}"
"""


def test_a_finished_study_is_finished_for_a_module_too_and_goes_on(project):
    """The configuration is the caller's. The `config.yaml` of the folder is not used."""
    (project.folder / "config.yaml").rename(project.folder / "study.yaml")
    (project.folder / "config.yaml").write_text("not: a study")
    (project.folder / "Snakefile").write_text(SNAKEFILE.format(snakefile=ROOT / "Snakefile"))
    project.house = project.folder
    before = project.tables()
    assert not project.run("es_all")
    folder = min(project.results.glob("attacks/once/descent/F*"))
    shutil.rmtree(folder)
    jobs = project.run("own", PYTHONPATH="")
    assert jobs == {
        "es_attack": 1,
        "es_confirm": 1,
        "es_summarise": 1,
        "es_figures": 1,
        "es_page": 1,
        "es_provenance": 1,
        "own": 1,
    }
    assert (folder / "record.json").is_file() and project.tables() == before
    # EchoShift does not affect the caller's own rules.
    assert str(ROOT / "src") not in (project.folder / "own.txt").read_text()


def test_the_catalogues_snakefile_makes_the_same_study(project):
    project.house = ROOT / "workflow"
    assert not project.run()
    shutil.rmtree(project.results / "summary")
    assert {"summarise", "figures", "provenance"} <= set(project.run("-n"))


def test_without_a_package_one_line_says_so(project, tmp_path):
    house = tmp_path / "house"
    shutil.copytree(ROOT / "workflow", house / "workflow")
    shutil.copy(ROOT / "Snakefile", house)
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\nu.find_spec = lambda name, *a: None if name == 'echoshift' else find(name, *a)\n"
    )
    project.house, project.programs = house, COLD
    assert not project.run(succeed=False, PYTHONPATH=str(blocked))
    (complaint,) = project.complaints
    assert "src/echoshift: package not found, expected it there or installed" in complaint
