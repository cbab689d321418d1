"""A schema may grow and nothing else: what was written before and what is written now, both sides read."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.gateway.asyncapi.schema import schema_of
from shared.events import PUBLIC_EVENTS
from tests.contract.compatibility import Json, incompatibilities

KINDS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=3),
    "integer": st.integers(),
    "boolean": st.booleans(),
    "null": st.none(),
}
names = st.sampled_from(["url", "title", "description", "required", "attempt", "at"])
types = st.sampled_from([*KINDS])


@st.composite
def schemas(draw: st.DrawFn) -> Json:
    fields = draw(st.dictionaries(names, types, min_size=1))
    required = draw(st.sets(st.sampled_from(sorted(fields))))
    properties = {
        name: {"type": kind, "description": draw(st.text(max_size=3))} for name, kind in fields.items()
    }
    return {
        "title": draw(st.text(max_size=3)),
        "type": "object",
        "properties": properties,
        "required": [*required],
    }


@st.composite
def grown(draw: st.DrawFn, old: Json) -> Json:
    """With other words and further fields, none of them required."""
    more = draw(st.dictionaries(st.text(min_size=1), types))
    added = {name: {"type": kind} for name, kind in more.items() if name not in old["properties"]}
    kept = {name: {**field, "description": "anew"} for name, field in old["properties"].items()}
    return {**old, "title": "anew", "properties": {**added, **kept}}


@st.composite
def written(draw: st.DrawFn, schema: Json) -> Json:
    """What fits it: all that is required, and some of the rest."""
    fields = schema["properties"]
    there = set(schema["required"]) | draw(st.sets(st.sampled_from(sorted(fields))))
    return {name: draw(KINDS[fields[name]["type"]]) for name in there}


@given(st.data())
def test_a_grown_schema_is_compatible_and_each_reads_what_the_other_wrote(data: st.DataObject) -> None:
    old = data.draw(schemas())
    new = data.draw(grown(old))
    assert incompatibilities(old, old) == []
    assert incompatibilities(old, new) == []
    reader_of_before = Draft202012Validator(old)
    reader_of_before.validate(data.draw(written(new)))
    # The body may have, by chance, a field of a later name: a writer of before knew none.
    Draft202012Validator(new).validate(data.draw(written(old)))


@given(st.data())
def test_what_one_of_both_can_not_read_is_incompatible(data: st.DataObject) -> None:
    old, new = data.draw(schemas()), data.draw(schemas())
    if incompatibilities(old, new) == []:
        Draft202012Validator(old).validate(data.draw(written(new)))
        Draft202012Validator(new).validate(data.draw(written(old)))


@pytest.mark.parametrize("event", PUBLIC_EVENTS, ids=lambda event: event.__name__)
def test_every_way_to_break_a_reader_is_found(event: Any) -> None:
    old = schema_of(event)
    for name, field in old["properties"].items():
        gone = copy.deepcopy(old)
        del gone["properties"][name]
        assert incompatibilities(old, gone)[0] == f"{name} is gone"
        for other in ({**field, "type": "array"}, {**field, "maxLength": 1}, {**field, "default": "x"}):
            changed = {**old, "properties": {**old["properties"], name: other}}
            assert len(incompatibilities(old, changed)) == 1, other
        if name in old["required"]:
            fewer = {**old, "required": [one for one in old["required"] if one != name]}
            assert incompatibilities(old, fewer) == [f"{name} is no longer required"]
            assert incompatibilities(fewer, old) == [f"{name} is required now"]
    assert incompatibilities(old, {**old, "additionalProperties": False})
