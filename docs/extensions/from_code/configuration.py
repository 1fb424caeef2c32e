"""The reference of `config.yaml`, as Markdown, from its JSON schema."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).parents[3] / "workflow/schemas/config.schema.json"
OF_SETTINGS = "SETTING"
"""Stands for the name of a setting in a key's path, as NAME does for a name of the user's."""
OF_LISTS = "N"
"""Stands for the number of an entry in a list."""

Schema = dict[str, Any]


def reference(schema: Schema | None = None) -> str:
    """A section for each key of the top level, and below it one for each kind of an entry."""
    schema = schema or json.loads(SCHEMA.read_text(encoding="utf-8"))
    return "\n".join(Reference(schema["$defs"]).top_level(schema))


@dataclass
class Reference:
    """Writes models of a schema as Markdown.

    Attributes
    ----------
    models : dict
        The schema's models, by name.
    described : set of str
        Keys that have an entry to link to. One that appears again, in another kind of entry, has none of its own.
    """

    models: dict[str, Schema]
    described: set[str] = field(default_factory=set)

    def top_level(self, schema: Schema) -> Iterator[str]:
        for name, key in schema["properties"].items():
            yield f"## {name}\n"
            yield from self.entry(name, key, name in schema.get("required", ()))
            yield from self.below(name, key)

    def entry(self, path: str, key: Schema, required: bool) -> Iterator[str]:
        """One key: its type, default and description."""
        yield f"````{{confval}} {path}"
        yield f":type: {json.dumps(self.words(key), ensure_ascii=False)}"
        yield f":default: {json.dumps(_default(key, required), ensure_ascii=False)}"
        yield ":no-contents-entry:"
        if path in self.described:
            yield ":no-index:"
        self.described.add(path)
        yield f"\n{key.get('description') or self.description(key)}\n\n````\n"

    def keys(self, path: str, properties: dict[str, Schema], required: Iterable[str]) -> Iterator[str]:
        """Keys of a model, each with what is below it."""
        later = []
        for name, key in properties.items():
            yield from self.entry(f"{path}.{name}", key, name in required)
            below = self.below(f"{path}.{name}", key)
            if self.kinds(key):  # has headings
                later.append(below)
            else:
                yield from below
        for below in later:
            yield from below

    def below(self, path: str, key: Schema) -> Iterator[str]:
        """Keys of what a key holds: a model, entries by name, or one of several kinds."""
        at, inner = _inner(path, key)
        for one in _choices(inner):
            if "oneOf" in one:
                yield from self.union(at, one)
            elif "$ref" in one:
                model = self.model(one)
                yield from self.keys(at, model["properties"], model.get("required", ()))

    def union(self, path: str, union: Schema) -> Iterator[str]:
        """What all kinds have, then what each has or has differently."""
        name = union["discriminator"]["propertyName"]
        members = {kind: self.model({"$ref": ref}) for kind, ref in union["discriminator"]["mapping"].items()}
        common = _common(list(members.values()), name)
        yield f"Every entry of `{path}` has these keys. What one {name} has besides, or has otherwise, follows.\n"
        yield from self.keys(path, common, _always_required(members.values()))
        for kind, model in members.items():
            own = {one: key for one, key in model["properties"].items() if common.get(one) != key}
            yield f"### {name}: {kind}\n"
            yield f"{model['description']}\n"
            yield from self.keys(path, own, model.get("required", ()))

    def model(self, ref: Schema) -> Schema:
        return self.models[ref["$ref"].rsplit("/", 1)[-1]]

    def kinds(self, key: Schema) -> bool:
        return any("oneOf" in one for one in _choices(_inner("", key)[1]))

    def description(self, key: Schema) -> str:
        """What the model that a key holds says of itself."""
        return " ".join(self.model(one)["description"] for one in _choices(_inner("", key)[1]) if "$ref" in one)

    def words(self, key: Schema) -> str:
        """The type of a key and its limits, in words."""
        return " or ".join(self._words(one) for one in _choices(key))

    def _words(self, one: Schema) -> str:
        if "const" in one:
            return f"`{json.dumps(one['const']).strip(chr(34))}`"
        if "enum" in one:
            return ", ".join(f"`{value}`" for value in one["enum"])
        if "$ref" in one:
            return "the keys below"
        if "oneOf" in one:
            return f"the keys below, by `{one['discriminator']['propertyName']}`"
        return {"array": self._list, "object": self._mapping, "string": _text}.get(one["type"], _number)(one)

    def _list(self, one: Schema) -> str:
        items = one.get("prefixItems") or [one["items"]]
        what = self.words(items[0])
        if "prefixItems" in one:
            return f"list of {len(items)} ({what})"
        return f"list of {what}{_limits(one, 'minItems', 'maxItems', of=' entries')}"

    def _mapping(self, one: Schema) -> str:
        at, inner = _inner("", one)
        return f"for each {at.lstrip('.')}: {self.words(inner)}{_limits(one, 'minProperties', of=' entry')}"


def _choices(key: Schema) -> list[Schema]:
    """Alternatives of a key, except null: that is a key left out. Kinds of entries, told apart by a key, are one."""
    one_of = [key] if "discriminator" in key else key.get("oneOf", [key])
    return [one for one in key.get("anyOf", one_of) if one.get("type") != "null"]


def _inner(path: str, key: Schema) -> tuple[str, Schema]:
    """What the entries of a mapping or a list hold, and their path. Of anything else, itself."""
    for one in _choices(key):
        if "patternProperties" in one:
            return f"{path}.NAME", next(iter(one["patternProperties"].values()))
        if isinstance(one.get("additionalProperties"), dict):
            return f"{path}.{OF_SETTINGS}", one["additionalProperties"]
        if "items" in one:
            return f"{path}.{OF_LISTS}", one["items"]
    return path, key


def _common(models: list[Schema], name: str) -> dict[str, Schema]:
    """Keys that all models have, each as most have it, and the key that tells them apart."""
    shared = [key for key in models[0]["properties"] if all(key in model["properties"] for model in models)]
    texts = {key: Counter(json.dumps(model["properties"][key]) for model in models) for key in shared if key != name}
    kinds = [model["properties"][name] for model in models]
    told = {"enum": [one["const"] for one in kinds], "description": f"the {name}; each has its own section below"}
    if defaults := [one["default"] for one in kinds if "default" in one]:
        told["default"] = defaults[0]
    return {name: told} | {key: json.loads(text.most_common(1)[0][0]) for key, text in texts.items()}


def _always_required(models: Iterable[Schema]) -> set[str]:
    return set.intersection(*(set(model.get("required", ())) for model in models))


def _default(key: Schema, required: bool) -> str:
    if required:
        return "none: the key is required"
    if key.get("default") is not None:
        return f"`{json.dumps(key['default'], ensure_ascii=False)}`"
    return "left out" if "default" in key or "anyOf" in key else "those of the keys below"


def _limits(one: Schema, least: str, most: str = "", of: str = "") -> str:
    low, high = one.get(least), one.get(most)
    if low is not None and high is not None:
        return f", {low} to {high}{of}"
    return f", at least {low}{of}" if low is not None else f", at most {high}{of}" if high is not None else ""


def _text(one: Schema) -> str:
    return f"text of the form `{one['pattern']}`" if "pattern" in one else "text"


def _number(one: Schema) -> str:
    if one["type"] == "boolean":
        return "`true` or `false`"
    words = {"integer": "whole number", "number": "number"}[one["type"]]
    bounds = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    return ", ".join([words, *(f"{says} {one[name]:.10g}" for name, says in bounds.items() if name in one)])
