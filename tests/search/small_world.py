"""A small world to ask about: a dozen runs in every state and what happened to them, some of it
hidden.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User

from console.journal.append import note
from console.journal.records import Actor
from runs.engine import events as e
from runs.engine.vocabulary import AnswerAct, Effect, StopReason, Verdict, Waiting
from runs.models import Agent, Run
from tests.core import asked_queries
from tests.journal.ledgers import chain, record, write
from tests.pages.lives import Life, agent, life
from tests.pages.people import person

NOW = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)


def begun(who: User, goal: str, of: Agent, minutes: float) -> Life:
    """A run that was asked for so many minutes before the world's now."""
    real = (datetime.now(UTC) - NOW).total_seconds()
    return life(who, goal, of=of, ago=real + minutes * 60)


def built() -> asked_queries.Worlds:
    """Writes it all; gives the words that queries of it are made of."""
    otto, mara = person("operator", "otto"), person("approver", "mara")
    desk, triage = agent("refund-desk"), agent("bug-triage")
    paused = begun(otto, "Refund order 1042", desk, 5)
    paused.lease()
    paused.step(args={"order": 1042}, result={"id": "order-1042", "total": 180})
    paused.pause(by="user:otto")
    queued = begun(mara, "Look into 3f2a9c1e", triage, 2)
    done = begun(otto, "Two lamps, order 7", desk, 70)
    done.lease()
    done.step("issue_refund", {"order": 7, "amount": "9.50"}, {"id": "refund-77"})
    done.step("get_order", {"order": 77}, {"id": 1042, "note": 'she said "yes"'})
    done.complete("Refunded é order 7.")
    failed = begun(mara, "Shade missing in order 1042", desk, 40)
    failed.lease()
    for _ in range(3):
        failed.plan(("issue_refund", {"order": 1042}), thought="try again", usd=Decimal("0.6"))
        call = failed.intend("issue_refund", {"order": 1042}, Effect.REVERSIBLE)
        failed.answer("issue_refund", call, {}, "declined", Verdict.FAILED)
    failed.stop()
    killed = begun(mara, "a", triage, 3_000)
    killed.lease()
    killed.stop(StopReason.USER_KILLED, "")
    asked = begun(otto, "Refund the parcel of order 11", desk, 30)
    asked.lease()
    asked.plan(("issue_refund", {"order": 11}))
    asked_for_approval(asked, str(mara.pk))
    doubted = begun(otto, "charge for order 12", triage, 45)
    doubted.lease()
    doubted.plan(("charge_card", {"order": 12}))
    doubted.intend("charge_card", {"order": 12}, Effect.IRREVERSIBLE)
    doubted.doubt()
    raised = begun(mara, "Answer order 13", triage, 20)
    raised.lease()
    raised.stop(StopReason.BUDGET_EXCEEDED, "50 of 50 steps")
    raised.happen(
        e.RunExtended(
            at=raised.after(1),
            actor="user:otto",
            person=str(otto.pk),
            limit="steps",
            value="99",
            was="50",
        ),
    )
    lives = [paused, queued, done, failed, killed, asked, doubted, raised]
    for each in lives:
        if each is not queued:
            each.written()
    Run.objects.filter(pk=killed.run.pk).update(correlation_id=done.run.correlation_id)
    of_the_house(otto)
    return words(lives)


def asked_for_approval(one: Life, mara: str) -> None:
    facts: dict[str, Any] = {"step": 1, "tool": "issue_refund", "call": "1.0"}
    one.happen(
        e.CallAsked(
            at=one.after(1), ref="c1-0", args={"order": 11}, effect=Effect.REVERSIBLE,
            sentence="over $5", **facts,
        ),
        e.RunWaiting(at=one.after(1), waiting_for=Waiting.APPROVAL, why="issue_refund needs a yes"),
        e.CallDecided(
            at=one.after(60), actor="user:mara", person=mara, word=AnswerAct.APPROVE,
            args={"order": 11}, **facts,
        ),
    )  # fmt: skip


def of_the_house(otto: User) -> None:
    """What belongs to no run, and a chain with what is always hidden."""
    who = Actor("user:otto", str(otto.pk))
    for kind, at in (("halt.released", 15), ("auth.signed_in", 90)):
        note(kind=kind, actor=who, at=NOW - timedelta(minutes=at), data={"reason": "order 1042"})
    for verb in ("added", "changed", "deleted"):
        note(kind=f"toolpolicy.{verb}", actor=who, at=NOW - timedelta(minutes=20), data={})
    secret = record(1, kind="run.briefed", visibility="always_hidden", tool="secret_tool",
                    data={"prompt": "sealed1042 words"}, actor="supervisor")  # fmt: skip
    write(chain(), replace(secret, at=NOW - timedelta(minutes=1)))


def words(lives: list[Life]) -> asked_queries.Worlds:
    one, two = lives[0].run, lives[3].run
    ids = [one.pk.hex[:8], str(two.pk), one.correlation_id.hex[:4], "0000", "deadbeef"]
    people = ["me", "otto", "mara", "nobody", "ma*", "person:999999", "anybody", "supervisor"]
    return {
        "text": [
            "1042", "order 1042", "order", "refund", "REFUND-77", "refund-77", "issue_refund", "é",
            'said "yes"', "otto", "call.returned", "call.", "secret_tool", "sealed1042",
            "no such words",             "104", "try again", "over", "%", "_", ".", *ids,
        ],
        "id": ids,
        "agent": ["refund-desk", "Refund Desk", "bug*", "BUG-TRIAGE", "none"],
        "tool": ["issue_refund", "get_order", "charge_card", "*", "get*", "secret_tool", "none"],
        "model": ["gpt-5-mini", "gpt*", "none"],
        "kind": ["call.returned", "call.*", "run.created", "run.waiting", "halt.released",
                 "run.briefed", "none"],
        **dict.fromkeys(("principal", "approver", "actor"), people),
    }  # fmt: skip
