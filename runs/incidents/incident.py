"""An incident as frozen facts, read from the files in `library`. Reads files, no tables.

What each field means stands at the fields; an example is any file of the library.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from console.json_value import Json
from runs.engine.vocabulary import AnswerAct

FOLDER: Final = Path(__file__).with_name("library")


class IncidentKind(StrEnum):
    """Where it comes from: something that happened to somebody, or an attack on an agent."""

    FIELD = "field"
    ATTACK = "attack"


class FaultKind(StrEnum):
    """What befalls a call.

    ANSWER: it is answered otherwise. ERROR: it fails, with nothing done. CUT: it has its effect,
    and the connection is lost before it has answered. KILL: it does not answer, and somebody kills
    the run meanwhile. LOSE: it has its effect, does not answer, and the run's worker counts as lost
    meanwhile.
    """

    ANSWER = "answer"
    ERROR = "error"
    CUT = "cut"
    KILL = "kill"
    LOSE = "lose"


@dataclass(frozen=True, slots=True)
class StagedFault:
    """What befalls calls of `tool`: those of the steps `first` to `last`, and of each call its
    first `times` tries; all of them when None.
    """

    tool: str
    does: FaultKind
    first: int
    last: int
    times: int | None = None
    message: str = ""
    answer: Json = None

    def strikes(self, tool: str, step: int, tries: int) -> bool:
        """Whether it befalls this try, the first of which is 1."""
        in_time = self.times is None or tries <= self.times
        return tool == self.tool and self.first <= step <= self.last and in_time


@dataclass(frozen=True, slots=True)
class PersonsAnswer:
    """What a person answers to a request to call `tool`, `after_hours`."""

    tool: str
    act: AnswerAct
    after_hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that has to hold: a sentence, and the figures that show it.

    `ends`: the reasons of which the run has one when it is over. `counts`: by kind of count and by
    name, the least and the most (see `runs.incidents.incident_checks`). `approved_only`: tools that
    no call reaches without a person's yes to it.
    """

    sentence: str
    ends: tuple[str, ...] = ()
    counts: Mapping[str, Mapping[str, tuple[float, float]]] | None = None
    approved_only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """One scenario. `happened`, `signalbox` and `look` are the three lines that people read: what
    happened out there, what Signalbox does about it, and what to look at. `strangers`: tools that
    its agent asks for and does not have. `changed`: tools that are no more what was accepted.
    """

    name: str
    kind: IncidentKind
    title: str
    happened: str
    signalbox: str
    look: str
    goal: str
    tools: tuple[str, ...]
    strangers: tuple[str, ...]
    changed: tuple[str, ...]
    script: str
    agent: Mapping[str, Any]
    faults: tuple[StagedFault, ...]
    answers: tuple[PersonsAnswer, ...]
    holds: tuple[Expectation, ...]

    @property
    def waits_for_people(self) -> bool:
        """Whether it comes to a point where a person has to answer."""
        return bool(self.answers)


@functools.cache
def library() -> Mapping[str, Incident]:
    """Every incident by its name, in the order of their files."""
    paths = sorted(FOLDER.glob("*.toml"))
    return {each.name: each for each in map(_read, paths)}


def _read(path: Path) -> Incident:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    name = path.stem.partition("-")[2]
    return Incident(
        name=name,
        kind=IncidentKind(table["kind"]),
        **{key: " ".join(table[key].split()) for key in ("title", "happened", "signalbox", "look")},
        goal=table["goal"].strip(),
        tools=tuple(table["tools"]),
        strangers=tuple(table.get("strangers", ())),
        changed=tuple(table.get("changed", ())),
        script=table["script"],
        agent=_settings(table.get("agent", {})),
        faults=tuple(_fault(each) for each in table.get("fault", [])),
        answers=tuple(_answer(each) for each in table.get("person", [])),
        holds=tuple(_expectation(each) for each in table["holds"]),
    )


def _settings(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**table, "max_usd": Decimal(table["max_usd"])} if "max_usd" in table else table


def _fault(table: Mapping[str, Any]) -> StagedFault:
    steps = table.get("steps", [1, 100_000])
    return StagedFault(
        tool=table["tool"],
        does=FaultKind(table["does"]),
        first=steps[0],
        last=steps[1],
        times=table.get("times"),
        message=table.get("message", ""),
        answer=table.get("answer"),
    )


def _answer(table: Mapping[str, Any]) -> PersonsAnswer:
    return PersonsAnswer(table["tool"], AnswerAct(table["act"]), table.get("after_hours", 0.0))


def _expectation(table: Mapping[str, Any]) -> Expectation:
    rest = {key: table[key] for key in table if key not in ("sentence", "ends", "approved_only")}
    return Expectation(
        sentence=table["sentence"],
        ends=tuple(table.get("ends", ())),
        counts={
            kind: {name: _range(each) for name, each in counts.items()}
            for kind, counts in rest.items()
        },
        approved_only=tuple(table.get("approved_only", ())),
    )


def _range(said: Any) -> tuple[float, float]:
    """A figure, or the least and the most."""
    return (said[0], said[1]) if isinstance(said, list) else (said, said)
