"""What became of a call: what was asked, what was changed, how often it was tried, why it did not
succeed. Pure text.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from console import figures
from console.journal import spill
from console.journal.records import JournalRecord
from runs.engine.outcomes import DID_NOT_HAPPEN
from runs.engine.vocabulary import LossBlame
from runs.reading import rulings, story
from runs.reading.story import StoryTurn

WORDS = {
    "approve": "approved",
    "edit": "approved with changes",
    "deny": "denied",
    "respond": "answered",
    "stop": "denied, and the run stopped",
    "expire": "nobody decided in time",
    "expire_and_stop": "nobody decided in time, and the run stopped",
}
LONGEST = 400
NOT_AGAIN = "It is not tried again"
CANCELLED = "The call was cancelled."
HAPPENED = {"yes": "it did happen", "no": "it did not happen", "unknown": "it cannot say"}


def asked(turn: StoryTurn) -> Any:
    """The arguments of a call: their beginning when they were too large for a row, None when this
    part of the journal does not hold them.
    """
    record = turn.find("call.intended", "call.refused", "call.asked")
    args = record.data.get("args") if record else None
    mark = spill.marker(args)
    return mark["head"] if mark else args


def attempt(turn: StoryTurn) -> int:
    return int(turn.last.data.get("attempt") or 1)


def changes(turn: StoryTurn) -> dict[str, str]:
    """What a person changed of the proposed arguments: the former value by name."""
    return differences(turn.proposed, asked(turn))


def differences(proposed: Any, given: Any) -> dict[str, str]:
    if not isinstance(proposed, Mapping) or not isinstance(given, Mapping) or proposed == given:
        return {}
    names = [name for name in {**proposed, **given} if proposed.get(name) != given.get(name)]
    return {name: value(proposed, name) for name in names}


def value(args: Mapping[str, Any], name: str) -> str:
    """An argument as a person reads it; `nothing` where the call does not have it."""
    return figures.plain(args[name]) if name in args else "nothing"


def decided(turn: StoryTurn) -> Any:
    """The arguments that a person decided on; None while nobody has, or when nothing may
    be done.
    """
    record = turn.find("call.decided")
    return record.data.get("args") if record else None


def summary(turn: StoryTurn) -> str:
    """A call in one line: first what was changed of it, else its arguments."""
    given = asked(turn)
    if (number := attempt(turn)) > 1 and given is None:
        return f"{figures.ordinal(number)} attempt, same key"
    if changed := changes(turn):
        return figures.cut(
            "changed "
            + ", ".join(f"{name}: {was} → {value(given, name)}" for name, was in changed.items()),
            120,
        )
    return figures.arguments(given)


def decision(turn: StoryTurn, *, timed: bool = False) -> str:
    """What a person, or the clock, decided on a question; empty while nobody has. `timed`: with the
    time of it, for what stands at the time of the question.
    """
    decided = turn.find("call.decided")
    if decided is None:
        return ""
    note = decided.data.get("note")
    word = WORDS.get(str(decided.data.get("word")), "decided")
    when = f" at {_when(turn.first.at, decided.at)}" if timed else ""
    return f"{word} by {story.who(decided)}{when}" + (f" — “{note}”" if note else "")


def _when(asked: datetime, decided: datetime) -> str:
    """The time of an answer, in UTC; with its day when the question is of another."""
    of_day = asked.astimezone(UTC).date() == decided.astimezone(UTC).date()
    return f"{decided.astimezone(UTC):{'%H:%M:%S' if of_day else '%d %b %H:%M:%S'}}"


def looked_up(turn: StoryTurn) -> str:
    """What the tool itself said about a call in doubt; empty when it was not asked."""
    record = turn.find("call.looked_up")
    if record is None:
        return ""
    happened = str(record.data.get("happened"))
    if happened == "no" and made_again(turn):
        return "the tool was asked: it had not happened, so it was made again"
    return f"the tool was asked: {HAPPENED.get(happened, 'it cannot say')}"


def made_again(turn: StoryTurn) -> bool:
    """Whether it was made once more, and answered, after its tool had said that it did not happen:
    a call that failed on that word is answered with it.
    """
    back = turn.returned
    return back is not None and DID_NOT_HAPPEN not in str(back.data.get("error") or "")


def unsure(turn: StoryTurn, record: JournalRecord) -> str:
    """Why a call has no answer, or what the tool said when it was asked."""
    if record.kind != "call.lost":
        return looked_up(turn)
    said = "" if taken_along(record) else "nobody knows whether it happened: "
    return said + how_lost(record)


def progress(turn: StoryTurn) -> str:
    """How far the tool last said that it was, as `last said “40 of 65”`; empty without a word."""
    record = turn.find("call.returned", "call.lost")
    words = figures.line(str(record.data.get("progress") or ""), LONGEST) if record else ""
    return f"last said “{words}”" if words else ""


def lost(turn: StoryTurn) -> str:
    """How the answer was lost; empty when one came, or when the worker was lost before."""
    record = turn.find("call.lost")
    return how_lost(record) if record else ""


def how_lost(record: JournalRecord) -> str:
    said = beginning(record.data.get("error"))
    return f"lost by no fault of its own: {said}" if taken_along(record) else said


def taken_along(record: JournalRecord) -> bool:
    """Whether something else brought the loss about, for which the call is not to blame."""
    return str(record.data.get("blame", LossBlame.OWN)) != LossBlame.OWN


def beginning(value: Any) -> str:
    """An error's first words, also when it was too large for its row."""
    mark = spill.marker(value)
    return figures.cut(mark["head"] if mark else figures.plain(value), LONGEST)


def failure(turn: StoryTurn) -> str:
    """Why a call that came back did not succeed; empty when it did. Transport and meaning are told
    apart.
    """
    record = turn.returned
    if record is None or (record.verdict == "succeeded" and record.outcome == "ok"):
        return ""
    why = beginning(record.data.get("error") or record.data.get("sentence") or "")
    if record.outcome == "ok":
        said = (
            "ran, did not succeed"
            if record.verdict == "failed"
            else "ran, nobody knows whether it succeeded"
        )
    else:
        said = {"timeout": "timed out", "cancelled": "cancelled"}.get(record.outcome, "failed")
    return f"{said}: {why}" if why and why != CANCELLED else said


def harmlessly_cut(turn: StoryTurn) -> bool:
    """Whether a call that only reads was cancelled: nothing failed, and nothing can have
    happened.
    """
    record = turn.returned
    cut = record is not None and record.outcome == "cancelled"
    return cut and turn.first.data.get("effect") == "read"


def afterwards(turn: StoryTurn) -> str:
    """What the retry policy said of a failure:

    `attempt 2 of 3 in 0.8 s, same key`, or why there is no further attempt. What was to be tried
    again and then was not says why, in place of when.
    """
    record = turn.returned
    if turn.last is not record and turn.last.kind == "call.returned":
        return given_up(turn.last)
    said = str(record.data.get("retry") or "").rstrip(".") if record else ""
    if record is None or not record.data.get("retry_at"):
        return said
    return f"{said[:1].lower()}{said[1:]}, same key" if said else "tried again later"


def given_up(record: JournalRecord) -> str:
    """Why a call is not tried again after all, in the words that its planner read."""
    error = record.data.get("error")
    mark = spill.marker(error)
    said = figures.plain(mark["head"] if mark else error).partition(NOT_AGAIN)[2]
    why = said or f": {record.data.get('sentence') or 'it was called off'}"
    return f"it is not tried again{figures.cut(why, LONGEST).rstrip('.')}"


def how_held_back(record: JournalRecord) -> str:
    """How a call was held back, in a word or two: refused, or not made since its effect was had
    already.
    """
    return "not done again" if record.data.get("repeats") else "refused"


def held_back(record: JournalRecord) -> str:
    return f"{how_held_back(record)}: {record.data.get('sentence', '')}"


def ruled(turn: StoryTurn) -> str:
    """The rule that refused the call, asked a person about it, or judged what came back."""
    if record := turn.find("call.refused", "call.asked"):
        return rulings.named(record)
    record = turn.returned if failure(turn) else None
    return rulings.named(record) if record else ""
