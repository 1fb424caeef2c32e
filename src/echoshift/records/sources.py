"""Source files of a verb: its module and everything it imports from the package, directly or indirectly."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "echoshift"
ROOT = Path(__file__).resolve().parents[1]


def sources(*modules: str) -> list[str]:
    """Sorted source files of the modules and of everything they import from the package.

    Imports inside functions count. Modules imported by a name in a string (an attack's method) must be given explicitly.

    Parameters
    ----------
    *modules : str
        Names relative to the package, such as `cli.attack`, or full names, such as `echoshift.attacks.searches.sign_descent`.
    """
    waiting = {name if name.startswith(f"{PACKAGE}.") else f"{PACKAGE}.{name}" for name in modules}
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= set(_imports(name)) - found
    return sorted(str(_file(name)) for name in found)


@cache
def sources_digest(*modules: str) -> str:
    """SHA-256 over the names and contents of `sources(*modules)`, and of the files in `assets` folders beside them.

    Used as a parameter of the rule that calls the verb, so that an edit reruns only what the edited code makes.
    As rule inputs, the files would be checked and hashed once per job.
    """
    modules_of_verb = [Path(path) for path in sources(*modules)]
    assets = [path for folder in {path.parent for path in modules_of_verb} for path in (folder / "assets").glob("*")]
    files = [(path.relative_to(ROOT).as_posix(), path.read_bytes()) for path in (*modules_of_verb, *sorted(assets))]
    return hashlib.sha256(repr(files).encode()).hexdigest()


@cache
def _imports(name: str) -> tuple[str, ...]:
    parents = name.split(".")
    names = {".".join(parents[:i]) for i in range(1, len(parents))}  # importing a.b.c runs a and a.b first
    for node in ast.walk(ast.parse(_file(name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return tuple(one for one in names if one.split(".")[0] == PACKAGE and _file(one) is not None)


@cache
def _file(name: str) -> Path | None:
    path = ROOT.joinpath(*name.split(".")[1:])
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)
