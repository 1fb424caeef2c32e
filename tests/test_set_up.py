"""The set-up: which Python it takes, where uv looks for packages, what the locks hold."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys

import pytest

from common import ROOT

GOOD = f'exec {sys.executable} "$@"'
SHIM = "echo 'pyenv: the command exists in these Python versions: 3.12.1' >&2; exit 127"
WITHOUT_VENV = f'case "$2" in *ensurepip*) exit 1;; esac; {GOOD}'
OLD = 'case "$2" in *version_info*) exit 1;; esac'


def module(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"envs/{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def find(tmp_path):
    """Find a Python among stand-ins, which are all that the PATH has; return the process."""

    def found(*arguments, **stand_ins):
        for name, text in stand_ins.items():
            program = tmp_path / name.replace("_", ".")
            program.write_text(f"#!/bin/sh\n{text}\n")
            program.chmod(0o755)
        command = [shutil.which("sh"), ROOT / "envs/find_python.sh", *arguments]
        environment = {**os.environ, "PATH": str(tmp_path)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return found


def test_the_first_python_that_runs_and_can_make_a_venv_is_taken(find):
    done = find(python3_11=SHIM, python3_12=WITHOUT_VENV, python3_13=GOOD, python3=OLD)
    assert done.returncode == 0
    assert done.stdout.strip() == sys.executable
    assert done.stderr.startswith("Python 3.") and done.stderr.count("\n") == 1


def test_a_python_given_by_name_is_the_only_one_asked(find):
    assert find("python3.12", python3_11=GOOD, python3_12=GOOD).returncode == 0
    done = find("python3.12", python3_11=GOOD, python3_12=SHIM)
    assert done.returncode == 1 and "as python3.12:" in done.stderr


@pytest.mark.parametrize(
    ("stand_ins", "package"),
    [
        ({}, "python3-venv"),
        ({"python3": OLD, "python3_11": SHIM}, "python3-venv"),
        ({"python3": WITHOUT_VENV}, f"python3.{sys.version_info.minor}-venv"),
    ],
)
def test_without_a_python_one_line_names_the_systems_package(find, stand_ins, package):
    done = find(**stand_ins)
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.count("\n") == 1 and f"package {package}," in done.stderr


def test_a_set_up_whose_python_is_gone_is_made_anew(tmp_path):
    """What make would do, by its own word."""

    def planned():
        command = ["make", "-n", f"VENV={tmp_path / 'venv'}", tmp_path / "venv/installed"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "--clear" not in planned()
    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "venv/pyvenv.cfg").touch()
    (tmp_path / "venv/installed").touch()
    assert "up to date" in planned()
    (tmp_path / "venv/bin/python").unlink()
    (tmp_path / "venv/bin/python").symlink_to(tmp_path / "gone")
    assert "venv --clear" in planned()


def test_uv_looks_for_packages_where_pip_does():
    configuration = "\n".join(
        [
            ":env:.index-url='https://of.the/environment'",
            "global.index-url='https://of.a/file'",
            "global.extra-index-url='\\nhttps://one\\nhttps://two'",
            "install.find-links='/a /b'",
            "global.timeout='60'",
        ]
    )
    assert module("install").uv_environment(configuration, {"HOME": "/h", "UV_INDEX": "https://mine"}) == {
        "HOME": "/h",
        "UV_DEFAULT_INDEX": "https://of.the/environment",
        "UV_INDEX": "https://mine",
        "UV_FIND_LINKS": "/a,/b",
    }


@pytest.mark.parametrize("lock", ["requirements.lock", "peers.lock", "docs.lock"])
def test_a_lock_is_one_version_of_each_package_with_hashes_for_every_python(lock):
    text = (ROOT / "envs" / lock).read_text()
    entry = r"([a-z0-9-]+)==[^\s;]+ \\\n(?:    --hash=sha256:[0-9a-f]{64} \\\n)*    --hash=sha256:[0-9a-f]{64}\n"
    assert re.fullmatch(f"(?:{entry})+", text)
    names = re.findall(entry, text)
    assert names == sorted(set(names))


def test_locks_share_the_versions_of_their_packages():
    locks = [(ROOT / "envs" / name).read_text() for name in ("requirements.lock", "peers.lock", "docs.lock")]
    versions = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", "\n".join(locks), re.MULTILINE):
        assert versions.setdefault(name, version) == version, name
    assert {"numpy", "sphinx", "simpleitk"} <= set(versions)


def test_the_conda_environment_matches_the_lock():
    assert (ROOT / "envs/conda.yaml").read_text() == module("conda_from_lock").conda_environment()
