"""The text that the planner reads in place of folded steps. Pure.

It tells what happened, in a model's words or as a digest of lines, and keeps in any case what must
not be lost: what was done in the world, what the supervisor said, which ids are in use.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from console.json_value import Json
from runs.engine import context, digest, tokens
from runs.engine.context import Folding
from runs.engine.ports import ContextMessage, Speaker, ToolCall
from runs.engine.state import RunState

HEADING = (
    "[Steps 1 to {last} are summed up here; what they returned in full is no longer part of this"
    " conversation.{recall}]"
)
RECALL = " recall(step=…) or recall(query=…) gives any of it back word for word."
BODY = 0.6
"""Share of a summary that tells what happened; the rest is for what must not be lost."""
WORDS_KEPT = 3
MOST_VALUES = 60
LONGEST_VALUE = 40
VALUE = re.compile(r"[\w.@+\-/:]+")
REFUSED = "Refused: "
LATER = "(its result is not part of this)"
TASK = (
    "[Supervisor: this conversation gets too long and is about to be shortened to your next answer"
    " and its last steps. Sum up for yourself all that matters for the goal, in at most {words}"
    " words of plain text: what was found out, with its ids, names, numbers and places; what was"
    " decided and why; what was tried in vain; what is still open. Call no tool now.]"
)
CAPS = (None, 8_000, 4_000, 2_000, 1_000, 500, 200)
"""Characters to which results are cut, tried in this order until the request for a summary fits the
model.
"""


def of(
    history: Sequence[ContextMessage],
    most: int,
    *,
    acts: Collection[str] = (),
    recall: bool = False,
    said: str = "",
) -> str:
    """The summary of these messages in at most `most` tokens; empty when there is room for none.

    `acts` are the tools that change the world; `said` is a model's summary, without which lines are
    made.
    """
    heading = HEADING.format(last=digest.steps_of(history), recall=RECALL if recall else "")
    left = most - tokens.of_text(heading)
    if left < 0:
        return ""
    gone = history
    if not said:
        said, dropped = digest.of(history, int(left * BODY))
        gone = history[: after_step(history, dropped)] if dropped else ()
    kept = standing(gone, acts, left - int(left * BODY))
    return tokens.beginning("\n".join([heading, *kept, said]), most)


def standing(history: Sequence[ContextMessage], acts: Collection[str], most: int) -> list[str]:
    """What must not be lost, in about `most` tokens."""
    kept = [*done(history, acts, most // 2), *words(history, most // WORDS_KEPT // 3)]
    return [*kept, *named(history, most - tokens.of_text("\n".join(kept)))]


def after_step(history: Sequence[ContextMessage], step: int) -> int:
    """The index of the first message after this step."""
    places = (place for place, (at, _) in enumerate(digest.numbered(history)) if at > step)
    return next(places, len(history))


def done(history: Sequence[ContextMessage], acts: Collection[str], most: int) -> Iterator[str]:
    """Lines of what was done in the world, the newest within `most` tokens; older calls, and calls
    that only read, are counted.
    """
    calls = list(made(history))
    lines = [f"{step}. {digest.asked(call)}" for step, call in calls if call.tool in acts]
    kept = newest(lines, most)
    counted = Counter(call.tool for _, call in calls if call.tool not in acts)
    older = len(lines) - len(kept)
    counted.update(call.tool for _, call in [one for one in calls if one[1].tool in acts][:older])
    if counted:
        yield f"Called: {', '.join(f'{tool} {times}x' for tool, times in counted.most_common())}."
    if kept:
        yield "Done, and not to be done again:"
        yield from kept


def made(history: Sequence[ContextMessage]) -> Iterator[tuple[int, ToolCall]]:
    """Calls that were made, with the numbers of their steps."""
    refused = {
        (step, message.call_id)
        for step, message in digest.numbered(history)
        if message.text.startswith(REFUSED)
    }
    for step, message in digest.numbered(history):
        yield from ((step, call) for call in message.calls if (step, call.id) not in refused)


def newest(parts: Sequence[str], most: int) -> Sequence[str]:
    """The last parts, as many as have room in `most` tokens."""
    left = most * tokens.BYTES_PER_TOKEN
    for kept, part in enumerate(reversed(parts)):
        left -= tokens.size(part) + 2
        if left < 0:
            return parts[len(parts) - kept :]
    return parts


def words(history: Sequence[ContextMessage], most: int) -> Iterator[str]:
    """The last things that the supervisor said, each in at most `most` tokens."""
    told = dict.fromkeys(message.text for message in history if message.role is Speaker.USER)
    for text in [*told][-WORDS_KEPT:]:
        yield tokens.beginning(f"You were told: {' '.join(text.split())}", most)


def named(history: Sequence[ContextMessage], most: int) -> Iterator[str]:
    """The newest values with digits in them (ids, numbers, addresses) that calls used, in
    one line.
    """
    found = (value for each in history for call in each.calls for value in values(call.args))
    if last := newest([*dict.fromkeys(found)][-MOST_VALUES:], most):
        yield f"They named {', '.join(last)}."


def values(given: Json) -> Iterator[str]:
    """Short values with a digit in them, at any depth."""
    if isinstance(given, Mapping):
        for value in given.values():
            yield from values(value)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from values(value)
    elif isinstance(given, str | int) and not isinstance(given, bool):
        text = str(given)
        if len(text) <= LONGEST_VALUE and VALUE.fullmatch(text) and any(map(str.isdigit, text)):
            yield text


def longest_answer(state: RunState, folding: Folding) -> int:
    """Tokens, as the provider counts them, that a model's own summary may have."""
    return max(int(folding.most * BODY * state.scale), 1)


def question(
    state: RunState, prompt: str, folding: Folding, window: int | None
) -> Sequence[ContextMessage] | None:
    """The messages that ask a model with a window of `window` tokens for a summary; None when even
    cut results do not fit.

    It is the last request with one message more, so that a provider's cache of it is of use. The
    newest results are left out: the planner has not read them, and they stay.
    """
    asked = ContextMessage(Speaker.USER, TASK.format(words=int(folding.most * BODY) // 2))
    newest = newest_step(state)
    sent = [
        *context.before(state, prompt),
        *state.history[state.folded : newest],
        *map(unread, state.history[newest:]),
        asked,
    ]
    most = context.fitting(state, window, longest_answer(state, folding))
    for cap in CAPS:
        shorter = [cut(message, cap) for message in sent]
        if most is None or state.overhead + sum(map(tokens.of_message, shorter)) <= most:
            return shorter
    return None


def newest_step(state: RunState) -> int:
    """The index at which the step begins whose results the planner has not read yet."""
    places = range(len(state.history) - 1, state.folded, -1)
    return next(
        (place for place in places if state.history[place].role is Speaker.ASSISTANT), state.folded
    )


def unread(message: ContextMessage) -> ContextMessage:
    return replace(message, text=LATER) if message.role is Speaker.TOOL else message


def cut(message: ContextMessage, most: int | None) -> ContextMessage:
    if most is None or message.role is not Speaker.TOOL:
        return message
    body = tokens.without_runway(message.text)
    return replace(message, text=tokens.cut(body, most))
