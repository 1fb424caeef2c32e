"""An RO-Crate of files, folders and the actions that made them, following the Process Run Crate profile.

The output is byte-reproducible: it does not depend on when, where or by whom it is written. It therefore has no
`datePublished`, which can be added on publication.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model import ContextEntity, Dataset, Entity, File
from rocrate.rocrate import ROCrate

from echoshift.storage.files import sha256_of_bytes, write_json

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
TERMS = "https://w3id.org/ro/terms/workflow-run/context"


class Crate:
    """A study's results with the actions that made them.

    Parameters
    ----------
    root : Path
        The results folder. Files outside it are listed by name only: their paths are specific to this machine.
    name : str
        Name of the study.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._crate = ROCrate(version="1.1")
        self._actions: list[Entity] = []
        self._known: dict[str, Entity] = {}  # the library scans all entities to look up a new one
        self._crate.metadata.extra_contexts.append(TERMS)
        root_dataset = self._crate.root_dataset
        del root_dataset["datePublished"]
        root_dataset["name"] = name
        root_dataset["description"] = "Results of EchoShift, and what each was made from"
        root_dataset["conformsTo"] = self._context(PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")

    def file(self, path: Path, sha256: str, outside: str | None = None) -> Entity:
        """Add a file. Outside the results, it needs a prefix that is unique in the study, such as `frames/F1`."""
        inside = self._inside(path)
        if inside is None:
            return self._context(f"#{quote(f'{outside}/{path.name}')}", "MediaObject", name=path.name, sha256=sha256)
        return self._once(inside, File, None, inside, sha256=sha256)

    def folder(self, path: Path, digest: str | None, means: str) -> Entity:
        """Add a folder of the results. The digest, a SHA-256, identifies its content; `means` says what both are."""
        properties = {"description": means} | ({"identifier": f"sha256:{digest}"} if digest else {})
        inside = self._inside(path)
        return self._once(inside, Dataset, None, inside, **properties)

    def action(
        self,
        verb: str,
        what: str,
        record: Mapping[str, Any],
        made_from: Iterable[Entity],
        made: Iterable[Entity],
        **parameters: Any,
    ) -> None:
        """Add one run of a verb.

        Parameters
        ----------
        verb, what : str
            What it was run for is unique per verb; both make the action's id.
        record : mapping
            Record from `echoshift.records.provenance`; supplies the versions.
        made_from, made : iterable of Entity
        **parameters
            Effective parameters, including the seed, as JSON values.
        """
        settings = [self._parameter(name, value) for name, value in parameters.items() if value is not None]
        action = self._context(
            f"#{verb}/{quote(what)}",
            "CreateAction",
            name=f"{verb} {what}",
            instrument=self._instrument(verb, record),
            object=[*made_from, *settings],
            result=list(made),
        )
        self._actions.append(action)

    def write(self, path: Path) -> None:
        """Write the crate's JSON-LD atomically."""
        self._crate.root_dataset["mentions"] = self._actions
        write_json(path, self._crate.metadata.generate())

    def _inside(self, path: Path) -> str | None:
        """Path relative to the results; None if the file is outside."""
        inside = Path(os.path.relpath(path, self._root)).as_posix()
        return None if inside.startswith("../") else inside

    def _context(self, identifier: str, kind: str, **properties: Any) -> Entity:
        return self._once(identifier, ContextEntity, identifier, **{"@type": kind, **properties})

    def _once(self, key: str, kind: type[Entity], *place: str | None, **properties: Any) -> Entity:
        if key not in self._known:
            self._known[key] = self._crate.add(kind(self._crate, *place, properties=properties))
        return self._known[key]

    def _instrument(self, verb: str, record: Mapping[str, Any]) -> Entity:
        """The verb with its software versions; runs with other versions get another instrument."""
        version, packages = record["echoshift_version"], record.get("packages", {})
        environment = sha256_of_bytes(json.dumps([version, packages], sort_keys=True).encode())
        needed = [
            self._context(f"#{name}-{found}", "SoftwareApplication", name=name, softwareVersion=found)
            for name, found in packages.items()
        ]
        return self._context(
            f"#echoshift-{verb}-{environment[:12]}",
            "SoftwareApplication",
            name=f"echoshift {verb}",
            softwareVersion=version,
            **({"softwareRequirements": needed} if needed else {}),
        )

    def _parameter(self, name: str, value: Any) -> Entity:
        """A parameter's value; actions with the same value share one entity."""
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        end = text if len(text) <= 32 else sha256_of_bytes(text.encode())[:16]
        return self._context(f"#parameter/{name}={quote(end)}", "PropertyValue", name=name, value=text)
