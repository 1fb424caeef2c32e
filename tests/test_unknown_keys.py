"""What to expect instead of an unknown key, by what is allowed at its place."""

from typing import Annotated, Literal

import pytest
from pydantic import Field

from echoshift.errors import EchoShiftError
from echoshift.validation import Name, Strict, checked


class Inner(Strict):
    low: float = 0
    high: float = 1


class Dark(Strict):
    kind: Literal["dark"]
    dark: Inner = Inner()
    parts: tuple[Inner, ...] = ()


class Bright(Strict):
    kind: Literal["bright"]
    lamp: str = ""


class Outer(Strict):
    entries: dict[Name, Annotated[Dark | Bright, Field(discriminator="kind")]] = Field(default_factory=dict)
    either: Inner | float = 0
    free: dict[str, Inner] = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"entrys": {}}, "entrys: found {}, expected a known key (is it entries?)"),
        ({"xyz": 1}, "xyz: found 1, expected one of entries, either, free"),
        ({"entries": {"a": {"kind": "dark", "low": 1}}}, "entries.a.low: found 1, expected it in dark"),
        ({"entries": {"a": {"kind": "dark", "lamp": 1}}}, "entries.a.lamp: found 1, expected one of kind, dark, parts"),
        ({"entries": {"a": {"kind": "bright", "dark": {}}}}, "entries.a.dark: found {}, expected one of kind, lamp"),
        (
            {"entries": {"a": {"kind": "dark", "dark": {"hih": 1}}}},
            "dark.hih: found 1, expected a known key (is it high?)",
        ),
        (
            {"entries": {"a": {"kind": "dark", "parts": [{"lw": 1}]}}},
            "parts.0.lw: found 1, expected a known key (is it low?)",
        ),
        ({"free": {"any": {"lamp": 1}}}, "free.any.lamp: found 1, expected one of low, high"),
        ({"entries": {"my-net": {"kind": "dark"}}}, "expected letters, digits and _, starting with a letter"),
    ],
)
def test_a_wrong_key_is_answered_with_what_is_allowed_there(value, expected):
    with pytest.raises(EchoShiftError) as refused:
        checked(Outer, value, "file")
    assert expected in str(refused.value) and "\n" not in str(refused.value)


def test_in_a_union_that_nothing_tells_apart_no_key_is_suggested_from_elsewhere():
    with pytest.raises(EchoShiftError, match=r"either.lamp: found 1, expected (a known key|one of low, high)"):
        checked(Outer, {"either": {"lamp": 1}}, "file")
