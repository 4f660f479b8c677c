"""Words for kinds of events that say more in a sentence than by their values: levers, breakers,
edits, ends, decisions. Pure text.
"""

from collections.abc import Callable, Mapping
from typing import Any

from approvals.rules import amounts, headlines
from approvals.rules.request_vocabulary import RequestKind
from console import figures, plain_decimals
from console.journal import spill
from console.journal.records import JournalRecord
from policies.halts.rules import Reach, stands
from runs.reading import call_details, interventions, rulings

LONGEST = 60
SHOWN = 4
BREAKERS = {
    "opened": "cut off",
    "closed": "works again",
    "forced": "cut off by hand",
    "reset": "let through again by hand",
}
SERVED = {
    "seen": "is new",
    "changed": "was changed by its server",
    "accepted": "may be called as it is defined now",
    "left_out": "is left out: no run is offered it",
    "offered": "is offered again",
}
ANSWERED = {
    "approve": "answer accepted as it is",
    "deny": "answer not accepted",
    "respond": "answer sent back to the model",
}
CHANGES = {
    "proposed": "waits for a second person",
    "confirmed": "is confirmed and in force",
    "refused": "is refused",
    "withdrawn": "is withdrawn",
    "expired": "was confirmed by nobody in time",
    "stale": "is not done, since what it rests on was changed",
}
EDITED = (
    "toolpolicy",
    "budget",
    "breakerpolicy",
    "retrypolicy",
    "thresholds",
    "judgepolicy",
    "patiencepolicy",
    "routingpolicy",
    "scopegrant",
    "foureyesrule",
)
"""Tables of policies that people edit in the admin, by their models' names."""
HOUSE = (
    *(f"breaker.{verb}" for verb in BREAKERS),
    "budget.warned",
    *(f"tool.{verb}" for verb in SERVED),
    "halt.pulled",
    "halt.released",
    *(f"change.{verb}" for verb in CHANGES),
    "house.restored",
    "restore.accepted",
    "finding.opened",
    "finding.closed",
    "user.left_runs",
    "user.invited",
    "user.offboarded",
    "user.provisioned",
    "auth.sessions_ended",
    "auth.factor_added",
    "auth.factor_removed",
    "auth.spraying",
    "push.switched_on",
    "push.switched_off",
    *(f"drill.{verb}" for verb in ("started", "ended", "scheduled", "unscheduled")),
    "token.made",
    "token.revoked",
    *(
        f"{what}.{verb}"
        for what in (*EDITED, "user", "group")
        for verb in ("added", "changed", "deleted")
    ),
)
"""Kinds on the house's chain that policies write."""


def lever(record: JournalRecord) -> str:
    data = record.data
    known = str(data.get("reach")) in {each.value for each in Reach}
    what = stands(Reach(str(data["reach"])), str(data.get("target", ""))) if known else ""
    said = what if record.kind == "halt.pulled" else f"No longer in force: {what}"
    return with_why(said, data.get("reason"))


def proposed(record: JournalRecord) -> str:
    """`Budget day-cap, by anna, is confirmed and in force: at most $10.00 → $50.00`."""
    data = record.data
    lines = [f"{what} {old} → {new}" for what, old, new in data.get("widens") or ()]
    more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    became = CHANGES.get(record.kind.partition(".")[2], "")
    told = f"{data.get('what', '')}, by {data.get('by', '')}, {became}"
    return with_why(f"{told}: {', '.join(lines[:SHOWN])}{more}", data.get("why"))


def token(record: JournalRecord) -> str:
    """`nightly, for anna: runs:read, until 2027-01-01`."""
    data = record.data
    scopes = ", ".join(map(str, data.get("scopes") or ()))
    until = str(data.get("expires", ""))[:10]
    return f"{data.get('token', '')}, for {data.get('user', '')}: {scopes}, until {until}"


def spraying(record: JournalRecord) -> str:
    data = record.data
    return (
        f"{data.get('names', '')} names within {data.get('minutes', '')} min from"
        f" {data.get('from', '')}"
    )


def offboarded(record: JournalRecord) -> str:
    """`olga; 3 runs: hand over to bert — leaves at the end of the month`."""
    data = record.data
    to = f" to {data['to']}" if data.get("to") else ""
    runs = figures.plural(int(data.get("runs", 0)), "run")
    return with_why(
        f"{data.get('user', '')}; {runs}: {data.get('policy', '')}{to}", data.get("note")
    )


def sessions_ended(record: JournalRecord) -> str:
    count = int(record.data.get("sessions", 0))
    return f"{figures.plural(count, 'session')} of {record.data.get('user', '')}"


def push(record: JournalRecord) -> str:
    """`Firefox on Linux of olga — offboarded`."""
    data = record.data
    return with_why(f"{data.get('browser', '')} of {data.get('user', '')}", data.get("why"))


def breaker(record: JournalRecord) -> str:
    verb = record.kind.partition(".")[2]
    return with_why(f"{record.tool} {BREAKERS.get(verb, verb)}", record.data.get("why"))


def ended(record: JournalRecord) -> str:
    reason = str(record.data.get("reason", "")).replace("_", " ").lower()
    if lacking := rulings.lacking(record):
        return with_why(reason, f"missing: {lacking}")
    return with_why(reason, record.data.get("detail"))


def downgraded(record: JournalRecord) -> str:
    return with_why(f"goes on with {record.data.get('planner', '')}", record.data.get("detail"))


def decided(record: JournalRecord, proposed: Mapping[str, Any] | None = None) -> str:
    """`approved with changes: Refund 9.00 for order 1143; amount 12.50 → 9.00`: what was let
    through, or, of `proposed` arguments, what was not; and what was changed of them.
    """
    word, args = str(record.data.get("word")), record.data.get("args")
    told = args if isinstance(args, Mapping) else proposed
    what = (
        headlines.said(RequestKind.CALL, record.tool, told)
        if record.tool and told and spill.marker(told) is None
        else ""
    )
    decision = ": ".join(filter(None, (call_details.WORDS.get(word, "decided"), what)))
    return with_why(
        "; ".join(filter(None, (decision, changed(proposed, args)))), record.data.get("note")
    )


def changed(proposed: Mapping[str, Any] | None, args: Any) -> str:
    """`amount 12.50 → 9.00`: the arguments that are not as they were proposed."""
    if not proposed or not isinstance(args, Mapping) or spill.marker(args) is not None:
        return ""
    names = list(call_details.differences(proposed, args))
    told = [
        f"{figures.named(name, LONGEST)} {argument(proposed, name)} → {argument(args, name)}"
        for name in names[:SHOWN]
    ]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(told) + more


def argument(args: Mapping[str, Any], name: str) -> str:
    said = amounts.with_cents(name, args.get(name), args) or call_details.value(args, name)
    return figures.cut(said, LONGEST)


def answered(record: JournalRecord) -> str:
    """Who overrode which criteria, which is what an auditor looks for."""
    said = ANSWERED.get(str(record.data.get("word")), "decided")
    return with_why(
        f"{said}; not met: {', '.join(map(str, record.data.get('unmet') or ()))}",
        record.data.get("note"),
    )


def served(record: JournalRecord) -> str:
    """What was seen or said of a tool of an MCP server, and whether runs may call it."""
    verb = record.kind.partition(".")[2]
    told = f"{record.data.get('tool', '')} {SERVED.get(verb, verb)}"
    return with_why(told, "no run calls it until somebody looks" if record.data.get("held") else "")


def retried(record: JournalRecord) -> str:
    return (
        f"{figures.ordinal(int(record.data.get('attempt') or 1))} attempt of call"
        f" {record.data.get('call', '')}, same key"
    )


def hinted(record: JournalRecord) -> str:
    lacking = rulings.lacking(record)
    return (
        f"answer not accepted, missing: {lacking}" if lacking else str(record.data.get("text", ""))
    )


def returned(record: JournalRecord) -> str:
    """Why a call did not succeed; empty for one that did."""
    why = str(record.data.get("sentence") or "") if record.verdict != "succeeded" else ""
    return with_why(why, record.data.get("retry"))


def judged(record: JournalRecord) -> str:
    return with_why(interventions.judged(record.data), record.data.get("sentence"))


def summed_up(record: JournalRecord) -> str:
    return with_why(interventions.folded(record), record.data.get("why"))


def reasoned(record: JournalRecord) -> str:
    """That there is reasoning, never its text, which is for its maker, or for operators."""
    kept = f"kept for {record.data['maker']}" if record.data.get("maker") else ""
    thought = "what the model thought and did not say" if record.data.get("thinking") else ""
    return ", ".join(filter(None, (thought, kept)))


def late(record: JournalRecord) -> str:
    what = "the undo of call" if record.data.get("undo") else "call"
    return (
        f"{what} {record.data.get('call', '')} came back after the lease of epoch"
        f" {record.data.get('epoch', '')} had ended"
    )


def difference(record: JournalRecord) -> str:
    return with_why(interventions.differs(record), record.data.get("listed"))


def restored(record: JournalRecord) -> str:
    """That an old backup was restored, or that a person lets the house go on after it."""
    return str(record.data.get("why") or record.data.get("reason") or "")


def undoing(record: JournalRecord) -> str:
    """Which calls are to be undone, or that none is, and why."""
    named = record.data.get("undoes")
    said = interventions.calls(record.data) if named else "nothing is undone"
    return with_why(said, record.data.get("note"))


def lost(record: JournalRecord) -> str:
    innocent = call_details.taken_along(record)
    said = "lost by no fault of its own" if innocent else "nobody knows whether it happened"
    return with_why(said, record.data.get("error"))


def with_why(said: str, why: Any) -> str:
    return " — ".join(filter(None, (said, str(why or ""))))


def edited(record: JournalRecord) -> str:
    """`group Finance team deleted`: a row whose admin writes no event of its own."""
    what = str(record.data.get("what", "")).rpartition("|")[2].strip()
    name = str(record.data.get("name", "")) or str(record.data.get("key", ""))
    return f"{what} {name} {record.kind.partition('.')[2]}".strip()


BY_KIND: Mapping[str, Callable[[JournalRecord], str]] = {
    "halt.pulled": lever,
    "halt.released": lever,
    "auth.spraying": spraying,
    "auth.sessions_ended": sessions_ended,
    "push.switched_on": push,
    "push.switched_off": push,
    "user.offboarded": offboarded,
    **{f"admin.{verb}": edited for verb in ("added", "changed", "deleted")},
    **{f"change.{verb}": proposed for verb in CHANGES},
    "token.made": token,
    "token.revoked": token,
    **{f"breaker.{verb}": breaker for verb in BREAKERS},
    **{f"tool.{verb}": served for verb in SERVED},
    "run.paused": ended,
    "run.stopped": ended,
    "run.downgraded": downgraded,
    "run.routed": downgraded,
    "call.decided": decided,
    "answer.decided": answered,
    "call.retried": retried,
    "call.returned": returned,
    "call.late": late,
    "house.restored": restored,
    "restore.accepted": restored,
    "finding.opened": difference,
    "call.lost": lost,
    "hint.given": hinted,
    "judge.answered": judged,
    "context.compacted": summed_up,
    "step.reasoned": reasoned,
    "undo.asked": undoing,
    "undo.begun": undoing,
    "undo.declined": undoing,
    "undo.ended": ended,
}


AS_ON_THE_RUN = frozenset(
    (
        *(f"run.{act}" for act in ("leased", "pause_requested", "resumed", "requeued", "extended")),
        *(f"run.{act}" for act in ("continued", "kill_requested", "kill_acknowledged")),
        *("run.handed_over", "call.settled", "late.acknowledged", "finding.closed"),
        *("grant.given", "grant.revoked"),
        *(f"approval.{act}" for act in ("voted", "escalated", "held", "withdrawn", "refused")),
    )
)
"""What was done to a run, which reads here as it does on the run's own page."""


def said(record: JournalRecord, proposed: Mapping[str, Any] | None = None) -> str:
    """The event in words; empty for a kind whose values are plain enough. `proposed`: what a
    decision was about.
    """
    if record.kind == "call.decided":
        return decided(record, proposed)
    if isinstance(record.data.get("change"), Mapping):
        return change(record.data["change"], record)
    if record.kind in AS_ON_THE_RUN:
        return interventions.told(record)[2]
    words_of = BY_KIND.get(record.kind)
    return words_of(record) if words_of else ""


def change(found: Mapping[str, Any], record: JournalRecord) -> str:
    """`day-cap: amount 10 → 5`: an edit's first change."""
    what, _, verb = record.kind.partition(".")
    name = str(record.data.get(what, ""))
    if verb != "changed":
        return f"{name} {verb}".strip()
    pairs = {field: pair for field, pair in found.items() if field != "version"} or dict(found)
    shown = [
        f"{field} {value(pair, 0)} → {value(pair, 1)}"
        for field, pair in list(pairs.items())[:SHOWN]
    ]
    more = f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
    return f"{name}: {', '.join(shown)}{more}"


def value(pair: Any, place: int) -> str:
    """The value before or after; a dash for none."""
    found = pair[place] if isinstance(pair, list | tuple) and len(pair) == 2 else None
    mark = spill.marker(found)
    return (
        figures.cut(mark["head"] if mark else plain_decimals.plain(figures.plain(found)), LONGEST)
        if found not in (None, "")
        else figures.NOTHING
    )
