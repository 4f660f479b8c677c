"""Reading a script from TOML, and saying in which line it is wrong.

Pure; the format by example is `script.EXAMPLE`.
"""

import functools
import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from console.json_value import Json
from policies.json_schema.linear_regex import BadPattern
from runs.engine.engine_errors import PlannerFault
from runs.planners import goal_pattern, templates
from runs.planners.goal_pattern import GoalPattern
from runs.planners.script import Prices, Script, ScriptStep, ScriptTurn, Trouble, Wanted

HEADER: Final = re.compile(r"^[ \t]*\[\[[ \t]*step[ \t]*\]\]", re.MULTILINE)
TOP: Final = {"model", "window", "price_in", "price_out", "pattern", "lists", "step"}
ACT: Final = {"thought", "call", "final", "tokens_in", "tokens_out", "usd", "delay"}
STEP: Final = ACT | {"repeat", "fault", "times", "retry_after", "message", "on_failure"}
FAULTS: Final = (
    PlannerFault.TRANSIENT,
    PlannerFault.RATE_LIMITED,
    PlannerFault.MALFORMED,
    PlannerFault.FATAL,
)
NAMES: Final = {str: "a text", int: "a whole number", dict: "a table"}
LONGEST: Final = 86_400
T = TypeVar("T", str, int, dict[str, Json])


class ScriptError(ValueError):
    """A script that cannot be read: `line` (from 1) and `reason`."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


@functools.lru_cache(maxsize=256)
def parse(text: str) -> Script:
    """The script a text says; raises ScriptError. A text is read once a process."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at line (\d+), column \d+\)", str(error))
        raise ScriptError(
            int(where[1]) if where else text.count("\n") + 1,
            re.sub(r"\s*\(at .*\)$", "", str(error)),
        ) from None
    except RecursionError:
        raise ScriptError(1, "it is nested too deeply") from None
    except ValueError:
        raise ScriptError(1, "a number has too many digits") from None
    return ScriptReader(text).script(table)


@dataclass(frozen=True, slots=True)
class ScriptReader:
    """Reads tables of a script; `line` is where the one being read begins."""

    text: str
    line: int = 1
    prices: Prices = field(default_factory=Prices)
    lists: Mapping[str, list[Json]] = field(default_factory=dict)

    def script(self, table: Mapping[str, Json]) -> Script:
        self.only(table, TOP)
        raw = table.get("step")
        if not isinstance(raw, list) or not raw or not all(isinstance(each, dict) for each in raw):
            raise self.wrong("step", "a script needs at least one [[step]]")
        headers = [
            self.text.count("\n", 0, match.start()) + 1 for match in HEADER.finditer(self.text)
        ]
        lines = headers if len(headers) == len(raw) else [1] * len(raw)
        prices = Prices(
            *(
                self.money(table, key) if key in table else Decimal(0)
                for key in ("price_in", "price_out")
            )
        )
        lists = self.named_lists(table)
        readers = (replace(self, line=line, prices=prices, lists=lists) for line in lines)
        steps = tuple(reader.step(each) for reader, each in zip(readers, raw, strict=True))
        return Script(
            steps=steps,
            ends=tuple(itertools.accumulate(step.repeat for step in steps)),
            model=self.get(table, "model", "scripted"),
            window=self.get(table, "window", 0) or None,
            prices=prices,
            pattern=self.pattern(table),
            lists=lists,
        )

    def step(self, table: Mapping[str, Json]) -> ScriptStep:
        self.only(table, STEP)
        trouble, repeat, other = (
            self.trouble(table),
            self.get(table, "repeat", 1),
            self.get(table, "on_failure", dict[str, Json]()),
        )
        if not repeat:
            raise self.wrong("repeat", "repeat must be at least 1")
        self.only(other, ACT)
        return ScriptStep(
            act=self.act(table, may_be_empty=trouble is not None),
            line=self.line,
            repeat=repeat,
            trouble=trouble,
            on_failure=self.act(other) if other else None,
        )

    def trouble(self, table: Mapping[str, Json]) -> Trouble | None:
        if "fault" not in table:
            for stray in {"times", "retry_after", "message"} & table.keys():
                raise self.wrong(stray, f"{stray} belongs to a fault")
            return None
        if table["fault"] not in FAULTS:
            raise self.wrong(
                "fault", f"fault must be one of {', '.join(FAULTS)}, not {table['fault']!r}"
            )
        fault, answers = (
            PlannerFault(table["fault"]),
            bool({"call", "final", "times"} & table.keys()),
        )
        return Trouble(
            fault=fault,
            message=self.get(table, "message", f"The script says {fault}."),
            retry_after=self.seconds(table, "retry_after")[0] if "retry_after" in table else None,
            times=self.get(table, "times", 1) if answers else None,
        )

    def act(self, table: Mapping[str, Json], *, may_be_empty: bool = False) -> ScriptTurn:
        raw = table.get("call", [])
        calls = tuple(self.call(each) for each in (raw if isinstance(raw, list) else [raw]))
        final = self.get(table, "final", "") if "final" in table else None
        if calls and final is not None:
            raise self.wrong("final", "a step has a call or a final answer, not both")
        if not calls and final is None and not may_be_empty:
            raise self.wrong("call", "a step needs a call, a final answer or a fault")
        thought, tokens_in, tokens_out = (
            self.get(table, "thought", ""),
            self.get(table, "tokens_in", 0),
            self.get(table, "tokens_out", 0),
        )
        wanted = [[each.tool, each.args] for each in calls]
        refers = [
            self.refers(key, value)
            for key, value in (("thought", thought), ("final", final), ("call", wanted))
        ]
        return ScriptTurn(
            thought=thought,
            calls=calls,
            final=final,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            usd=(
                self.money(table, "usd")
                if "usd" in table
                else self.prices.of(tokens_in, tokens_out)
            ),
            delay=self.seconds(table, "delay"),
            constant=not any(refers),
        )

    def call(self, raw: Json) -> Wanted:
        if (
            not isinstance(raw, dict)
            or not isinstance(raw.get("tool"), str)
            or not raw["tool"]
            or raw.keys() - {"tool", "args"}
        ):
            raise self.wrong(
                "call", "a call has a tool (a text) and args (a table), and nothing else"
            )
        return Wanted(raw["tool"], plain(raw.get("args", {})))

    def refers(self, key: str, value: Json) -> bool:
        """Whether a value refers to anything; raises on a reference that can never be filled."""
        try:
            found = list(templates.references(value))
        except ValueError as error:
            raise self.wrong(key, str(error)) from None
        for reference in found:
            root, *rest = reference.path
            if root in ("each", "pick") and (len(rest) != 1 or rest[0] not in self.lists):
                raise self.wrong(
                    key,
                    f"{{{{{reference}}}}} names no list; lists are"
                    f" {', '.join(self.lists) or 'none'}",
                )
        return bool(found)

    def named_lists(self, table: Mapping[str, Json]) -> dict[str, list[Json]]:
        lists = self.get(table, "lists", dict[str, Json]())
        if not all(isinstance(each, list) and each for each in lists.values()):
            raise self.wrong("lists", "lists must be named lists with something in them")
        return {name: plain(each) for name, each in lists.items()}

    def pattern(self, table: Mapping[str, Json]) -> GoalPattern | None:
        text = self.get(table, "pattern", "")
        try:
            return goal_pattern.compiled(text) if text else None
        except BadPattern as bad:
            raise self.wrong("pattern", f"pattern cannot be used: {bad}") from None

    def seconds(self, table: Mapping[str, Json], key: str) -> tuple[float, float]:
        """One duration, or the least and the most of one."""
        raw = table.get(key, 0)
        pair = raw if isinstance(raw, list) and len(raw) == 2 else [raw, raw]
        if (
            any(type(each) not in (int, float) for each in pair)
            or not 0 <= pair[0] <= pair[1] < LONGEST
        ):
            raise self.wrong(
                key, f"{key} must be seconds, or two of them, the lesser first, not {raw!r}"
            )
        return float(pair[0]), float(pair[1])

    def money(self, table: Mapping[str, Json], key: str) -> Decimal | None:
        value = table[key]
        if value == "unknown":
            return None
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("nan")
        if not amount.is_finite() or amount < 0:
            raise self.wrong(key, f'{key} must be USD or "unknown", not {value!r}')
        return amount

    def get(self, table: Mapping[str, Json], key: str, default: T) -> T:
        value, kind = table.get(key, default), type(default)
        if type(value) is not kind or negative(value):
            raise self.wrong(key, f"{key} must be {NAMES[kind]}, not {value!r}")
        return value

    def only(self, table: Mapping[str, Json], keys: set[str]) -> None:
        for key in table.keys() - keys:
            raise self.wrong(
                key, f"{key!r} means nothing here; known are {', '.join(sorted(keys))}"
            )

    def wrong(self, key: str, reason: str) -> ScriptError:
        """The error, at the key's line when the table being read shows it."""
        lines = list(enumerate(self.text.splitlines() or [""], 1))[self.line - 1 :]
        own = [lines[0], *itertools.takewhile(lambda pair: not HEADER.match(pair[1]), lines[1:])]
        shown = re.compile(rf"(\s*|.*[{{,]\s*|\s*\[+\s*step\.){re.escape(key)}\s*[=\].]")
        return ScriptError(
            next((number for number, text in own if shown.match(text)), self.line), reason
        )


def negative(value: object) -> bool:
    return isinstance(value, int) and value < 0


def plain(value: Json) -> Json:
    """TOML as JSON: its dates and times become text."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | datetime | time) else value
