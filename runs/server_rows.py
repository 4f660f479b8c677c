"""What of an MCP server is edited as rows: the variables handed on, and what its tools do."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from console.form_rows.row_cells import NamesCell, NumberCell, PickCell, RowCell
from console.form_rows.row_shape import CellFacts, RowShape, apart_by_name, once, together_by_name
from console.json_value import Json
from console.outside import variables
from policies.gate import effect_keys
from runs.engine.vocabulary import Effect, Visibility

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
OVERRIDES: Mapping[str, tuple[type, ...]] = {
    "effect": (str,),
    "idempotent": (bool,),
    "timeout": (int, float),
    "scope": (str,),
    "visibility": (str,),
    "effect_key": (list,),
}
TOOL = "tool"
NOT_SAID = ("", "—")
ENVIRONMENT = RowShape(
    "variable",
    (
        RowCell(key="name", label="The server's name for it"),
        RowCell(key="variable", label="Variable where Signalbox runs", size="rest"),
    ),
    ("name", "variable"),
    apart_by_name("name", "variable"),
    together_by_name("name", "variable"),
)


def variable_problems(facts: CellFacts, *, stored: Mapping[str, Json]) -> Iterable[str]:
    """What stood there before may stay: what is handed on is judged again where it is used."""
    name, variable = str(facts["name"]), facts["variable"]
    if not isinstance(variable, str) or not VARIABLE.fullmatch(variable):
        yield (
            f"What stands under {name!r} is not the name of a variable. Secrets are never stored"
            " here."
        )
    elif stored.get(name) != variable and (said := variables.problem([variable], os.environ)):
        yield said


def checked_variables(stored: Json) -> partial[Iterable[str]]:
    return partial(variable_problems, stored=stored if isinstance(stored, Mapping) else {})


def nameable() -> list[str]:
    """Variables of this process that may be handed on; a worker may have others."""
    return sorted(name for name in os.environ if variables.may_be_named(name, os.environ))


def tools_apart(stored: Json) -> Sequence[CellFacts] | None:
    if not isinstance(stored, Mapping) or not all(
        isinstance(facts, Mapping) and TOOL not in facts for facts in stored.values()
    ):
        return None
    return [{TOOL: name, **facts} for name, facts in stored.items()]


def tools_together(rows: Sequence[CellFacts]) -> Json:
    return {
        name: {key: value for key, value in each.items() if key != TOOL}
        for name, each in once(rows, TOOL).items()
    }


def tool_problems(facts: CellFacts) -> Iterable[str]:
    said = {key: value for key, value in facts.items() if key != TOOL}
    return override_problems(str(facts[TOOL]), said)


def override_problems(tool: str, facts: Mapping[str, Json]) -> Iterable[str]:
    words: Mapping[str, set[str]] = {"effect": set(Effect), "visibility": set(Visibility)}
    for name, value in facts.items():
        if name not in OVERRIDES:
            yield f"{tool}: {name} cannot be overridden; {', '.join(OVERRIDES)} can."
        elif type(value) not in OVERRIDES[name] or (name in words and value not in words[name]):
            yield f"{tool}: {value!r} is no {name}."
        elif name == "effect_key" and (wrong := effect_keys.problem(map(str, value))):
            yield f"{tool}: {wrong}."


TOOLS = RowShape(
    TOOL,
    (
        RowCell(key=TOOL, label="Tool"),
        PickCell(
            key="effect",
            label="Effect",
            choices=lambda: (
                NOT_SAID,
                (Effect.READ.value, "reads"),
                (Effect.REVERSIBLE.value, "can be undone"),
                (Effect.IRREVERSIBLE.value, "cannot be undone"),
            ),
        ),
        PickCell(
            key="idempotent",
            label="The same call twice is one",
            choices=lambda: (NOT_SAID, ("yes", "yes"), ("no", "no")),
            means={"yes": True, "no": False},
        ),
        NumberCell(key="timeout", label="Timeout in seconds"),
        RowCell(key="scope", label="Scope"),
        PickCell(
            key="visibility",
            label="Who reads its results",
            choices=lambda: (
                NOT_SAID,
                (Visibility.VISIBLE.value, "whoever sees the run"),
                (Visibility.USER_HIDDEN.value, "those who see content"),
                (Visibility.ALWAYS_HIDDEN.value, "auditors only"),
            ),
        ),
        NamesCell(key="effect_key", label="Arguments that name the effect"),
    ),
    (TOOL,),
    tools_apart,
    tools_together,
)
