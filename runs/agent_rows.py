"""What of an agent is edited as rows: acceptance criteria, what becomes of a run by stop reason,
and the headers and fields that go along with each request to its model.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.form_rows.row_cells import PickCell, RowCell, TextCell, number
from console.form_rows.row_shape import (
    CellFacts,
    RowShape,
    apart_by_name,
    once,
    together_by_name,
)
from console.json_value import Json
from policies import acceptance
from policies.decision import StopReason
from runs.engine import compensation
from runs.engine.stop_reasons import EXPLANATIONS
from runs.models.agent import COMPENSATIONS
from runs.planners.model_settings import body_problem, header_problem

CEL, SCHEMA = "cel", "schema"
TEXT, NUMBER, YES_OR_NO, EMPTY, NESTED = "text", "number", "yes or no", "null", "nested"
ANSWERS: Mapping[str, bool] = {"yes": True, "true": True, "no": False, "false": False}
NOTHING = ("", "—")


def criteria_apart(stored: Json) -> Sequence[CellFacts] | None:
    if not isinstance(stored, list) or not all(isinstance(each, Mapping) for each in stored):
        return None
    return [criterion_apart(each) for each in stored]


def criterion_apart(stored: Mapping[str, Json]) -> CellFacts:
    rules = {CEL, SCHEMA} & {*stored}
    rest = {key: value for key, value in stored.items() if key not in rules}
    if rules == {CEL} and isinstance(stored[CEL], str):
        return {**rest, "by": CEL, "rule": stored[CEL]}
    if rules == {SCHEMA} and isinstance(stored[SCHEMA], Mapping):
        return {**rest, "by": SCHEMA, "rule": json.dumps(stored[SCHEMA], indent=2)}
    return stored


def criterion(facts: CellFacts) -> dict[str, Json]:
    """A criterion as it is stored. Raises ValueError for a schema that is no JSON."""
    found = {key: value for key, value in facts.items() if key not in ("by", "rule")}
    if "rule" not in facts:
        return found
    if facts.get("by") != SCHEMA:
        return {**found, CEL: facts["rule"]}
    return {**found, SCHEMA: parsed(str(facts["rule"]))}


def criterion_problems(facts: CellFacts) -> Iterable[str]:
    if not {"rule", CEL, SCHEMA} & {*facts}:
        return ("Rule: nothing is there.",)
    said = acceptance.problem(criterion(facts))
    return (said,) if said else ()


def criteria_together(rows: Sequence[CellFacts]) -> Json:
    return [criterion(each) for each in once(rows, "name").values()]


CRITERIA = RowShape(
    "criterion",
    (
        RowCell(key="name", label="Name"),
        PickCell(
            key="by",
            label="Checked by",
            choices=lambda: ((CEL, "an expression (CEL)"), (SCHEMA, "a JSON Schema of the answer")),
            standard=CEL,
        ),
        TextCell(key="rule", label="Rule", code=True),
        RowCell(key="sentence", label="What the run is told while it is not met", size="whole"),
    ),
    ("name",),
    criteria_apart,
    criteria_together,
)


def reasons() -> Sequence[tuple[str, str]]:
    titled = {each.value: EXPLANATIONS[each].title for each in StopReason if each in EXPLANATIONS}
    return [NOTHING, *((each, titled[each]) for each in titled if each in compensation.CHOOSABLE)]


def reason_problems(facts: CellFacts) -> Iterable[str]:
    said = compensation.problem({facts["reason"]: facts["choice"]})
    return (said,) if said else ()


REASONS = RowShape(
    "reason",
    (
        PickCell(key="reason", label="Stop reason", choices=reasons),
        PickCell(
            key="choice",
            label="What becomes of what it did",
            choices=lambda: (NOTHING, *COMPENSATIONS),
        ),
    ),
    ("reason", "choice"),
    apart_by_name("reason", "choice"),
    together_by_name("reason", "choice"),
)
HEADERS = RowShape(
    "header",
    (RowCell(key="name", label="Name"), RowCell(key="value", label="Value", size="rest")),
    ("name", "value"),
    apart_by_name("name", "value"),
    together_by_name("name", "value"),
)


def header_problems(facts: CellFacts) -> Iterable[str]:
    said = header_problem({str(facts["name"]): facts["value"]}, os.environ)
    return (said,) if said else ()


def fields_apart(stored: Json) -> Sequence[CellFacts] | None:
    if not isinstance(stored, Mapping):
        return None
    return [{"name": name, **typed(value)} for name, value in stored.items()]


def typed(value: Json) -> dict[str, Json]:
    """A value as its kind and the words that are typed for it."""
    match value:
        case str():
            return {"kind": TEXT, **({"value": value} if value else {})}
        case None:
            return {"kind": EMPTY}
        case bool():
            return {"kind": YES_OR_NO, "value": "yes" if value else "no"}
        case int() | float():
            return {"kind": NUMBER, "value": json.dumps(value)}
    return {"kind": NESTED, "value": json.dumps(value, indent=2, ensure_ascii=False)}


def field_value(facts: CellFacts) -> Json:
    """What a field is sent as. Raises ValueError for words that are nothing of their kind."""
    said = str(facts.get("value", ""))
    match facts.get("kind"):
        case "number":
            return number(said, "The value")
        case "yes or no":
            if (answer := ANSWERS.get(said.strip().lower())) is None:
                raise ValueError(f"The value is yes or no, not “{said.strip()}”.")
            return answer
        case "null":
            if said.strip():
                raise ValueError(
                    "Nothing is sent as null: leave the value empty, or choose a kind."
                )
            return None
        case "nested":
            return parsed(said)
    return said


def field_problems(facts: CellFacts) -> Iterable[str]:
    said = body_problem({str(facts["name"]): field_value(facts)})
    return (said,) if said else ()


def fields_together(rows: Sequence[CellFacts]) -> Json:
    return {name: field_value(each) for name, each in once(rows, "name").items()}


FIELDS = RowShape(
    "field",
    (
        RowCell(key="name", label="Name"),
        PickCell(
            key="kind",
            label="Kind",
            choices=lambda: (
                (TEXT, "text"),
                (NUMBER, "number"),
                (YES_OR_NO, "yes or no"),
                (EMPTY, "nothing"),
                (NESTED, "as JSON"),
            ),
            standard=TEXT,
        ),
        TextCell(key="value", label="Value", size="rest"),
    ),
    ("name",),
    fields_apart,
    fields_together,
)


def parsed(text: str) -> Any:
    """JSON that somebody wrote. Raises ValueError that says where it ends to be JSON."""
    try:
        return json.loads(text, parse_constant=refused)
    except json.JSONDecodeError as error:
        said = f"This is no JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        raise ValueError(said) from error
    except RecursionError as error:
        raise ValueError("This is nested too deeply.") from error


def refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON.")
