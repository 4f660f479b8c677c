"""What to record when older steps are replaced by a summary: its text, who wrote it, what it cost.
Pure.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from runs.engine import digest, summary, tokens
from runs.engine import events as e
from runs.engine.actions import RunRules
from runs.engine.context import Folding
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import ContextMessage, PlannerTurn, Speaker, Usage
from runs.engine.recall import RECALL
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Visibility

NO_WORDS = "It called tools instead of summing up."
TOO_LONG = "Its summary was too long."


def compacted(
    state: RunState, fold: Folding, rules: RunRules, now: datetime, said: str = "", **cost: Any
) -> e.ContextCompacted:
    """The summary that stands for the folded messages: in the model's words `said`, else made of
    lines.

    It is hidden from whoever may not read each of the results that it tells of.
    """
    folded = state.history[: fold.messages]
    specs = {name: rules.spec(name) for name in called(folded)}
    hidden = any(spec and spec.visibility is Visibility.ALWAYS_HIDDEN for spec in specs.values())
    acts = [name for name, spec in specs.items() if not spec or spec.effect is not Effect.READ]
    recall = rules.spec(RECALL) is not None
    return e.ContextCompacted(
        at=now,
        visibility=Visibility.ALWAYS_HIDDEN if hidden else Visibility.USER_HIDDEN,
        step=state.step,
        messages=fold.messages,
        steps=digest.steps_of(folded),
        summary=summary.of(folded, fold.most, acts=acts, recall=recall, said=said),
        by="model" if said else "digest",
        **cost,
    )


def called(folded: Sequence[ContextMessage]) -> list[str]:
    """The tools whose results are among these messages, each once."""
    return list(dict.fromkeys(each.tool for each in folded if each.role is Speaker.TOOL))


def after_summary(
    state: RunState,
    fold: Folding,
    answer: PlannerTurn | PlannerError,
    rules: RunRules,
    now: datetime,
    took: float,
) -> list[e.RunEvent]:
    """The summary with its cost. When the model gave none, the reason is recorded and lines stand
    in its place. `took`: seconds.
    """
    said, why = words(answer, fold)
    usage = cost(answer)
    made = compacted(
        state,
        fold,
        rules,
        now,
        said,
        why=why,
        model=answer.model if isinstance(answer, PlannerTurn) else "",
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        usd=usage.usd,
        estimated=usage.estimated,
        duration=took,
    )
    return [made]


def words(answer: PlannerTurn | PlannerError, fold: Folding) -> tuple[str, str]:
    """The model's summary and an empty reason; or no summary and the reason why there is none."""
    if isinstance(answer, PlannerError):
        return "", answer.message
    said = (answer.final or answer.thought).strip() if not answer.calls else ""
    if not said:
        return "", NO_WORDS
    return ("", TOO_LONG) if tokens.of_text(said) > fold.most else (said, "")


def cost(answer: PlannerTurn | PlannerError) -> Usage:
    """What the answer cost; of a request that was cut off the price is unknown."""
    if isinstance(answer, PlannerTurn):
        return answer.usage
    return answer.usage or Usage(usd=None if answer.fault is PlannerFault.CANCELLED else Decimal(0))
