"""The event catalogue as Markdown: what the classes, the transition table, the folds and the
writers say.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from inspect import cleandoc
from typing import Any, Literal, get_args, get_origin

from console.docs import drawing, source, writing
from runs.engine import codec, engine_errors, ports, vocabulary
from runs.engine import events as e
from runs.engine.events.meanings import ENVELOPE, MEANINGS
from runs.engine.state import RunState

GROUPS: Mapping[str, str] = {
    "run_events": "Of a run as a whole",
    "step_events": "Of a step",
    "call_events": "Of a call",
    "undo_events": "Of what is undone",
    "finding_events": "Of what a far side lists otherwise",
    "decision_events": "Of what people are asked, and say",
}
"""Modules of `runs.engine.events`, with their headings."""
WORDS: Mapping[str, type[StrEnum]] = {
    "RunStatus": vocabulary.RunStatus,
    "Waiting": vocabulary.Waiting,
    "Control": vocabulary.Control,
    "RunPhase": vocabulary.RunPhase,
    "Visibility": vocabulary.Visibility,
    "Effect": vocabulary.Effect,
    "Outcome": vocabulary.Outcome,
    "Verdict": vocabulary.Verdict,
    "AnswerAct": vocabulary.AnswerAct,
    "Closer": vocabulary.Closer,
    "Compensation": vocabulary.Compensation,
    "Happened": ports.Happened,
    "PlannerFault": engine_errors.PlannerFault,
}
"""Closed vocabularies by the names under which the engine knows them."""
NAMES = {kind: name for name, kind in WORDS.items()}
MODULE = re.compile(r"(?:\w+\.)+(?=\w)")


def events() -> str:
    """Each kind under its group: what it means, its fields, who writes it, what it changes."""
    return "\n\n".join(
        part
        for module, heading in GROUPS.items()
        for part in (f"## {heading}", *(line for kind in of(module) for line in described(kind)))
    )


def of(module: str) -> list[type[e.RunEvent]]:
    return [kind for kind in e.KINDS.values() if kind.__module__.endswith(f".{module}")]


def described(kind: type[e.RunEvent]) -> Iterator[str]:
    yield f"### {kind.kind}"
    yield cleandoc(kind.__doc__ or "")
    own = [field for field in fields(kind) if field.name not in ENVELOPE]
    yield of_fields(own, MEANINGS) if own else "It has no fields of its own."
    changed = writing.listed(source.changes(kind)) or "nothing else"
    yield f"Written by: {writing.listed(source.writers()[kind])}."
    yield f"Moves the run: {drawing.moved_by(kind)}. Changes of its state: {changed}."


def of_fields(wanted: list[Field[Any]], meanings: Mapping[str, str]) -> str:
    rows = [(f"`{each.name}`", said(each), meanings[each.name]) for each in wanted]
    return writing.table(("Field", "Type", "Meaning"), rows)


def said(field: Field[Any]) -> str:
    required = field.default is MISSING and field.default_factory is MISSING
    return f"`{type_of(field)}`" + ("" if required else ", optional")


def type_of(field: Field[Any]) -> str:
    """`Mapping[str, Json] | None`, without the modules that the types come from."""
    hint: Any = field.type
    if get_origin(hint) is Literal:
        hint = type(get_args(hint)[0])
    name = NAMES.get(hint) or (hint.__name__ if type(hint) in (type, *METAS) else str(hint))
    return MODULE.sub("", name.replace("typing.Any", "Json")).replace("Any", "Json")


METAS = (type(StrEnum),)


def envelope() -> str:
    """The fields that every event has."""
    return of_fields(list(fields(e.RunEvent)), ENVELOPE)


def columns() -> str:
    return writing.listed(codec.COLUMNS)


def state() -> str:
    """The fields of a run's state, which events change."""
    meanings = source.meanings()
    rows = [
        (f"`{each.name}`", f"`{type_of(each)}`", meanings[each.name]) for each in fields(RunState)
    ]
    return writing.table(("Field", "Type", "Meaning"), rows)


def words() -> str:
    """The closed vocabularies that fields are of."""
    rows = [
        (f"`{name}`", writing.listed(each.value or "(empty)" for each in kind), purpose(kind))
        for name, kind in WORDS.items()
    ]
    return writing.table(("Type", "Values", "What it says"), rows)


def purpose(kind: type[StrEnum]) -> str:
    return " ".join(cleandoc(kind.__doc__ or "").split())
