"""Records as rows: what is stored reads back the same, whatever it was,
and every change is noted."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from console.journal import cleaning, encoding, spill
from console.journal.canonical_json import canonical, writer
from console.journal.records import BadRecord, JournalRecord

AT = datetime(2026, 11, 20, 15, 47, 3, 123456, tzinfo=UTC)


def record(**changes: Any) -> JournalRecord:
    return replace(JournalRecord("call.returned", AT, "tool", UUID(int=7)), **changes)


def stored(made: JournalRecord) -> JournalRecord:
    """The record as it would be read back, without a database."""
    row = encoding.row(made)
    data = json.loads(dict(zip(encoding.COLUMNS, row.params, strict=True))["data"] or "")
    return replace(row.record, data=data)


def test_an_ordinary_record_is_stored_as_it_is() -> None:
    made = record(data={"call": "1.1", "result": {"ok": True, "n": [1, 2.5, None, "ü"]}})
    assert encoding.row(made).record is made


@given(st.text(), st.one_of(st.none(), st.integers(0, 9)), st.dictionaries(st.text(), st.text()))
def test_the_digest_is_of_the_envelope_and_the_salted_content(
    word: str, step: int | None, data: dict[str, str]
) -> None:
    row = encoding.row(
        record(
            actor=word,
            rule=word,
            step=step,
            usd=None if step else Decimal(3),
            duration=step,
            data=data,
        )
    )
    kept, params = row.record, dict(zip(encoding.COLUMNS, row.params, strict=True))
    names = ("actor", "kind", "rule", "step", "tokens_in", "tokens_out", "visibility")
    facts = {name: getattr(kept, name) for name in names}
    money = {
        "usd": None if kept.usd is None else "3.000000000",
        "duration_us": None if step is None else step * 1_000_000,
    }
    more = {
        "ts": "2026-11-20T15:47:03.123456+00:00",
        "correlation_id": str(kept.correlation_id),
        "format": 2,
    }
    envelope = {
        name: value for name, value in {**facts, **more, **money}.items() if value not in (None, "")
    }
    salt = bytes.fromhex((params["salt"] or "")[2:])
    body = hashlib.sha256(salt + canonical(dict(kept.data)).encode()).digest()
    assert row.digest == hashlib.sha256(canonical(envelope).encode() + body).digest()
    assert params["body"] == "\\x" + body.hex()


def test_a_row_says_what_it_said_when_this_format_was_fixed() -> None:
    made = record(
        agent="refund-desk",
        principal="7",
        tool="get_order",
        step=2,
        usd=Decimal("0.0123"),
        duration=0.25,
        data={"ö": [1, None]},
    )
    row = encoding.row(made, bytes)
    assert (
        encoding.envelope_of(made) == b'{"actor":"tool","agent":"refund-desk",'
        b'"correlation_id":"00000000-0000-0000-0000-000000000007","duration_us":250000,"format":2,'
        b'"kind":"call.returned","principal":"7","step":2,"tokens_in":0,"tokens_out":0,'
        b'"tool":"get_order",'
        b'"ts":"2026-11-20T15:47:03.123456+00:00","usd":"0.012300000","visibility":"user_hidden"}'
    )
    assert row.digest.hex() == "de022a82b6d03be0e035583e28d73a025f2845969f1c4bbbf90ff7b006298a6a"


numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
texts = st.text(st.characters(codec="utf-8"))
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner), st.dictionaries(texts, inner)), max_leaves=12
)


@given(st.dictionaries(texts, values))
def test_what_is_stored_reads_back_the_same(data: dict[str, Any]) -> None:
    made = record(data=data)
    assert stored(made) == encoding.row(made).record


foreign = st.one_of(st.binary(), st.decimals(), st.uuids(), st.dates(), st.sets(st.integers()))
keys = st.one_of(st.text(), st.integers(), st.booleans(), st.none())
wild = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), foreign),
    lambda inner: st.one_of(st.lists(inner), st.tuples(inner, inner), st.dictionaries(keys, inner)),
    max_leaves=12,
)


@example({"": (None, None)}, "")
@given(st.dictionaries(st.one_of(st.text(), st.integers(), st.floats()), wild), st.text())
def test_anything_can_be_stored_and_reads_back_as_it_is_kept(
    data: dict[Any, Any], word: str
) -> None:
    made = record(data=data, tool=word, actor=word, rule=word)
    row = encoding.row(made)
    assert all("\x00" not in param for param in row.params if param)
    assert stored(made) == replace(row.record, data=listed(row.record.data))
    assert encoding.envelope_of(stored(made)) == encoding.envelope_of(row.record)


def listed(value: Any) -> Any:
    """As JSON has it, which knows no tuple; nothing of a tool or a planner is one."""
    if isinstance(value, Mapping):
        return {name: listed(each) for name, each in value.items()}
    return [listed(each) for each in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize(
    "value",
    [1e16, 1e22, -1.5e300, 123456789012345680.0, 5e-324, 1e-7, -0.0, 0.1, 10**30, -(10**18)],
)
def test_a_number_keeps_its_value(value: float) -> None:
    assert stored(record(data={"n": value})).data == {"n": value}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x00b", "a␀b"),
        ("\ud83d", "\\ud83d"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (Decimal("1.10"), "1.10"),
        (b"\xff\x00", "/wA="),
        (date(2026, 11, 20), "2026-11-20"),
        ({2, 1}, [1, 2]),
        (object, repr(object)),
    ],
)
def test_what_json_cannot_hold_is_shown_and_noted(value: Any, shown: Any) -> None:
    data = stored(record(data={"result": {"x": [value]}})).data
    assert data["result"] == {"x": [shown]}
    assert data["$sanitised"][0].startswith("result.x[0]: ")


def test_an_integer_too_long_to_print_keeps_all_its_digits() -> None:
    data = stored(record(data={"n": 10**5_000})).data
    assert int(data["n"], 16) == 10**5_000


def test_keys_that_were_no_text_are_noted_and_none_is_lost() -> None:
    data = stored(record(data={"m": {2: "a", "2": "b", None: "c", True: "d"}})).data
    assert sorted(data["m"].values()) == ["a", "b", "c", "d"]
    assert len(data["$sanitised"]) == 4


def test_a_value_that_contains_itself_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    data = stored(record(data={"result": loop})).data
    assert data["result"] == ["[contains itself]"]
    assert data["$sanitised"] == ["result[0]: contains itself"]


@pytest.mark.parametrize("depth", [150, 100_000])
def test_a_value_nested_too_deep_is_cut_and_noted(depth: int) -> None:
    deep: Any = []
    for _ in range(depth):
        deep = [deep]
    data = stored(record(data={"result": deep})).data
    assert not cleaning.deeper_than(data, cleaning.MAX_DEPTH + 1)
    assert "nested deeper" in data["$sanitised"][0]


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_an_object_that_cannot_even_be_printed_is_named() -> None:
    assert (
        stored(record(data={"result": Broken()})).data["result"]
        == "<Broken that cannot be printed: RuntimeError>"
    )


def test_a_tool_cannot_forge_the_journals_own_marks() -> None:
    data = stored(
        record(data={"result": {"$spilled": {"sha256": "00"}}, "x": {"$sanitised": []}})
    ).data
    assert data["result"] == {"$$spilled": {"sha256": "00"}}
    assert spill.markers(data) == {}


def test_a_column_too_long_or_unclean_is_cut_and_noted() -> None:
    made = stored(
        record(
            tool="t" * 300,
            actor="user:\x00",
            tokens_in=2**70,
            usd=Decimal("NaN"),
            duration=math.inf,
            data={"a": 1},
        )
    )
    assert (len(made.tool), made.tool[-1], made.actor, made.tokens_in) == (
        200,
        "…",
        "user:␀",
        2**63 - 1,
    )
    assert (made.usd, made.duration) == (None, None)
    assert len(made.data["$sanitised"]) == 5


def test_money_is_kept_to_the_billionth_and_never_as_minus_zero() -> None:
    params = encoding.row(record(usd=Decimal("-1E-12"))).params
    assert "0.000000000" in params


def test_a_big_value_goes_beside_the_row_and_its_marker_shows_both_ends() -> None:
    big = "begin" + "x" * 200_000 + "end"
    row = encoding.row(record(data={"call": "1.1", "result": big, "runway": "[step 1/5]"}))
    mark = spill.marker(row.record.data["result"])
    assert mark is not None
    assert (mark["size"], mark["head"][:5], mark["tail"][-3:], mark["form"]) == (
        200_008,
        "begin",
        "end",
        "text",
    )
    assert [blob.content for blob in row.blobs] == [big.encode()]
    assert row.record.data["runway"] == "[step 1/5]"


def test_the_largest_value_goes_first_and_no_more_than_needed() -> None:
    row = encoding.row(record(data={"a": "x" * 30_000, "result": "y" * 70_000, "b": "z" * 20_000}))
    assert len(row.blobs) == 1
    assert row.record.data["a"] == "x" * 30_000


def test_what_a_run_is_folded_from_comes_back_whole() -> None:
    calls = [{"id": "1", "tool": "write", "args": {"text": "x" * 100_000}}]
    row = encoding.row(record(kind="step.planned", data={"calls": calls}))
    assert row.record.data["calls"] == calls
    assert len(row.params[list(encoding.COLUMNS).index("data")] or "") < spill.LIMIT


def test_a_cleaned_value_may_spill_as_well() -> None:
    row = encoding.row(record(data={"result": "a\x00" * 100_000}))
    assert row.blobs[0].content.startswith("a␀".encode())
    assert row.record.data["$sanitised"] == ["result: NUL"]


@pytest.mark.parametrize(
    "changes", [{"at": AT.replace(tzinfo=None)}, {"visibility": "secret"}, {"kind": ""}]
)
def test_a_record_that_is_no_fact_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadRecord):
        record(**changes)


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda each: st.one_of(
        st.lists(each),
        st.dictionaries(st.text(), each),
        st.dictionaries(st.integers(), each),
        st.tuples(each, each),
    ),
    max_leaves=8,
)


@given(value=JSON_VALUES, spaced=st.booleans())
def test_a_value_is_written_letter_for_letter_as_the_standard_encoder_writes_it(
    value: Any, spaced: bool
) -> None:
    item, key = (", ", ": ") if spaced else (",", ":")
    standard = json.JSONEncoder(
        sort_keys=True, ensure_ascii=False, separators=(item, key), default=str
    )
    assert writer(item, key, default=str)(value) == standard.encode(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, {"a": [-math.inf]}])
def test_what_is_no_number_in_json_is_not_digested(value: Any) -> None:
    with pytest.raises(ValueError, match="Out of range float values"):
        canonical(value)


def test_a_value_that_contains_itself_is_not_digested() -> None:
    value: dict[str, Any] = {}
    value["again"] = [value]
    with pytest.raises(RecursionError):
        canonical(value)
