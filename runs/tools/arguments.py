"""Whether arguments are what the tool asked for, in sentences that name the field, for the planner
and for people.

Fails closed: text instead of an object, unknown fields, NaN, text PostgreSQL cannot hold and what
takes too long to check are problems, not exceptions. What nobody could check is left to the tool,
and `unchecked` names it: a pattern that only an engine without bounds could run, and what a schema
says that is no JSON Schema.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from console.journal.canonical_json import canonical
from console.json_value import Json
from policies.json_schema import bounds, ready, words
from policies.json_schema.portable_schema import portable
from policies.json_schema.problem import BadSchema, Unresolved
from policies.json_schema.ready import ReadySchema
from policies.json_schema.work_limit import TooMuch
from runs.tools.format_checks import FORMATS
from runs.tools.plain_schemas import Plain, plain

MOST_PROBLEMS = 5
COMPILED = 2_048


@dataclass(frozen=True, slots=True)
class ArgumentsCheck:
    """A schema made ready, or why it cannot be.

    `plain` answers for the schemas of most tools, at a hundredth of the cost. `loose` says what was
    wrong with one of which only a part could be made ready.
    """

    ready: ReadySchema | None
    plain: Plain | None = None
    broken: str = ""
    loose: str = ""


_checks: OrderedDict[str, ArgumentsCheck] = OrderedDict()
"""By the schema as canonical JSON, those used last at the end."""
_lock = Lock()


def problems(schema: Mapping[str, Json], args: Json) -> list[str]:
    """What is wrong with `args`: at most five sentences without their full stop, each naming its
    field; empty when they fit.
    """
    if isinstance(args, str):
        return [words.not_an_object(args)]
    if not isinstance(args, Mapping):
        return [f"The arguments must be a JSON object, not {words.kind_of(args)}"]
    check = _compiled(schema)
    if check.ready is None:
        return [
            (
                "The tool's own schema is not valid, so nothing can be checked against it:"
                f" {check.broken}"
            )
        ]
    if check.plain is not None and check.plain.fits(args):
        return []
    if flaw := bounds.flaw(args):
        return [f"{words.field(flaw[0])} {flaw[1]}"]
    try:
        return _against(check.ready, args)
    except Unresolved as missing:
        loose = _loosely(
            schema, f"it refers to {missing.reference[:200]!r}, which it does not hold"
        )
        _remember(canonical(dict(schema)), loose)
        return problems(schema, args)


def _against(schema: ReadySchema, args: Mapping[str, Json]) -> list[str]:
    try:
        found = schema.problems(args)
    except TooMuch as much:
        return [f"The arguments cannot be checked: {much}"]
    sentences = dict.fromkeys(words.sentence(problem) for problem in found)
    return list(sentences)[:MOST_PROBLEMS]


def unchecked(schema: Mapping[str, Json]) -> tuple[str, ...]:
    """What is left to the tool of its own schema, since it is not checked here: `pattern of name`.
    Empty for nearly all tools.
    """
    check = _compiled(schema)
    loose = (f"what its schema says wrongly ({check.loose})",) if check.loose else ()
    return (*loose, *(check.ready.unchecked if check.ready else ()))


def unusable(schema: Mapping[str, Json]) -> str:
    """Why nothing can be checked against a tool's schema, so that none of its calls is made; empty
    when it can be used.
    """
    return _compiled(schema).broken


def refused(schema: Mapping[str, Json]) -> str:
    """Why a schema of our own is refused: everything in it must be checked here. Empty when it is
    accepted.
    """
    try:
        ready.compiled(schema, FORMATS, strict=True)
    except BadSchema as wrong:
        return str(wrong)
    return ""


def _compiled(schema: Mapping[str, Json]) -> ArgumentsCheck:
    """The check of a schema, compiled once for all tools whose schemas say the same."""
    try:
        text = canonical(dict(schema))
    except (TypeError, ValueError, RecursionError) as error:
        return ArgumentsCheck(None, broken=f"it is no JSON: {error}"[:300])
    with _lock:
        if (check := _checks.get(text)) is not None:
            _checks.move_to_end(text)
            return check
    return _remember(text, _compile(schema))


def _remember(text: str, check: ArgumentsCheck) -> ArgumentsCheck:
    with _lock:
        _checks[text] = check
        while len(_checks) > COMPILED:
            _checks.popitem(last=False)
    return check


def _compile(schema: Mapping[str, Json]) -> ArgumentsCheck:
    try:
        return ArgumentsCheck(ready.compiled(schema, FORMATS, strict=False), plain(schema))
    except BadSchema as wrong:
        return _loosely(schema, str(wrong)[:300])


def _loosely(schema: Mapping[str, Json], why: str) -> ArgumentsCheck:
    """A check of as much of a schema as can be checked. Its server knows what it means by the rest;
    to refuse all calls of the tool would be no safer than a server that says nothing of its
    arguments.
    """
    try:
        return ArgumentsCheck(ready.compiled(portable(schema), FORMATS, strict=False), loose=why)
    except BadSchema as worse:
        return ArgumentsCheck(None, broken=str(worse)[:300])
