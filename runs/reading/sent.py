"""What the planner was sent for one step, message by message, as far as a reader may see it, and
what had been folded by then.

Built from the journal by the engine's own fold, so that it is exactly what was sent. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from console import figures
from console.journal.records import JournalRecord, Stored
from runs.engine import events as e
from runs.engine import tokens
from runs.engine.fold import START, fold
from runs.engine.ports import ContextMessage, Speaker
from runs.engine.state import RunState
from runs.reading import model_costs, rulings
from runs.runtime import run_ledger

SPEAKERS = {
    Speaker.SYSTEM: "system prompt",
    Speaker.USER: "supervisor",
    Speaker.ASSISTANT: "model",
    Speaker.TOOL: "tool",
}
HEAD = 160


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message. `seq` is the event that it comes from; its text is empty where this reader may
    not see it.
    """

    speaker: str
    seq: int
    size: str
    head: str = ""
    text: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Folded:
    """The messages that a summary stands for, and their size."""

    title: str
    size: str
    messages: Sequence[SentMessage]
    seq: int


@dataclass(frozen=True, slots=True)
class SentContext:
    """The context of one step. `counted` is the provider's own count; `chosen` says why it was this
    model, where the agent has several, and `paid` what the answer cost.
    """

    step: int
    model: str
    estimate: str
    counted: str
    tools: str
    messages: Sequence[SentMessage]
    folded: Folded | None
    hidden: int
    recall: bool
    chosen: str = ""
    paid: str = ""
    earlier: int = 0
    later: int = 0


class Erased(Exception):
    """The content of the message was erased."""


@dataclass
class Rebuilt:
    """A run's state just before a step, and which event each message came from."""

    state: RunState
    origins: list[int]
    prompt: str = ""
    prompted: int = 0
    created: int = 0
    compacted: tuple[int, JournalRecord | None] = (0, None)
    moved: tuple[int, JournalRecord | None] = (0, None)


def of(stored: Sequence[Stored], readable: frozenset[int], step: int) -> SentContext | None:
    """What was sent for this step; None when it was never planned. Raises Erased, and Unreadable
    when the journal cannot be folded.
    """
    place = next(
        (
            at
            for at, row in enumerate(stored)
            if row.record.kind == "step.planned" and row.record.step == step
        ),
        None,
    )
    if place is None:
        return None
    if any(row.erased for row in stored[:place]):
        raise Erased
    found, planned = rebuilt(stored[:place]), stored[place]
    last = max(int(row.record.step or 0) for row in stored if row.record.kind == "step.planned")
    return shown(found, planned.record, readable, step, last)


def rebuilt(stored: Iterable[Stored]) -> Rebuilt:
    """The fold of these events, with the event that each message came from."""
    found = Rebuilt(START, [])
    for row, event in run_ledger.numbered(stored):
        found.state = fold(found.state, event)
        found.origins.extend([row.seq] * (len(found.state.history) - len(found.origins)))
        match event:
            case e.RunCreated():
                found.created = row.seq
            case e.RunBriefed():
                found.prompt, found.prompted = event.prompt, row.seq
            case e.ContextCompacted():
                found.compacted = row.seq, row.record
            case e.RunRouted() | e.RunDowngraded():
                found.moved = row.seq, row.record
    return found


def shown(
    found: Rebuilt, planned: JournalRecord, readable: frozenset[int], step: int, last: int
) -> SentContext:
    state = found.state
    sent = [said(message, seq, readable, state) for message, seq in messages(found)]
    return SentContext(
        step=step,
        model=planned.model,
        estimate=size(state.context, state),
        counted=f"{planned.tokens_in:,} tokens" if planned.tokens_in else "",
        tools=size(max(state.overhead - tokens.of_text(found.prompt), 0), state),
        messages=sent,
        folded=folded(found, readable) if state.folded else None,
        hidden=sum(each.hidden for each in sent),
        recall=bool(state.folded),
        chosen=chosen(found, readable),
        paid=paid(planned),
        earlier=step - 1,
        later=step + 1 if step < last else 0,
    )


def chosen(found: Rebuilt, readable: frozenset[int]) -> str:
    """Which of the agent's models it was and which policy or budget said so; empty for an agent
    whose steps all go to one, and for who may not read that.
    """
    seq, moved = found.moved
    if moved is None or seq not in readable:
        return ""
    use = model_costs.USES.get(found.state.tier, found.state.tier)
    named = rulings.named(moved)
    why = str(moved.data.get("detail") or "")
    ruled = f" ({named})" if named else ""
    return f"Taken by {found.state.planner}, the {use}{ruled}. {why}"


def paid(planned: JournalRecord) -> str:
    """What the answer cost, and what the provider had in its cache."""
    about = "about " if planned.data.get("estimated") else ""
    if planned.usd is None:
        return "no known price"
    said = f"{about}{figures.exact_money(planned.usd)}"
    if not (cached := int(planned.data.get("cached") or 0)):
        return said
    saved = Decimal(str(planned.data.get("saved") or 0))
    after = f", which saved {figures.exact_money(saved)}" if saved else ""
    return f"{said}; {cached:,} of its tokens were in the provider's cache{after}"


def messages(found: Rebuilt) -> Iterator[tuple[ContextMessage, int]]:
    """The messages as `runs.engine.context.FittedContext` sends them, each with its event."""
    state = found.state
    if found.prompt:
        yield ContextMessage(Speaker.SYSTEM, found.prompt), found.prompted
    yield ContextMessage(Speaker.USER, state.goal), found.created
    if state.summary:
        yield ContextMessage(Speaker.USER, state.summary), found.compacted[0]
    yield from list(zip(state.history, found.origins, strict=True))[state.folded :]


def folded(found: Rebuilt, readable: frozenset[int]) -> Folded:
    state, (seq, record) = found.state, found.compacted
    gone = list(zip(state.history, found.origins, strict=True))[: state.folded]
    steps = int(record.data.get("steps") or 0) if record else 0
    was = sum(tokens.of_message(message) for message, _ in gone)
    return Folded(
        title=f"Steps 1 to {steps}" if steps > 1 else "Step 1",
        size=f"{size(was, state)}, now {size(tokens.of_text(state.summary), state)}",
        messages=[said(message, at, readable, state) for message, at in gone],
        seq=seq,
    )


def said(
    message: ContextMessage, seq: int, readable: frozenset[int], state: RunState
) -> SentMessage:
    speaker, about = SPEAKERS[message.role], size(tokens.of_message(message), state)
    if message.role is Speaker.USER and message.text in (state.goal, state.summary):
        speaker = "goal" if message.text == state.goal else "summary"
    if seq not in readable:
        return SentMessage(speaker, seq, about, hidden=True)
    text = written(message)
    return SentMessage(
        message.tool or speaker, seq, about, figures.cut(" ".join(text.split()), HEAD), text
    )


def written(message: ContextMessage) -> str:
    """The message's words and calls as text."""
    calls = (f"{call.tool}({tokens.rendered(call.args)})" for call in message.calls)
    pictures = (f"[an image ({each.title})]" for each in message.pictures)
    return "\n".join(filter(None, (message.text, *calls, *pictures)))


def size(unscaled: int, state: RunState) -> str:
    """About how many tokens it is, as the model's provider counts them."""
    return f"about {int(unscaled * state.scale):,} tokens"
