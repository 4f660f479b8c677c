"""A script for the scripted planner, as frozen facts. Pure:

`script_text` reads them from TOML, `scripted` plays them.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from console.json_value import Json
from runs.engine.engine_errors import PlannerFault
from runs.planners.goal_pattern import GoalPattern

EXAMPLE: Final = r"""
model = "demo"                        # all before the first step is optional
window = 8000                         # tokens of context
price_in = 0.15                       # USD per million tokens, or "unknown"
price_out = 0.60
pattern = 'order (?P<order>\d+)'      # parts of the goal's words: {{goal.order}}; no
                                      # look-around, no back-references
lists = { topics = ["tides", "locks"] }

[[step]]                              # one turn each, in order
thought = "Look it up."
call = { tool = "get_order", args = { order = "{{goal.order:number|1042}}" } }
tokens_in = 900
tokens_out = 60
usd = 0.002                           # otherwise from the prices; "unknown" is not zero
delay = [0.2, 0.8]                    # seconds; between two numbers, by the run's seed

[[step]]
repeat = 3                            # {{n}} counts from 1, {{each.topics}} goes round with it,
                                      # {{pick.topics}} falls by seed
call = [
  { tool = "search", args = { query = "{{each.topics}}", page = "{{n}}" } },
  { tool = "search", args = { query = "{{pick.topics}}" } },
]

[[step]]
fault = "rate_limited"                # or transient, malformed, fatal: what the planner meets
                                      # before it decides
times = 2
retry_after = 0.5
[step.call]
tool = "refund"
args = { order = "{{get_order.order}}", amount = "{{get_order.lines.0.price}}" }

[[step]]
final = "Paid back {{refund.amount}}."
[step.on_failure]                     # instead, when the latest call failed or was refused
final = "It could not be paid back."
"""


@dataclass(frozen=True, slots=True)
class Prices:
    """USD per million tokens; None is an unknown price."""

    tokens_in: Decimal | None = Decimal(0)
    tokens_out: Decimal | None = Decimal(0)

    def of(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        if self.tokens_in is None or self.tokens_out is None:
            return None
        return (self.tokens_in * tokens_in + self.tokens_out * tokens_out) / 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call as the script writes it, references and all.

    `args` that are no table are arguments that are no JSON object.
    """

    tool: str
    args: Json


@dataclass(frozen=True, slots=True)
class ScriptTurn:
    """One turn as the script writes it; `delay` is the least and most seconds it takes.

    `constant`: it refers to nothing.
    """

    thought: str = ""
    calls: tuple[Wanted, ...] = ()
    final: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal | None = Decimal(0)
    delay: tuple[float, float] = (0.0, 0.0)
    constant: bool = True


@dataclass(frozen=True, slots=True)
class Trouble:
    """A planner fault to raise on the first `times` attempts of a step,
    on all of them when None."""

    fault: PlannerFault
    message: str
    retry_after: float | None = None
    times: int | None = 1

    def strikes(self, attempt: int) -> bool:
        return self.times is None or attempt < self.times


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """One `[[step]]`, standing for `repeat` turns; `line` is where it begins in the text."""

    act: ScriptTurn
    line: int
    repeat: int = 1
    trouble: Trouble | None = None
    on_failure: ScriptTurn | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """Steps with `ends`, the number of turns up to and including each; what the planner says of
    itself; lists to pick from.
    """

    steps: tuple[ScriptStep, ...]
    ends: tuple[int, ...]
    model: str = "scripted"
    window: int | None = None
    prices: Prices = Prices()
    pattern: GoalPattern | None = None
    lists: Mapping[str, list[Json]] = field(default_factory=dict)

    def at(self, step: int) -> tuple[ScriptStep, int] | None:
        """The step for turn `step` (from 1) and its repetition (from 1); None when the script is
        over.
        """
        place = bisect_right(self.ends, step - 1)
        if place == len(self.steps):
            return None
        return self.steps[place], step - (self.ends[place - 1] if place else 0)
