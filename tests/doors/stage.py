"""What the walk of the matrix finds behind the doors: runs that every act on a run is possible on,
and what each act is sent.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from console.doors.matrix import Column, MatrixLine
from console.journal import acting
from console.journal.models import Event
from console.pages import signin
from console.people import api_tokens
from runs import bulk_acts
from runs.bulk_acts import BulkOrder, BulkVerb
from runs.engine import events as e
from runs.engine import pictures
from runs.engine.vocabulary import Effect, Outcome, StopReason, Verdict
from runs.models import BulkAct, Run, SavedView, ServedTool
from tests.doors import admin_rows
from tests.doors.bodies import Body, all_of
from tests.doors.bodies import form as as_form
from tests.doors.house import SECRET, House, furnished
from tests.pages.lives import Life, life, running
from tests.picture_files import fixed, png, text

NOTE = "looked it up"
NOWHERE = UUID(int=7)
STALE = "f" * 64
ACTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "runs/<uuid:run_id>/pause/": ("running", {"note": NOTE}),
    "runs/<uuid:run_id>/kill/": ("running", {"note": NOTE}),
    "runs/<uuid:run_id>/resume/": ("paused", {"note": NOTE}),
    "runs/<uuid:run_id>/requeue/": ("crashed", {"note": NOTE}),
    "runs/<uuid:run_id>/continue/": ("stopped", {"note": NOTE}),
    "runs/<uuid:run_id>/extend/": ("limited", {"value": "99", "note": NOTE}),
    "runs/<uuid:run_id>/undo/": ("ended", {"calls": "1.0", "note": NOTE}),
    "runs/<uuid:run_id>/settle/": ("doubted", {"happened": "yes", "sure": "on", "note": NOTE}),
    "runs/<uuid:run_id>/acknowledge/": ("late", {"note": NOTE}),
    "approvals/standing/<uuid:run_id>/<slug:grant>/revoke/": ("granted", {}),
    "runs/start/": ("", {"agent": "refund-desk", "goal": "Refund order 7"}),
    "policies/halt/": ("", {"reach": "agent", "agent": "refund-desk", "reason": NOTE}),
    "policies/halt/<int:halt_id>/release/": ("", {"note": NOTE}),
    "policies/changes/<int:change_id>/decide/": ("", {"answer": "refuse", "why": NOTE}),
    "policies/breakers/force/": ("", {"tool": "get_order", "reason": NOTE}),
    "policies/breakers/reset/": ("", {"tool": "issue_refund", "reason": NOTE}),
    "findings/<int:finding>/close/": ("", {"reason": NOTE}),
    "tools/<int:tool>/describe/": ("", {"effect": "read"}),
    "fleet/columns/": ("", {"columns": "started"}),
    "views/save/": ("", {"name": "Late ones", "query": "status:failed"}),
    "views/<int:view>/": ("", {"name": "Early ones", "query": "status:paused", "shared": "on"}),
    "views/<int:view>/pin/": ("", {"as": "first"}),
    "drills/start/": ("", {"scenario": "insists", "agent": "refund-desk"}),
    "tokens/": ("", {"name": "mine", "scopes": "runs:read", "days": "9"}),
    "people/<int:person>/offboard/": ("", {"runs": "pause", "note": NOTE}),
    "signin/": ("", {"username": "olga", "password": "correct horse"}),
}
"""By address: which run it is about, and the form's fields."""
PROGRAMS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "api/v1/runs": ("", {"agent": "refund-desk", "goal": "Refund order 8"}),
    "api/v1/runs/<uuid:run_id>/kill": ("running", {"reason": NOTE}),
    "api/v1/runs/<uuid:run_id>/pause": ("running", {"reason": NOTE}),
    "api/v1/runs/<uuid:run_id>/resume": ("paused", {"reason": NOTE}),
    "api/v1/runs/<uuid:run_id>/result": ("ended", {}),
}


@dataclass
class Stage:
    """Every placeholder of an address leads somewhere."""

    house: House
    runs: Mapping[str, Run]
    places: dict[str, str]
    named: dict[str, str]
    rows: dict[str, str]
    forms: dict[str, bytes] = field(default_factory=dict)

    def address(self, line: MatrixLine, own: Mapping[str, str]) -> str:
        """The line's address with its placeholders filled. `own`: what is the visitor's own."""
        where: Mapping[str, str] = (
            self.foreign() if line.column is Column.FOREIGN else self.here(line)
        )
        asked = {"approvals/bulk/": f"?like={self.house.request.pk}", "bulk/ask/": "?verb=pause"}
        return f"/{filled(line.address, {**where, **own})}{asked.get(line.address, '')}"

    def here(self, line: MatrixLine) -> Mapping[str, str]:
        run, _ = ACTS.get(line.address) or PROGRAMS.get(line.address) or ("", {})
        told = self.runs.get(run or "asking")
        own = {"<uuid:run_id>": str(told.pk) if told else ""}
        if line.address == "tools/<int:tool>/offer/":
            own["<int:tool>"] = self.named["left out"]
        if line.address.startswith("audit/<int:number>/<str:key>"):
            own["<int:number>"] = self.named["kept apart"]
        if line.address.startswith("audit/<int:number>/look"):
            own["<int:number>"] = self.named["sealed"]
        if line.address.startswith("runs/<uuid:run_id>/events/<int:seq>/pictures/"):
            own |= {"<uuid:run_id>": str(self.runs["ended"].pk), "<int:seq>": self.named["picture"]}
        if line.address.startswith("admin/"):
            own["<row>"] = self.rows.get("/".join(line.address.split("/")[:3]), "")
        return {**self.places, **own}

    def foreign(self) -> Mapping[str, str]:
        numbers = {place: "999999999" for place in self.places if place.startswith("<int:")}
        return {
            **self.places,
            **numbers,
            "<uuid:run_id>": str(NOWHERE),
            "<uuid:other_id>": str(NOWHERE),
            "<slug:slug>": "no-such-page",
            "<slug:name>": "no-such-incident",
            "<slug:form>": "exe",
            "<slug:box>": "no-such-box",
            "<str:token>": "no-such-token",
        }

    def body(self, line: MatrixLine) -> Body:
        """What is sent: the form as its page would send it, or another that nobody's browser
        would.
        """
        if line.column is Column.MALFORMED:
            odd = all_of("x{")
            if line.address.endswith("/look/"):
                odd.pop("value")  # a look that asks for a value in vain is a look all the same
            return as_form("malformed", odd)
        if line.address.startswith("admin/"):
            return Body("unchanged", self.forms.get(line.address, b"post=yes"))
        if line.address.startswith("api/"):
            facts = PROGRAMS[line.address][1] if line.address in PROGRAMS else {}
            return Body("JSON", json.dumps(facts).encode(), "application/json")
        _, fields = ACTS.get(line.address, ("", {}))
        digest = STALE if line.column is Column.STALE else self.house.request.digest
        return as_form("as meant", {**fields, **self.seen(line, digest)})

    def seen(self, line: MatrixLine, digest: str) -> dict[str, str]:
        """The fields that say what somebody saw."""
        asked = self.house.request
        if line.address in ("approvals/<int:request_id>/", "approvals/<int:request_id>/decide/"):
            return {"act": "deny", "digest": digest, "version": "1", "note": NOTE}
        if line.address == "approvals/withdraw/":
            return {"request": str(asked.pk)}
        if line.address == "bulk/ask/":
            return {"verb": "pause", "run": str(self.runs["running"].pk), "count": "1"}
        if line.address == "approvals/bulk/":
            return {"act": "deny", "pick": f"{asked.pk}:1:{digest}", "note": NOTE}
        if line.address == "tools/<int:tool>/accept/":
            stale = line.column is Column.STALE
            return {"digest": STALE if stale else self.house.tool.digest}
        return {}


def filled(address: str, places: Mapping[str, str]) -> str:
    for placeholder, value in places.items():
        address = address.replace(placeholder, value)
    assert "<" not in address, f"{address}: a placeholder that the walk does not know"
    return address


def set_up(starter: User) -> Stage:
    house = furnished(starter)
    runs = {name: make(starter) for name, make in RUNS.items()}
    runs["asking"] = house.run
    Run.objects.filter(pk=runs["late"].pk).update(late=1)
    link = signin.issue(User.objects.get(username="olga"), timezone.now())
    left_out = ServedTool.objects.create(
        server=house.tool.server, name="old", digest="1" * 64, definition={}, left_out_by="olga",
        first_seen_at=timezone.now(), changed_at=timezone.now(),
    )  # fmt: skip
    places = {
        "<uuid:run_id>": str(house.run.pk),
        "<int:request_id>": str(house.request.pk),
        "<int:halt_id>": str(house.halt.pk),
        "<int:change_id>": str(house.change.pk),
        "<int:tool>": str(house.tool.pk),
        "<int:finding>": str(house.finding.pk),
        "<int:view>": str(shared_view().pk),
        "<int:act>": str(bulk_act(runs["running"]).pk),
        "<slug:name>": "orphan-order",
        "<int:number>": str(Event.objects.filter(visibility="visible").order_by("id")[0].pk),
        "<int:seq>": "1",
        "<int:place>": "1",
        "<int:step>": "1",
        "<int:token>": "0",
        "<uuid:other_id>": str(runs["running"].pk),
        "<int:session>": "0",
        "<int:browser>": "0",
        "<int:pk>": "0",
        "<int:person>": str(User.objects.get(username="olga").pk),
        "<int:drill_id>": str(house.drill.pk),
        "<int:row_id>": str(house.monthly.pk),
        "<slug:grant>": "1",
        "<slug:form>": "csv",
        "<slug:box>": "fleet",
        "<slug:slug>": "glossary",
        "<str:key>": "goal",
        "<str:token>": link.strip("/").rpartition("/")[2],
    }
    named = {
        "left out": str(left_out.pk),
        "kept apart": str(event(runs["long"], "run.created")),
        "sealed": str(sealed()),
        "picture": str(Event.objects.get(run=runs["ended"].pk, kind="call.returned").seq),
    }
    admin_rows.add()
    return Stage(house, runs, places, named, admin_rows.first())


def shared_view() -> SavedView:
    olga = User.objects.get(username="olga")
    return SavedView.objects.create(
        owner=olga, name="Failures", query="status:failed", shared=True, made_at=timezone.now()
    )


def bulk_act(run: Run) -> BulkAct:
    """An act under way."""
    olga = User.objects.get(username="olga")
    order = BulkOrder(BulkVerb.PAUSE)
    return bulk_acts.begin(user=olga, wanted=order, runs=[run.pk], zone="UTC", at=timezone.now())


def event(run: Run, kind: str) -> int:
    return Event.objects.filter(run=run.pk, kind=kind).order_by("id")[0].pk


def sealed() -> int:
    return Event.objects.filter(visibility="always_hidden").order_by("id")[0].pk


def stopped(who: User, reason: StopReason, **facts: Any) -> Run:
    one = life(who)
    one.lease()
    one.happen(e.RunStopped(at=one.after(0.1), reason=reason, detail=f"{SECRET} detail", **facts))
    return one.written()


def paused(who: User) -> Run:
    one = running(who)
    one.pause()
    return one.written()


def ended(who: User) -> Run:
    one = life(who)
    one.lease()
    one.plan(("create_order", {"n": 1}))
    call = one.intend("create_order", {"n": 1}, effect=Effect.REVERSIBLE, undo=True)
    given = {"order": f"{SECRET} result", "shot": pictures.of_base64(text(png()))}
    result, kept = pictures.taken_out(given, fixed)
    came: Any = {"outcome": Outcome.OK, "verdict": Verdict.SUCCEEDED, "duration": 0.5}
    one.happen(
        e.CallReturned(
            at=one.after(0.5), step=1, tool="create_order", call=call, result=result,
            pictures=kept, runway="[step 1/50]", **came,
        )
    )  # fmt: skip
    one.complete()
    return one.written()


def doubted(who: User) -> Run:
    one: Life = life(who)
    one.lease()
    one.plan(("charge_card", {"amount": 45}))
    one.intend("charge_card", {"amount": 45})
    one.lease(epoch=2)
    one.doubt()
    return one.written()


def granted(who: User) -> Run:
    one = life(who)
    one.lease()
    one.step("get_order", {"n": 1})
    one.happen(
        e.GrantGiven(
            at=one.after(0.1), actor="user:anna", grant="1", step=1, tool="pay", args={"n": 1},
            free=("n",), limit=3, request="1",
        )
    )  # fmt: skip
    return one.written()


RUNS: Mapping[str, Callable[[User], Run]] = {
    "running": lambda who: running(who).run,
    "paused": paused,
    "crashed": lambda who: stopped(who, StopReason.CRASH_LOOP),
    "stopped": lambda who: stopped(who, StopReason.PLANNER_FAILURE),
    "limited": lambda who: stopped(who, StopReason.BUDGET_EXCEEDED, rule="run-limit-steps"),
    "ended": ended,
    "doubted": doubted,
    "late": lambda who: running(who).run,
    "granted": granted,
    "long": lambda who: life(who, f"{SECRET} " + "long goal " * 8_000).run,
}


def token(user: User, *scopes: str) -> str:
    """A token of the person for these scopes."""
    return api_tokens.make(
        user=user, name="".join(scopes)[-40:], scopes=scopes, lasts=timedelta(days=9),
        at=timezone.now(), actor=acting.of(user),
    )  # fmt: skip
