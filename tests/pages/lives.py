"""Runs with a life of their own for tests of pages: written through the real ledger, event by
event, on a clock the test holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from console.journal import append as journal
from console.journal import content_erasure
from runs import run_rows, services
from runs.engine import events as e
from runs.engine.fold import fold
from runs.engine.ports import ToolCall
from runs.engine.projection import project
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Outcome, StopReason, Verdict, Waiting
from runs.models import Agent, Run
from runs.runtime import run_ledger

SCRIPT = '[[step]]\nfinal = "done"\n'


def agent(name: str = "refund-desk", **facts: Any) -> Agent:
    found, _ = Agent.objects.get_or_create(
        name=name,
        defaults={
            "title": name.replace("-", " ").capitalize(),
            "planner": "scripted",
            "script": SCRIPT,
            **facts,
        },
    )
    return found


@dataclass
class Life:
    """A run and what happens to it next. `at` is its clock; nothing is written before `written`."""

    run: Run
    at: datetime
    state: RunState = field(default_factory=RunState)
    events: list[e.RunEvent] = field(default_factory=list)

    def after(self, seconds: float) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at

    def happen(self, *events: e.RunEvent) -> None:
        for event in events:
            self.state = fold(self.state, event)
            self.events.append(event)

    def lease(self, epoch: int = 1) -> None:
        self.happen(
            e.RunLeased(
                at=self.after(0.1),
                owner="worker-1",
                epoch=epoch,
                price_in=Decimal(1),
                price_out=Decimal(2),
            )
        )

    def plan(
        self,
        *calls: tuple[str, Mapping[str, Any]],
        thought: str = "",
        final: str | None = None,
        usd: Decimal | None = Decimal("0.01"),
    ) -> None:
        step = self.state.step + 1
        wanted = tuple(
            ToolCall(f"c{step}-{index}", tool, args) for index, (tool, args) in enumerate(calls)
        )
        told: Any = {
            "thought": thought,
            "calls": wanted,
            "final": final,
            "model": "gpt-5-mini",
            "usd": usd,
        }
        self.happen(
            e.StepPlanned(
                at=self.after(1), step=step, tokens_in=1000, tokens_out=50, duration=1.0, **told
            )
        )

    def intend(
        self, tool: str, args: Mapping[str, Any], effect: Effect = Effect.READ, **facts: Any
    ) -> str:
        call = f"{self.state.step}.{self.state.queued}"
        step, ref = self.state.step, f"c{self.state.step}-{self.state.queued}"
        self.happen(
            e.CallIntended(
                at=self.after(0.01),
                step=step,
                tool=tool,
                call=call,
                ref=ref,
                args=args,
                key=call,
                effect=effect,
                **facts,
            )
        )
        return call

    def answer(
        self,
        tool: str,
        call: str,
        result: Any,
        error: str = "",
        verdict: Verdict = Verdict.SUCCEEDED,
    ) -> None:
        facts: Any = {
            "result": result,
            "error": error,
            "verdict": verdict,
            "duration": 0.5,
            "runway": f"[step {self.state.step}/50]",
        }
        self.happen(
            e.CallReturned(
                at=self.after(0.5),
                step=self.state.step,
                tool=tool,
                call=call,
                outcome=Outcome.OK,
                **facts,
            )
        )

    def step(
        self,
        tool: str = "get_order",
        args: Mapping[str, Any] | None = None,
        result: Any = "fine",
        **facts: Any,
    ) -> None:
        given = args or {"order": self.state.step}
        self.plan((tool, given))
        self.answer(tool, self.intend(tool, given, **facts), result)

    def pause(self, by: str = "user:otto") -> None:
        self.happen(e.RunPaused(at=self.after(0.1), actor=by))

    def doubt(self) -> None:
        self.happen(
            e.RunWaiting(
                at=self.after(0.1),
                waiting_for=Waiting.IN_DOUBT,
                why="its worker was lost during charge_card",
            )
        )

    def stop(
        self, reason: StopReason = StopReason.LOOP_DETECTED, detail: str = "the same call 4 times"
    ) -> None:
        self.happen(e.RunStopped(at=self.after(0.1), reason=reason, detail=detail))

    def complete(self, final: str = "All is well.") -> None:
        self.plan(final=final)
        self.happen(e.RunCompleted(at=self.after(0.1), final=final))

    def erased(self) -> Run:
        """The run once all that it was told and answered is gone."""
        run = self.written()
        content_erasure.erase(
            run_ledger.RUNS,
            run.pk,
            last=run.seq,
            correlation_id=run.correlation_id,
            actor="user:ada",
            reason="asked to",
            at=self.after(1),
        )
        return run

    def written(self) -> Run:
        """Append what happened since the last time; the run as its row now is."""
        rows, _ = run_ledger.rows(self.events, run_rows.origin(self.run))
        with transaction.atomic():
            journal.append(
                connection,
                run_ledger.RUNS,
                self.run.id,
                rows,
                epoch=None,
                projection=project(self.state),
            )
        self.events.clear()
        return Run.objects.select_related("agent", "principal").get(pk=self.run.pk)


def life(
    who: User, goal: str = "Refund order 1042", of: Agent | None = None, ago: float = 60
) -> Life:
    """A run that was asked for `ago` seconds before now, and nothing more."""
    mine, at = of or agent(), datetime.now(UTC) - timedelta(seconds=ago)
    run = services.start(agent=mine, goal=goal, principal=who, at=at)
    state = RunState()
    for event in run_ledger.events(journal.read(connection, run.id)):
        state = fold(state, event)
    return Life(run, at, state)


def running(who: User, goal: str = "Refund order 1042", **facts: Any) -> Life:
    """A run that is calling get_order this second, after one finished step."""
    one = life(who, goal, **facts)
    one.lease()
    one.step(args={"order": 1042}, result={"total": 180})
    one.plan(("search_kb", {"query": "damaged parcel"}), thought="What does the policy say?")
    one.intend("search_kb", {"query": "damaged parcel"})
    one.written()
    return one
