"""Starting an incident, and what became of it: the run's journal and the far side of the shadow
tools, read as facts and held against what has to hold.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform

from console.journal import append
from console.journal.records import Stored
from console.refused import Refused
from runs import services, snapshots
from runs.engine.vocabulary import FINAL, AnswerAct, RunStatus, Verdict, Waiting
from runs.incidents import far_side, incident_checks
from runs.incidents.incident import Incident, library
from runs.incidents.incident_checks import CheckFinding, PlayFacts
from runs.incidents.shadow_shop import ITSELF
from runs.models import Agent, Run
from runs.planners.selection import INCIDENT, SCRIPTED

TITLE: Final = "Incident library"
DESCRIPTION: Final = "Plays incidents from the field on shadow tools, which act on nothing outside."
PROMPT: Final = "You play an incident of the library. Your tools are shadow tools."
PINNED: Final = ("acceptance", "answers_refused", snapshots.SCRIPTED_JUDGE)
"""What an incident may say of its agent besides its limits."""
LIMITS: Final[Mapping[str, Any]] = {
    "max_steps": 60,
    "max_tokens": 400_000,
    "max_usd": Decimal(2),
    "max_seconds": 600,
}
"""The limits of a run that plays an incident, where that has none of its own."""
YES: Final = (AnswerAct.APPROVE, AnswerAct.EDIT)


class PlayVerdict(StrEnum):
    """How the last run of an incident stands."""

    HELD = "Held"
    DID_NOT = "Did not hold"
    GOING = "Running"
    WAITS = "Waits for a person"


@dataclass(frozen=True, slots=True)
class Play:
    """One run of an incident and what came of it; no findings while it is not over."""

    incident: Incident
    run: Run
    verdict: PlayVerdict
    findings: Sequence[CheckFinding] = ()

    @property
    def wrongs(self) -> list[CheckFinding]:
        """What did not hold."""
        return [each for each in self.findings if each.wrong]


def find(name: str) -> Incident:
    """The incident of that name; raises LookupError."""
    return library()[name]


def start(*, incident: Incident, principal: Any, at: datetime, run_id: UUID | None = None) -> Run:
    """Start a run that plays the incident. Raises Refused, and IntegrityError when there is a run
    of that `run_id` already.
    """
    row, own = agent(at), incident.agent
    pinned = {
        **snapshots.of(row),
        "title": f"Incident: {incident.title}",
        "planner": SCRIPTED,
        "script": incident.script,
        "prompt": PROMPT,
        "tools": list(incident.tools),
        **{name: own[name] for name in PINNED if name in own},
        snapshots.SHADOW: incident.name,
    }
    if "compensation" in own:
        pinned["compensation"] = {**pinned["compensation"], **own["compensation"]}
    limits = services.ChosenLimits(*(own.get(name, LIMITS[name]) for name in snapshots.LIMITS))
    return services.start(
        agent=row,
        goal=incident.goal,
        principal=principal,
        at=at,
        limits=limits,
        snapshot=pinned,
        run_id=run_id,
    )


def agent(at: datetime) -> Agent:
    """The agent of all incidents, made with the first one. Raises Refused where another agent has
    its name.
    """
    row, made = Agent.objects.get_or_create(
        name=ITSELF,
        defaults={
            "title": TITLE,
            "description": DESCRIPTION,
            "planner": INCIDENT,
            "max_steps": 1_000,
            "max_tokens": 10_000_000,
            "max_usd": 100,
        },
    )
    if made:
        append.note(kind="agent.seeded", actor="system", at=at, data={"agent": ITSELF})
    if row.planner != INCIDENT:
        raise Refused(f"An agent of your own is named {ITSELF}: rename it to play incidents.")
    return row


def played() -> QuerySet[Any, Any]:
    """The runs that play incidents."""
    return Run.objects.filter(agent__name=ITSELF, agent__planner=INCIDENT).select_related("agent")


def latest_of(name: str) -> Run | None:
    """The newest run of one incident."""
    found: Run | None = (
        played().filter(**{f"snapshot__{snapshots.SHADOW}": name}).order_by("-created_at").first()
    )
    return found


def latest() -> Mapping[str, Run]:
    """The newest run of each incident, by its name."""
    named = played().annotate(played=KeyTextTransform(snapshots.SHADOW, "snapshot"))
    rows = named.order_by("played", "-created_at").distinct("played")
    return {str(run.snapshot[snapshots.SHADOW]): run for run in rows}


def play_of(run: Run) -> Play:
    """What came of a run that plays an incident. Raises LookupError for any other run."""
    incident = find(str(run.snapshot[snapshots.SHADOW]))
    verdict = standing(incident, run)
    if verdict is not None:
        return Play(incident, run, verdict)
    findings = incident_checks.judge(incident, facts(run))
    held = not any(each.wrong for each in findings)
    return Play(incident, run, PlayVerdict.HELD if held else PlayVerdict.DID_NOT, findings)


def standing(incident: Incident, run: Run) -> PlayVerdict | None:
    """How a run stands that is not over; None when it is. One that is paused for a reason is over,
    since only a person makes it go on.
    """
    if run.status in FINAL:
        return PlayVerdict.WAITS if run.waiting_for == Waiting.UNDO else None
    if run.status == RunStatus.PAUSED:
        return None
    if run.status == RunStatus.WAITING and run.waiting_for in (Waiting.APPROVAL, Waiting.IN_DOUBT):
        return PlayVerdict.WAITS
    return PlayVerdict.GOING


def facts(run: Run) -> PlayFacts:
    """What is known of the run."""
    rows = append.read(connection, run.pk)
    counts = {**counted(rows), **far_side.counted(run.pk), "figures": figures(run)}
    return PlayFacts(run.stop_reason, counts, unapproved(rows, counts["arrived"]))


def figures(run: Run) -> Mapping[str, float]:
    return {
        "steps": run.step,
        "calls": run.calls,
        "usd": float(run.usd),
        "tokens": run.tokens_in + run.tokens_out,
        "seconds": run.active_seconds,
    }


def counted(rows: Iterable[Stored]) -> Mapping[str, Counter[str]]:
    """The events of a run by kind, and those about calls by tool or by rule."""
    events, asked, refused = Counter[str](), Counter[str](), Counter[str]()
    rules, hints, failed = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        record = row.record
        events[record.kind] += 1
        match record.kind:
            case "call.asked":
                asked[record.tool] += 1
                rules[record.rule] += 1
            case "call.refused":
                refused[record.tool] += 1
                rules[record.rule] += 1
            case "call.returned" if record.verdict == Verdict.FAILED:
                failed[record.tool] += 1
            case "hint.given":
                hints[record.rule] += 1
    return {
        "events": events,
        "asked": asked,
        "refused": refused,
        "failed": failed,
        "rules": rules,
        "hints": hints,
    }


def unapproved(rows: Iterable[Stored], arrived: Mapping[str, float]) -> Counter[str]:
    """The calls that arrived beyond those that a person said yes to, by tool."""
    yes = Counter(
        row.record.tool
        for row in rows
        if row.record.kind == "call.decided" and row.record.data["word"] in YES
    )
    return Counter({tool: int(count) for tool, count in arrived.items()}) - yes
