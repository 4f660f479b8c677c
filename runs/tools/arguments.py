"""Are these arguments what the tool asked for?

Sentences that name the field, for the planner and the person who reads along.

Fails closed: text instead of an object, unknown fields, NaN, text PostgreSQL cannot hold, unusable
schemas and what takes too long to check are problems, not exceptions. A pattern that only an engine
without bounds could run is left to the tool: `unchecked` names it.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from console.json_value import Json
from policies.json_schema import bounds, ready, words
from policies.json_schema.problem import BadSchema, Unresolved
from policies.json_schema.ready import ReadySchema
from policies.json_schema.work_limit import TooMuch
from runs.tools.formats import FORMATS
from runs.tools.plain_schemas import Plain, plain

MOST_PROBLEMS = 5
COMPILED = 2_048


@dataclass(frozen=True, slots=True)
class ArgumentsCheck:
    """A schema made ready, or why it cannot be.

    `plain` answers for the schemas of most tools, at a hundredth of the cost.
    """

    schema: Mapping[str, Json]
    ready: ReadySchema | None
    plain: Plain | None = None
    broken: str = ""


_cache: OrderedDict[int, ArgumentsCheck] = OrderedDict()
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
    return _against(check.ready, args)


def _against(schema: ReadySchema, args: Mapping[str, Json]) -> list[str]:
    try:
        found = schema.problems(args)
    except TooMuch as much:
        return [f"The arguments cannot be checked: {much}"]
    except Unresolved as missing:
        return [
            (
                f"The tool's own schema refers to {missing.reference[:200]!r}, which it does not "
                f"hold,"
                " so nothing can be checked against it"
            )
        ]
    sentences = dict.fromkeys(words.sentence(problem) for problem in found)
    return list(sentences)[:MOST_PROBLEMS]


def unchecked(schema: Mapping[str, Json]) -> tuple[str, ...]:
    """What of a tool's schema is not checked here and left to the tool: `pattern of name`.

    Empty for nearly all.
    """
    check = _compiled(schema)
    return check.ready.unchecked if check.ready else ()


def unusable(schema: Mapping[str, Json]) -> str:
    """Why nothing can be checked against a tool's schema, so that none of its calls is made; empty
    when it can be used.
    """
    return _compiled(schema).broken


def refused(schema: Mapping[str, Json]) -> str:
    """Why a schema of our own is not taken: what is in it must all be checked, and here.

    Empty when it is taken.
    """
    try:
        ready.compiled(schema, FORMATS, strict=True)
    except BadSchema as wrong:
        return str(wrong)
    return ""


def _compiled(schema: Mapping[str, Json]) -> ArgumentsCheck:
    """The schema's check, compiled once.

    Keyed by identity: the entry holds the schema, so its id cannot be another's.
    """
    with _lock:
        if (entry := _cache.get(id(schema))) is not None:
            _cache.move_to_end(id(schema))
            return entry
    check = _compile(schema)
    with _lock:
        _cache[id(schema)] = check
        while len(_cache) > COMPILED:
            _cache.popitem(last=False)
    return check


def _compile(schema: Mapping[str, Json]) -> ArgumentsCheck:
    try:
        return ArgumentsCheck(schema, ready.compiled(schema, FORMATS, strict=False), plain(schema))
    except BadSchema as wrong:
        return ArgumentsCheck(schema, None, broken=str(wrong)[:300])
