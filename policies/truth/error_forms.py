"""Signs in three forms of answer that tell of nothing but errors: the details of a problem (RFC
9457), a code of the outcome beside its message, the complaints about each field of a form.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from policies.truth import phrases
from policies.truth.field_names import BAD_STATUS, OUTCOME_CODES, SAID_OK, bare
from policies.truth.roles import ToolRole
from policies.truth.scan import ScanContext
from policies.truth.sign import Sign

FIELDS = 40
MANY = 6
CODE_SHARE = 0.75
PROBLEM = frozenset({"type", "title", "detail", "instance", "status", "errors", "traceid", "code"})


def signs_of_form(data: Mapping[str, Any], scan: ScanContext) -> Iterator[Sign]:
    """The signs of one object in one of these forms."""
    fields = {bare(str(key)): value for key, value in islice(data.items(), FIELDS)}
    kind = str(fields.get("type", ""))
    if "title" in fields and fields.keys() <= PROBLEM and kind.startswith(("http", "about:")):
        yield Sign("error_type", str(fields["title"]))
    if fields.keys() >= {"name", "debugid"}:
        yield Sign("error_type", str(fields["name"]))
    message = fields.get("message")
    if isinstance(message, Mapping) and message and all(map(_is_texts, message.values())):
        yield Sign("error_field", str(dict(message)))
    status = fields.get("status")
    if isinstance(status, Mapping) and scan.role is not ToolRole.READ:
        yield from _within_status(status)
    for name in fields.keys() & OUTCOME_CODES:
        if _is_outcome_of_failure(fields[name]) and not _says_ok(fields):
            yield Sign("exit_code", f"{name} {fields[name]}", CODE_SHARE)
        elif bare(str(fields[name])) in BAD_STATUS:
            yield Sign("status_word", f"{name} {fields[name]}")
    if scan.role is ToolRole.ACT and len(data) <= MANY and all(map(_is_complaints, data.values())):
        said = next(iter(data.values()), [""])[0]
        yield from phrases.signs_of_message(said, scan)


def _within_status(status: Mapping[str, Any]) -> Iterator[Sign]:
    """Signs in a status that is an object with a code of its own."""
    code = next((status[key] for key in status if bare(str(key)) in ("code", "errorcode")), None)
    if bare(str(code)) in BAD_STATUS or (_is_outcome_of_failure(code) and not _says_ok(status)):
        yield Sign("status_word", f"status {code}")


def _is_outcome_of_failure(value: Any) -> bool:
    """Whether it is a number, alone or as text, that is neither zero nor good in HTTP."""
    text = str(value)
    digits = text.isascii() and text.isdecimal() and not isinstance(value, bool)
    return digits and bool(text.strip("0")) and not (len(text) == 3 and text[0] in "123")


def _says_ok(fields: Mapping[str, Any]) -> bool:
    told = [value for name, value in fields.items() if name.endswith(("msg", "message"))]
    return not told or any(bare(str(value)) in SAID_OK for value in told)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _is_complaints(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, str) and each.endswith(".") and " " in each for each in value)
    )
