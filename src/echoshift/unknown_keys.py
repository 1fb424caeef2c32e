"""What to expect instead of a key that is not allowed where it was found, from a model's JSON schema."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

Schema = dict[str, Any]


def expected_instead(location: Sequence[str | int], schema: Schema) -> str:
    """What is expected instead of an unknown key: a similar one, the section it belongs in, or all keys that are allowed.

    Parameters
    ----------
    location : sequence of str or int
        Where the key was found, as pydantic's errors say: keys, places in lists and tags of unions, last the key itself.
    schema : dict
        Of the whole model.
    """
    *section, key = location
    allowed = _keys_at(section, schema)
    if similar := difflib.get_close_matches(str(key), allowed, 1):
        return f"a known key (is it {similar[0]}?)"
    for name, part in allowed.items():
        if any(key in one.get("properties", {}) for one in _options(part, schema)):
            return f"it in {name}"
    return f"one of {', '.join(allowed)}" if allowed else "a known key"


def _keys_at(section: Sequence[str | int], schema: Schema) -> dict[str, Schema]:
    """Keys that are allowed in a section, with what they hold. Empty if the schema does not tell."""
    parts = [schema]
    for step in section:
        parts = [inside for part in parts for one in _options(part, schema) for inside in _inside(one, step)] or parts
    found = [one["properties"] for part in parts for one in _options(part, schema) if "properties" in one]
    return found[0] if len(found) == 1 else {}


def _inside(part: Schema, step: str | int) -> Iterator[Schema]:
    """What a part holds at a key, at a place in a list, or for the tag of a union."""
    if "discriminator" in part:
        if step in (tags := part["discriminator"]["mapping"]):
            yield {"$ref": tags[step]}
    elif step in part.get("properties", {}):
        yield part["properties"][step]
    elif isinstance(step, int):
        yield from (part["items"],) if "items" in part else ()
    else:
        values = (part.get("additionalProperties"), *part.get("patternProperties", {}).values())
        yield from (one for one in values if isinstance(one, dict))


def _options(part: Schema, schema: Schema) -> Iterator[Schema]:
    """The parts that a value may be: of a reference what it refers to, of a union its members, unless tags tell them apart."""
    if "$ref" in part:
        yield from _options(schema["$defs"][part["$ref"].rpartition("/")[2]], schema)
        return
    yield part
    if "discriminator" in part:
        return
    for one in (*part.get("anyOf", ()), *part.get("oneOf", ()), *([part["items"]] if "items" in part else [])):
        yield from _options(one, schema)
