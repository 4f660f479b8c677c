"""Signs in data: error fields, flags, status words, HTTP and exit codes, and messages that stand in
for data.

Looks at the first fields of the outermost object and of the wrappers in it; the items of a list are
somebody's data.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from policies.truth import batch_outcomes, crash_output, error_forms, phrases, result_body
from policies.truth.field_names import (
    BAD_STATUS,
    BAD_TYPES,
    GOOD_STATUS,
    NO_ERROR,
    bare,
    is_code,
    kinds_of,
)
from policies.truth.roles import READERS, ToolRole, asks_for
from policies.truth.scan import ScanContext
from policies.truth.sign import Sign

FIELDS = 40
FEW = 4
MANY = 6
DEPTH = 3
COUNT_SHARE, CROWDED_SHARE = 0.3, 0.4
DOUBTFUL = 0.5
SHORT = 60
SHORTEST_WRECK = 20
OUTCOME = "operationoutcome"
REFUSED = frozenset({"denied", "rejected", "blocked", "refused", "declined", "halted", "aborted"})
"""States that were asked for: what a tool that rejects says of what it did."""
STATUS_LINE = re.compile(r"(?:HTTP/\d(?:\.\d)? )?[45]\d\d [A-Z]")
PEOPLES_FIELDS = frozenset({"description", "note", "info", "details"})
OF_A_CALL = frozenset(
    {
        "error",
        "exception",
        "fatal",
        "unauthorized",
        "forbidden",
        "invalid",
        "notfound",
        "badrequest",
    }
)
"""States that are those of a call, and of no thing that it looks up."""
GRAVE = frozenset({"error", "fatal"})
HTTP_OK = 200
STRUCTURAL = frozenset({"error_field", "error_flag", "refused_flag", "error_type"})


class TellingField(NamedTuple):
    """One field whose name tells something."""

    key: str
    value: Any
    kinds: frozenset[str]


def signs_of_value(value: Any, scan: ScanContext, depth: int = 0) -> Iterator[Sign]:
    """Signs in any JSON value. Text inside is opened again, up to a depth."""
    if isinstance(value, str):
        yield from _signs_of_text(value, scan, depth)
    elif isinstance(value, Mapping):
        yield from _signs_of_object(value, scan, depth)
    elif isinstance(value, list) and value:
        yield from _signs_of_list(value, scan, depth)


def _signs_of_text(text: str, scan: ScanContext, depth: int) -> Iterator[Sign]:
    body = result_body.opened(text, scan.thresholds) if depth < DEPTH else result_body.Body(text)
    if body.value is None:
        return
    if not isinstance(body.value, str):
        if body.broken:
            yield Sign("truncated", text[-SHORT:])
        yield from signs_of_value(body.value, scan, depth + 1)
        return
    yield from crash_output.signs_of_output(body.value, scan)
    if not crash_output.is_page(body.value):
        yield from phrases.signs_of_message(body.value, scan)


def _signs_of_list(items: list[Any], scan: ScanContext, depth: int) -> Iterator[Sign]:
    """The signs of a list. It is a failure only when its one item is nothing but an error, as in
    `[{"errorCode": ...}]`; several items are rows of data.
    """
    yield from batch_outcomes.signs_of_items(items, scan)
    if (
        depth >= DEPTH
        or len(items) != 1
        or not isinstance(items[0], Mapping)
        or len(items[0]) > FEW
    ):
        return
    if not any("identity" in kinds_of(str(key)) for key in items[0]):
        yield from (
            sign for sign in signs_of_value(items[0], scan, depth + 1) if sign.name in STRUCTURAL
        )


def _signs_of_object(data: Mapping[str, Any], scan: ScanContext, depth: int) -> Iterator[Sign]:
    yield from _crash_output(data, scan)
    yield from batch_outcomes.signs_of_object(data, scan)
    told = [
        TellingField(str(key), value, kinds)
        for key, value in islice(data.items(), FIELDS)
        if (kinds := kinds_of(str(key)))
    ]
    size = len(data)
    yield from error_forms.signs_of_form(data, scan)
    if not told:
        inner = next(iter(data.values()), None)
        if size == 1 and isinstance(inner, Mapping) and scan.role is ToolRole.ACT and depth < DEPTH:
            yield from signs_of_value(inner, scan, depth + 1)  # it is named for what was done
        return
    speaks = any(field.kinds & {"error", "message", "success"} for field in told)
    made = any("identity" in field.kinds and field.value for field in told)
    fared = False
    if made and scan.role in READERS:
        kept = [field for field in told if not _is_state_of_a_thing(field)]
        fared, told = len(kept) < len(told), kept
    said = [
        sign
        for field in told
        if not _only_informs(field, data)
        for sign in _signs_of_field(field, size, scan, speaks, made=made)
    ]
    ended_badly = any(sign.name == "status_word" for sign in said)
    yield from (
        sign
        for sign in said
        if not (ended_badly and sign.name == "success_flag" and sign.quote.endswith("completed"))
    )
    told = _without_peoples_words(told, scan, made=made)
    if scan.role in READERS and any("identity" in field.kinds for field in told):
        if size >= MANY:
            yield Sign("record")
        elif size > FEW / 2:
            yield Sign("record" if fared else "item")
    filled = {kind: str(field.value) for field in told for kind in field.kinds if field.value}
    if "stderr" in filled and "stdout" not in filled:
        yield Sign("stderr_only", filled["stderr"])
    if depth < DEPTH:
        yield from _inner(
            told,
            size,
            scan,
            depth,
            answers=scan.role is ToolRole.PROBE
            and any(isinstance(each, bool) for each in data.values()),
        )


def _is_state_of_a_thing(field: TellingField) -> bool:
    """Whether it says how a thing that was looked up has fared: a failed order is an order."""
    word = bare(str(field.value)) if isinstance(field.value, str) else ""
    return "status" in field.kinds and word in BAD_STATUS and word not in OF_A_CALL


def _without_peoples_words(
    told: list[TellingField], scan: ScanContext, *, made: bool
) -> list[TellingField]:
    """The fields without those in which a thing that was made repeats what was asked for."""
    if not made or scan.role is not ToolRole.ACT:
        return told
    return [field for field in told if bare(field.key) not in PEOPLES_FIELDS]


def _only_informs(field: TellingField, data: Mapping[str, Any]) -> bool:
    """Whether the type of an answer is that of an error and all that it tells is none, as health
    records have it.
    """
    told = data.get("issue")
    if "type" not in field.kinds or bare(str(field.value)) != OUTCOME or not isinstance(told, list):
        return False
    graver = (each for each in told if isinstance(each, Mapping) and each.get("severity") in GRAVE)
    return bool(told) and not any(graver)


def _crash_output(data: Mapping[str, Any], scan: ScanContext) -> Iterator[Sign]:
    """Error pages and noise that stand in place of data, under whatever field name."""
    if len(data) <= MANY:
        for value in data.values():
            if isinstance(value, str) and len(value) > SHORTEST_WRECK:
                yield from crash_output.signs_of_part(value, scan)


def _signs_of_field(
    field: TellingField, size: int, scan: ScanContext, speaks: bool, *, made: bool = False
) -> Iterator[Sign]:
    """What one field says by itself; `speaks` when the object has words for it too, `made` when it
    is a thing with an identity of its own.
    """
    key, value, kinds = field
    if (
        "error" in kinds
        and not asks_for(scan.tool, key)
        and (share := _error_share(value, names_it=is_code(key) or _is_flag(key, value, speaks)))
    ):
        yield Sign("error_field", _words(value), share)
    if "flag" in kinds and value is True:
        yield Sign("error_flag", f"{key} is true")
    if "success" in kinds:
        yield from _success(key, value)
    if (
        "done" in kinds
        and value is False
        and size <= FEW
        and scan.role not in (ToolRole.READ, ToolRole.PROBE)
        and (not made or phrases.echoes(bare(key), scan.tool))
    ):
        yield Sign("negative_confirmation", f"{key} is false")
    if "status" in kinds and value is False and scan.role is ToolRole.ACT:
        yield Sign("refused_flag", f"{key} is false", 1.0 if speaks else DOUBTFUL)
    if "exit" in kinds and isinstance(value, int) and not isinstance(value, bool):
        yield Sign("exit_code" if value else "success_flag", f"{key} {value}")
    if (
        "code" in kinds
        and (speaks or scan.role is not ToolRole.PROBE)
        and _is_http_error(value)
        and (speaks or size == 1 or "status" in key.lower())
    ):
        yield Sign(
            "http_status",
            f"{key} {value}",
            1.0 if size <= FEW or "status" in key.lower() else CROWDED_SHARE,
        )
    if "ret" in kinds and speaks and _is_negative(value):
        yield Sign("exit_code", f"{key} {value}")
    if isinstance(value, str) and len(value) <= SHORT:
        yield from _word(field, size, scan, speaks)


def _is_flag(key: str, value: Any, speaks: bool) -> bool:
    """Whether a number in an error field is no count, but a yes: `error: 1` beside its message."""
    return value == 1 and speaks and bare(key) in ("error", "err", "iserror")


def _success(key: str, value: Any) -> Iterator[Sign]:
    word = bare(str(value))
    if word in ("false", "no", "0"):
        yield Sign("refused_flag", f"{key} is {word}")
    elif word in ("true", "yes", "1"):
        yield Sign("success_flag", f"{key} is {word}")


def _is_negative(value: Any) -> bool:
    return isinstance(value, int) and value < 0


def _word(field: TellingField, size: int, scan: ScanContext, speaks: bool) -> Iterator[Sign]:
    key, value, kinds = field
    word = bare(value)
    if (
        "status" in kinds
        and word in BAD_STATUS
        and not (scan.role in READERS and size == 1 and asks_for(scan.tool, key))
        and not (word in REFUSED and phrases.echoes(word, scan.tool))
    ):
        yield Sign("status_word", f"{key} {value}", 1.0 if size <= MANY else CROWDED_SHARE)
    elif "status" in kinds and word in GOOD_STATUS:
        yield Sign("success_flag", f"{key} {value}")
    elif "type" in kinds and word.endswith(BAD_TYPES) and " " not in value.strip():
        yield Sign(
            "error_type",
            f"{key} {value}",
            1.0 if size <= FEW and (speaks or word not in BAD_STATUS) else CROWDED_SHARE,
        )


def _error_share(value: Any, *, names_it: bool = False) -> float:
    """How much an error field of this value says: nothing when it says there is no error, little
    when it is a count or a measure.

    `names_it`: a number in it is the error's own.
    """
    if isinstance(value, bool) or value is None:
        return 1.0 if value else 0.0
    if isinstance(value, int | float):
        return 0.0 if not value or value == HTTP_OK else 1.0 if names_it else COUNT_SHARE
    if isinstance(value, str):
        return 0.0 if bare(value) in NO_ERROR else 1.0
    if isinstance(value, Mapping):
        if "code" in value and bare(str(value["code"])) in NO_ERROR:
            return 0.0
        return 1.0 if any(_error_share(one) for one in islice(value.values(), FIELDS)) else 0.0
    return 1.0 if value else 0.0


def _is_http_error(value: Any) -> bool:
    if isinstance(value, str):
        if STATUS_LINE.match(value):
            return True
        return len(value) == 3 and value.isascii() and value.isdecimal() and value[0] in "45"
    return isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599


def _words(value: Any) -> str:
    """The readable part of an error field's value."""
    if isinstance(value, Mapping):
        for key in ("message", "msg", "detail", "description", "type", "code"):
            if isinstance(value.get(key), str) and value[key].strip():
                return str(value[key])
    if isinstance(value, list) and value:
        return _words(value[0])
    return str(value)[:200]


def _inner(
    told: list[TellingField], size: int, scan: ScanContext, depth: int, *, answers: bool
) -> Iterator[Sign]:
    """The signs of what is wrapped in an object, and of the message of an object that holds little
    else. Beside the yes or no of a probe a message is only its reason.
    """
    wrapped = [
        field.value
        for field in told
        if "wrapper" in field.kinds and (isinstance(field.value, Mapping | list) or _is_json(field))
        if field.value
    ]
    if wrapped and size <= MANY:
        for value in wrapped[:2]:
            yield from _wrapped(value, scan, depth)
        return
    if message := next(
        (
            text
            for field in told
            if "message" in field.kinds and not asks_for(scan.tool, field.key)
            if (text := _message(field.value))
        ),
        "",
    ):
        if size <= FEW and not answers:
            yield from (
                sign
                for sign in _said(message, scan, depth, only=size <= FEW / 2)
                if sign.name != "reading"
            )
    elif size <= FEW / 2 and (
        words := next(
            (f.value for f in told if "words" in f.kinds and isinstance(f.value, str)), ""
        )
    ):
        yield from _said(words, scan, depth, only=False)


def _is_json(field: TellingField) -> bool:
    """Whether it holds an object as text, as the body of an answer over HTTP does."""
    return bare(field.key) == "body" and str(field.value).lstrip().startswith("{")


def _message(value: Any) -> str:
    """A message, or the message of the first entry of a list of them."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return next(
            (
                str(value[0][key])
                for key in ("message", "msg")
                if isinstance(value[0].get(key), str)
            ),
            "",
        )
    return value if isinstance(value, str) else ""


def _said(text: str, scan: ScanContext, depth: int, *, only: bool) -> Iterator[Sign]:
    found = list(signs_of_value(text, scan, depth + 1))
    yield from found
    if found and only:
        yield Sign("only_message", text)


def _wrapped(value: Any, scan: ScanContext, depth: int) -> Iterator[Sign]:
    """The content of a wrapper: a tool protocol's content blocks as their text, any other wrapper
    as its object.
    """
    if isinstance(value, Mapping | str):
        yield from signs_of_value(value, scan, depth + 1)
    elif (
        isinstance(value, list)
        and len(value) == 1
        and isinstance(value[0], Mapping)
        and isinstance(value[0].get("text"), str)
    ):
        yield from signs_of_value(value[0]["text"], scan, depth + 1)
