"""Events that are no work of the run: what people and the supervisor did to it, each with an icon,
a tone and words. Pure.
"""

from collections.abc import Mapping
from typing import Any

from console import figures
from console.journal.records import JournalRecord
from runs.engine import stop_reasons
from runs.engine.vocabulary import Discrepancy, StopReason
from runs.reading import rulings, story
from runs.reading.story import StoryTurn

WAITS = {
    "approval": "waited for an approver",
    "backoff": "backing off",
    "provider": "waited for the model's provider",
    "child": "waited for a child run",
    "in_doubt": "in doubt, waited for a person",
    "undo": "waited for a word on what it did",
}
MARKS = {
    "run.leased": ("footprints", "", "Picked up by worker"),
    "unreadable": ("skull", "bad", "A part of the journal cannot be read"),
    "run.worker_failed": ("skull", "bad", "{failed}"),
    "run.pause_requested": ("circle-pause", "paused", "Pause requested by {who}"),
    "run.paused": ("circle-pause", "paused", "Paused"),
    "run.resumed": ("circle-play", "", "Resumed by {who}"),
    "run.requeued": ("rotate-ccw", "", "Queued again by {who}"),
    "run.extended": ("arrow-up", "", "{who} raised its limit: {raised}"),
    "run.continued": ("circle-play", "", "Continued by {who}{changed}"),
    "run.kill_requested": ("circle-x", "ended", "Kill requested by {who}"),
    "run.kill_acknowledged": ("circle-x", "ended", "Kill confirmed, all work stopped"),
    "run.waiting": ("hourglass", "person", "{wait}"),
    "run.stopped": ("octagon-alert", "bad", "Stopped: {reason}"),
    "run.completed": ("circle-check", "good", "Completed"),
    "call.settled": ("circle-check", "", "{who} said of {what}: it {did} happen"),
    "call.looked_up": (
        "circle-question-mark",
        "",
        "The tool was asked whether {tool} was undone: it {did} happen",
    ),
    "call.late": (
        "octagon-alert",
        "bad",
        (
            "{what} came back to a worker that had lost this run meanwhile ({outcome}): it may have"
            " been done twice"
        ),
    ),
    "late.acknowledged": ("circle-check", "", "{who} has looked into what was left to a person"),
    "run.restored": ("octagon-alert", "bad", "The house was restored from an old backup"),
    "run.handed_over": ("hand", "", "{who} handed it over: it works for {to}"),
    "finding.opened": ("triangle-alert", "bad", "{differs}"),
    "finding.closed": ("circle-check", "", "{who} has looked into a difference from the far side"),
    "undo.asked": ("undo-2", "person", "{who} wants {calls} undone; somebody else has to agree"),
    "undo.begun": ("undo-2", "undoing", "{who} has {calls} undone"),
    "undo.declined": ("ban", "person", "{who} says that nothing is undone"),
    "undo.ended": ("undo-2", "undoing", "The undoing is over"),
    "run.routed": ("route", "", "Its steps are taken by {planner}"),
    "run.downgraded": ("arrow-down", "person", "Goes on with {planner}"),
    "grant.given": (
        "check",
        "person",
        "{who} gave a session approval to {tool} for the rest of the run",
    ),
    "grant.revoked": ("x", "person", "{who} took a session approval back"),
    "approval.voted": ("hand", "person", "{who} agreed to {tool}; somebody else has to as well"),
    "approval.escalated": ("arrow-up", "person", "{who} asked “{group}” about {tool}"),
    "approval.held": ("timer", "person", "{who} answered {tool}; it takes effect within seconds"),
    "approval.withdrawn": ("undo-2", "person", "{who} took an answer to {tool} back"),
    "approval.refused": ("ban", "", "{who} could not decide on {tool}"),
    "approval.decided": ("hand", "", "{who} decided"),
    "judge.answered": ("route", "", "Judge: {judged}"),
    "hint.given": ("lightbulb", "", "Hint to the agent"),
    "content.erased": ("x", "person", "Content erased by {who}"),
    "content.gone": ("x", "", "{gone}: erased on {on} by {by}"),
    "context.compacted": ("scroll-text", "", "{folded}"),
}
QUESTION = "the run's question"
"""What people are asked about a run that is about none of its calls, as when it goes in circles."""
ANSWERS = {
    "approve": (
        "circle-check",
        "person",
        "{who} accepted the answer as it is, although not met: {unmet}",
    ),
    "deny": ("ban", "bad", "{who} did not accept the answer; not met: {unmet}"),
    "respond": ("message-square", "person", "{who} sent the answer back"),
}
NOT_ACCEPTED = {
    "run.stopped": "Stopped: its answer was not accepted",
    "run.paused": "Paused: answer not accepted, a person is asked",
}
KILLED = ("circle-x", "ended", "Killed, all work stopped")
DIFFERS: Mapping[str, str] = {
    Discrepancy.NO_CALL: "lists an effect that no call had",
    Discrepancy.NOT_THERE: "does not list the effect{call}, which succeeded",
    Discrepancy.ALTHOUGH_FAILED: "lists the effect{call}, which failed",
    Discrepancy.ALTHOUGH_UNDONE: "lists the effect{call}, which was undone",
    Discrepancy.TWICE: "lists the effect{call} more than once",
}
DASH = " — "
DETAILS = ("note", "detail", "why", "text", "owner", "sentence", "error", "listed")


def marked(turn: StoryTurn) -> tuple[str, str, str]:
    """Icon, tone and words of such an event."""
    return told(turn.first)


def told(record: JournalRecord) -> tuple[str, str, str]:
    data = record.data
    if lacking := rulings.lacking(record):
        return not_accepted(record, lacking)
    if became := became_of_worker(record):
        return (
            "footprints",
            "bad",
            with_detail(f"Its worker {became}; taken in hand by another one", data.get("owner")),
        )
    icon, tone, title = MARKS.get(record.kind) or ANSWERS.get(
        str(data.get("word")), ("circle-dashed", "", record.kind)
    )
    title = title.format(
        who=story.who(record),
        tool=record.tool or ("a call" if is_call(data.get("call")) else QUESTION),
        what=(
            f"the undo of {record.tool or 'a call'}"
            if data.get("undo")
            else record.tool or "a call"
        ),
        outcome=record.outcome,
        wait=WAITS.get(str(data.get("waiting_for")), "waiting").capitalize(),
        reason=reason(str(data.get("reason", "")), str(data.get("detail", ""))),
        planner=data.get("planner", ""),
        group=data.get("group", ""),
        unmet=", ".join(map(str, data.get("unmet") or ())),
        judged=judged(data),
        folded=folded(record),
        gone=data.get("kind", ""),
        on=data.get("on", ""),
        by=data.get("by", ""),
        to=data.get("to", ""),
        failed=failed(data),
        raised=raised(data),
        calls=calls(data),
        differs=differs(record),
        changed=f" with {data['planner']}" if data.get("planner") else "",
        did={"yes": "did", "no": "did not"}.get(str(data.get("happened")), "may or may not"),
    )
    if record.kind == "run.resumed" and data.get("request"):
        title = f"{story.who(record)} answered {QUESTION}: it goes on"
    if data.get("reason") == StopReason.USER_KILLED:
        icon, tone, title = KILLED
    detail = next((str(data[name]) for name in DETAILS if data.get(name)), "")
    return icon, tone, with_detail(title, detail or amount(data))


def is_call(key: object) -> bool:
    """Whether this is the key of a call, `3.1` or `undo 3.1`; a question about a run as it stands
    is named by the step after which it is asked.
    """
    return bool(key) and not str(key).startswith("after ")


def became_of_worker(record: JournalRecord) -> str:
    """What became of the worker before, in a takeover whose reason was seen; empty for any other
    event.
    """
    return str(record.data.get("after") or "") if record.kind == "run.leased" else ""


def not_accepted(record: JournalRecord, lacking: str) -> tuple[str, str, str]:
    """A final answer that lacks something: it goes back to the planner, a person is asked, or the
    run ends with it.
    """
    title = NOT_ACCEPTED.get(record.kind, "Answer not accepted, sent back")
    return "list-ordered", "bad", with_detail(title, f"missing: {lacking}")


def reason(name: str, detail: str = "") -> str:
    """A stop reason as it reads within a sentence."""
    why = stop_reasons.explained(name, detail)
    return why.title.lower() if why else name.replace("_", " ").lower()


def failed(data: Mapping[str, Any]) -> str:
    """A worker's failure, before or after it had the run in hand."""
    takes = data.get("takes")
    return (
        f"A worker could not take it up, the {figures.ordinal(takes)} in a row"
        if isinstance(takes, int) and takes
        else "Its worker failed"
    )


def differs(record: JournalRecord) -> str:
    """What the far side of a tool says otherwise, and about which call."""
    what = DIFFERS.get(str(record.data.get("difference")), "differs from the journal")
    call = f" of call {name}" if (name := record.data.get("call")) else ""
    return f"{record.tool or 'A tool'}: the far side {what.format(call=call)}"


UNITS = {"steps": "steps", "tokens": "tokens", "deadline": "s of running time"}


def raised(data: Mapping[str, Any]) -> str:
    """A limit of its own that a person raised."""
    unit, value, was = data.get("limit"), data.get("value"), data.get("was")
    if unit == "usd":
        return f"${value}, it was ${was}"
    return f"{value} {UNITS.get(str(unit), unit)}, it was {was}"


def judged(data: Mapping[str, Any]) -> str:
    """What a second model said of the last steps."""
    ago = f"than {figures.plural(int(data.get('steps') or 0), 'step')} ago"
    return {"yes": f"closer to the goal {ago}", "no": f"no closer to the goal {ago}"}.get(
        str(data.get("closer")), "no answer"
    )


def folded(record: JournalRecord) -> str:
    """Which steps were summed up to fit the model's window, and by whom."""
    steps = int(record.data.get("steps") or 0)
    which = f"Steps 1 to {steps}" if steps > 1 else "Step 1"
    by = record.model if record.data.get("by") == "model" else "one line for each call"
    return f"{which} summed up to fit the model's window, by {by or 'the model'}"


def calls(data: Mapping[str, Any]) -> str:
    """The calls that are to be undone, by their names."""
    names = [str(each) for each in data.get("undoes") or ()]
    return f"{'call' if len(names) == 1 else 'calls'} {', '.join(names)}"


def amount(data: Mapping[str, Any]) -> str:
    if to_undo := data.get("to_undo"):
        return f"{figures.plural(int(to_undo), 'action')} to undo"
    return figures.plural(int(results), "old result") if (results := data.get("results")) else ""


def with_detail(title: str, detail: object) -> str:
    return f"{title}{DASH}{detail}" if detail else title
