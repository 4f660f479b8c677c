"""What the references of one script step refer to: the goal, the repetition, lists, earlier
results. Pure.
"""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from console import figures
from console.json_value import Json
from policies.json_schema.work_limit import TooMuch
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import ContextMessage, PlanRequest, Speaker
from runs.engine.stop_reasons import OF_A_SCRIPT
from runs.planners import templates
from runs.planners.script import Script
from runs.planners.templates import MISSING, Reference

RUNWAY: Final = re.compile(r"(^|\n)\[step [^\n]*\]$")
LONGEST: Final = 200
FAILURES: Final = ("Error: ", "Refused: ")


@dataclass(frozen=True)
class TurnScope:
    """One turn's surroundings: `n` is the repetition,
    `line` where its step stands in the script."""

    request: PlanRequest
    script: Script
    line: int
    n: int

    @cached_property
    def results(self) -> Sequence[ContextMessage]:
        """Tool results of the context, the latest first.

        Asked for only by a step that refers to one: it costs the whole history.
        """
        return [
            message
            for message in reversed(self.request.context.messages())
            if message.role is Speaker.TOOL
        ]

    @property
    def last_call_failed(self) -> bool:
        return bool(self.results) and self.results[0].text.startswith(FAILURES)

    def filled(self, value: Json) -> Json:
        return templates.filled(value, self.resolve)

    def resolve(self, reference: Reference) -> Json:
        """The value a reference stands for, its default when there is none; raises PlannerError
        when neither is there.
        """
        value = self.found(reference.path)
        if value is MISSING:
            value = MISSING if reference.default is None else reference.default
        if value is MISSING:
            raise self.error(f"{{{{{reference}}}}}, and {self.lacking(reference.path)}")
        try:
            return templates.CASTS[reference.cast](value) if reference.cast else value
        except ValueError:
            raise self.error(
                f"{{{{{reference}}}}} as a {reference.cast}, and it is {value!r}"
            ) from None

    def found(self, path: tuple[str, ...]) -> Json:
        root, rest = path[0], path[1:]
        match root:
            case "n":
                return self.n
            case "step":
                return self.request.step
            case "run":
                return self.request.run
            case "goal":
                return templates.within(self.goal, rest) if rest else self.request.goal
            case "each":
                values = self.script.lists[rest[0]]
                return values[(self.n - 1) % len(values)]
            case "pick":
                return self.dice(rest[0]).choice(self.script.lists[rest[0]])
        return self.result(path)

    @cached_property
    def goal(self) -> Mapping[str, Json]:
        """The goal's named parts: by the script's pattern, or the goal's own when it is a JSON
        object. Raises PlannerError.
        """
        try:
            parts = self.script.pattern.parts(self.request.goal) if self.script.pattern else None
        except TooMuch as much:
            raise PlannerError(
                PlannerFault.FATAL,
                f"{OF_A_SCRIPT}pattern cannot be held against this goal: {much}.",
            ) from None
        if parts is not None:
            return parts
        value = as_json(self.request.goal)
        return value if isinstance(value, dict) else {}

    def result(self, path: tuple[str, ...]) -> Json:
        """Within the latest good result of the tool a path begins with; tool names may have dots of
        their own.
        """
        for message in self.results:
            if self.begins(path, message) and not message.text.startswith(FAILURES):
                rest = path[len(message.tool.split(".")) :]
                return templates.within(as_json(RUNWAY.sub("", message.text)), rest)
        return MISSING

    def begins(self, path: tuple[str, ...], message: ContextMessage) -> bool:
        name = tuple(message.tool.split("."))
        return path[: len(name)] == name

    def lacking(self, path: tuple[str, ...]) -> str:
        """Why there is nothing at a path: the failure of the call that would have given it."""
        for message in self.results:
            if self.begins(path, message) and message.text.startswith(FAILURES):
                said = RUNWAY.sub("", message.text).strip()
                return f"{message.tool} gave none: {figures.line(said, LONGEST).rstrip('.')}"
        return "there is no such thing yet"

    def dice(self, purpose: str) -> random.Random:
        """Falls the same for the same run and step, whatever the process."""
        # the run's own die
        return random.Random(f"{self.request.seed}:{self.request.step}:{purpose}")  # noqa: S311

    def error(self, what: str) -> PlannerError:
        return PlannerError(
            PlannerFault.FATAL, f"{OF_A_SCRIPT}step in line {self.line} refers to {what}."
        )


def as_json(text: str) -> Json:
    """What a text says when it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
