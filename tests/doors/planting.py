"""Plants each canary where the console really keeps that kind of text."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.utils import timezone

from approvals.models import Channel, Delivery, Request
from approvals.rules import binding
from console.models import ApiToken, OneTimeLink
from console.pages import signin
from console.people import api_tokens
from policies.budgets.models import Budget
from policies.circuit.models import Breaker
from policies.gate.models import ToolPolicy
from policies.halts.models import Halt
from policies.scopes.models import ScopeGrant
from runs.engine import events as e
from runs.engine.vocabulary import Effect, Outcome, StopReason, Verdict, Visibility, Waiting
from runs.models import Agent, McpServer, Run, SavedView, ServedTool, ToolCrash
from tests.doors import admin_rows
from tests.doors.canaries import word
from tests.doors.house import BACKEND
from tests.pages.lives import Life, agent, life

TOOL = word("own tool name")
PLAIN = "headerbefore"


def planted() -> list[Run]:
    """The runs that hold them; everything else stands beside."""
    olga = person()
    desk = agent(
        "canary-desk",
        title=word("agent title"),
        description=word("agent description"),
        prompt=word("prompt before its edit"),
        script=f'[[step]]\nfinal = "{word("script")}"\n',
        extra_headers={"X-Canary": PLAIN},
        key_variable=f"{word('key variable').upper()}_API_KEY",
        tools=[TOOL],
    )
    edited(desk)
    desk.refresh_from_db()
    runs = [finished(olga, desk), asking(olga, desk), stopped(olga, desk)]
    beside(olga)
    return runs


def person() -> User:
    """Somebody with a session, a token, a link, a password and an address."""
    olga = User.objects.create_user(
        "olga", email=f"{word('mail of a person')}@example.com", password=word("password"),
        first_name=word("name of a person"), is_superuser=True, is_staff=True,
    )  # fmt: skip
    olga.groups.clear()
    tomorrow = timezone.now() + timedelta(1)
    Session.objects.create(session_key=word("session key") * 3, expire_date=tomorrow)
    signin.issue(olga, timezone.now())
    OneTimeLink.objects.filter(user=olga).update(digest=word("link secret").encode())
    ApiToken.objects.create(
        user=olga, name=word("token name"), digest=word("token secret").encode(),
        scopes=list(api_tokens.SCOPES), made_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    return olga


def edited(desk: Agent) -> None:
    """An edit in the admin, which the journal and the admin's history keep."""
    owner = Client()
    owner.force_login(User.objects.get(username="olga"), backend=BACKEND)
    address = f"/admin/runs/agent/{desk.pk}/change/"
    body = admin_rows.form(owner, address).decode()
    changed = body.replace(word("prompt before its edit"), word("prompt"))
    changed = changed.replace(PLAIN, word("header of a provider"))
    assert changed != body
    response = owner.post(address, changed, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 302, response.content.decode()[:3000]


def finished(olga: User, desk: Agent) -> Run:
    one = life(olga, f"Refund {word('goal')}", of=desk)
    one.lease()
    step(one, {"order": word("argument"), word("argument name"): 1}, {"note": word("result")})
    step(one, {"n": 2}, {"note": word("long result") + "long " * 30_000})
    one.plan((TOOL, {"n": 3}))
    came: Any = {"outcome": Outcome.OK, "verdict": Verdict.SUCCEEDED, "duration": 0.5}
    one.happen(
        e.CallReturned(
            at=one.after(0.5), step=3, tool=TOOL, call=one.intend(TOOL, {"n": 3}),
            result=word("sealed result"), visibility=Visibility.ALWAYS_HIDDEN,
            runway="[step 3/50]", **came,
        )
    )  # fmt: skip
    one.plan((TOOL, {"n": 4}), thought=word("thought"))
    one.answer(TOOL, one.intend(TOOL, {"n": 4}), None, word("tool error"), Verdict.FAILED)
    one.happen(
        e.ContextCompacted(
            at=one.after(1), step=4, messages=2, steps=1, summary=word("summary"), by="model"
        )
    )
    one.happen(e.PauseRequested(at=one.after(0.1), actor="user:olga", note=word("pause note")))
    one.happen(e.RunPaused(at=one.after(0.1), actor="user:olga"))
    one.happen(e.RunResumed(at=one.after(0.1), actor="user:olga"))
    one.lease(epoch=2)
    late: Any = {"outcome": Outcome.OK, "verdict": Verdict.SUCCEEDED, "result": word("late result")}
    one.happen(e.CallLate(at=one.after(0.1), step=4, tool=TOOL, call="4.0", epoch=1, **late))
    one.complete(word("final answer"))
    return one.written()


def step(one: Life, args: dict[str, Any], result: Any, **facts: Any) -> None:
    one.plan((TOOL, args))
    one.answer(TOOL, one.intend(TOOL, args, **facts), result)


def asking(olga: User, desk: Agent) -> Run:
    args = {"order": 1143, "reason": word("asked argument")}
    one = life(olga, f"Refund {word('goal')} again", of=desk)
    one.lease()
    one.plan((TOOL, args))
    said = word("request sentence")
    asked: Any = {"ref": "c1-0", "effect": Effect.IRREVERSIBLE, "sentence": said}
    one.happen(e.CallAsked(at=one.after(0.1), step=1, tool=TOOL, call="1.0", args=args, **asked))
    one.happen(
        e.RunWaiting(at=one.after(0.1), waiting_for=Waiting.APPROVAL, why=word("waiting why"))
    )
    run = one.written()
    Request.objects.create(
        run=run, kind="call", call="1.0", step=1, tool=TOOL, proposed=args, args=args,
        effect="irreversible", rule=word("rule"), facts={"note": word("request facts")},
        sentence=word("request sentence"), line=word("request line"),
        digest=binding.digest(str(run.pk), "call", "1.0", TOOL, args), agent=desk.name,
        agent_title=desk.title, starter="olga", correlation_id=UUID(int=1),
        stages=[["approver", 1]], group="approver", asked_at=timezone.now(), due=timezone.now(),
    )  # fmt: skip
    return run


def stopped(olga: User, desk: Agent) -> Run:
    one = life(olga, f"Refund {word('goal')} twice", of=desk)
    one.lease()
    step(one, {"n": 1}, "fine")
    one.stop(StopReason.TOOL_FAILURE, word("stop detail"))
    return one.written()


def beside(olga: User) -> None:
    """What stands in tables of its own."""
    now = timezone.now()
    Halt.objects.create(
        reach="tool", target=word("lever target"), reason=word("lever reason"), pulled_by="olga",
        pulled_at=now,
    )  # fmt: skip
    Breaker.objects.create(
        tool=TOOL, phase="forced", by="user:olga", why=word("breaker why"), moved_at=now,
        last_failure=word("breaker failure"), failed_at=now,
    )  # fmt: skip
    ToolCrash.objects.create(
        tool=TOOL, times=1, at=now, how=word("crash how"), words=word("crash words")
    )
    server = McpServer.objects.create(
        name="shop",
        command=f"shop-server --{word('server command')}",
        environment={"TOKEN": f"{word('server environment').upper()}_API_KEY"},
    )
    ServedTool.objects.create(
        server=server, name="pay", digest="0" * 64, first_seen_at=now, changed_at=now,
        definition={"description": word("tool description")},
    )  # fmt: skip
    channel = Channel.objects.create(
        name="mail", kind="email", target=f"{word('channel target')}@example.com",
        secret_variable=f"{word('channel secret').upper()}_API_KEY",
    )  # fmt: skip
    Delivery.objects.create(
        channel=channel, created_at=now, attempts=9, error=word("delivery error")
    )
    SavedView.objects.create(
        owner=olga, name=word("name of a view"), query=word("query of a view"), made_at=now
    )
    SavedView.objects.create(
        owner=olga, name="Shared", query=word("shared view"), shared=True, made_at=now
    )
    Budget.objects.filter(pk=Budget.objects.order_by("pk")[0].pk).update(note=word("policy note"))
    ScopeGrant.objects.create(group="viewer", scopes="a:b", note=word("grant note"))
    ToolPolicy.objects.create(
        name="probe", agent="*", tool="nothing", priority=900, verdict="deny",
        condition=f"args.name == '{word('condition')}'",
    )  # fmt: skip


@contextmanager
def house() -> Iterator[None]:
    """What only the process holds, for a while."""
    secret = override_settings(EMAIL_HOST_PASSWORD=word("mail password"))
    with patch.dict(os.environ, {"CANARY_API_KEY": word("provider key")}), secret:
        yield
