"""A house with something to hide in every room,
and one person of each kind to try its doors."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from approvals.models import Channel, Guard, Request
from approvals.rules import binding
from console.doors.inventory import Door
from policies.current.four_eyes import proposable_acts
from policies.current.four_eyes.models import ProposedChange
from policies.halts.models import Halt
from runs.engine import events as e
from runs.engine.vocabulary import Effect, Waiting
from runs.models import Drill, EffectFinding, McpServer, MonthlyDrill, Run, ServedTool
from tests.pages.lives import agent, life

SECRET = "canary-of-the-house"
ROLES = (
    "nobody",
    "viewer",
    "operator",
    "approver",
    "auditor",
    "no group",
    "admin, staff",
    "auditor, staff",
    "staff without rights",
    "owner",
)
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass
class House:
    """Where each placeholder of an address leads."""

    run: Run
    request: Request
    halt: Halt
    tool: ServedTool
    finding: EffectFinding
    drill: Drill
    monthly: MonthlyDrill
    change: ProposedChange

    def address(self, door: Door) -> str:
        path = door.address
        places = {
            "<uuid:run_id>": str(self.run.pk),
            "<int:request_id>": str(self.request.pk),
            "<int:halt_id>": str(self.halt.pk),
            "<int:change_id>": str(self.change.pk),
            "<int:token>": "1",
            "<int:view>": "1",
            "<int:act>": "1",
            "<uuid:other_id>": str(self.run.pk),
            "<int:session>": "1",
            "<int:browser>": "1",
            "<int:person>": "999999999",
            "<int:pk>": "1",
            "<int:drill_id>": str(self.drill.pk),
            "<int:row_id>": str(self.monthly.pk),
            "<int:tool>": str(self.tool.pk),
            "<int:finding>": str(self.finding.pk),
            "<int:number>": "1",
            "<int:seq>": "2",
            "<int:place>": "1",
            "<int:step>": "1",
            "<slug:grant>": str(self.request.pk),
            "<slug:form>": "csv",
            "<slug:box>": "fleet",
            "<slug:slug>": "glossary",
            "<slug:name>": "orphan-order",
            "<str:key>": "goal",
            "<str:token>": "no-such-token",
        }
        for placeholder, value in places.items():
            path = path.replace(placeholder, value)
        assert "<" not in path, f"{door.address}: a placeholder that the walk does not know"
        return f"/{path}"


def furnished(starter: User | None = None) -> House:
    """A run that asks for a refund and waits, its request, a pulled lever, a row of each model an
    admin edits. `starter` is who started the run.
    """
    olga = starter or User.objects.create_user("olga")
    desk = agent(prompt=f"{SECRET} prompt", tools=["issue_refund"])
    one = life(olga, f"{SECRET} goal", of=desk)
    one.lease()
    args = {"order_id": 1143, "amount": 12.5, "reason": f"{SECRET} reason"}
    one.plan(("issue_refund", args), thought=f"{SECRET} thought")
    asked: Any = {"ref": "c1-1", "effect": Effect.IRREVERSIBLE, "sentence": f"{SECRET} sentence"}
    one.happen(
        e.CallAsked(at=one.after(0.1), step=1, tool="issue_refund", call="1.1", args=args, **asked)
    )
    one.happen(e.RunWaiting(at=one.after(0.1), waiting_for=Waiting.APPROVAL, why=f"{SECRET} why"))
    run = one.written()
    halt = Halt.objects.create(
        reach="agent",
        target="nobody",
        reason=f"{SECRET} lever",
        pulled_by="olga",
        pulled_at=timezone.now(),
    )
    Channel.objects.create(name="mail", kind="email", target="a@example.com")
    Guard.objects.create(agent="*", most=1_000)
    return House(
        run,
        request_of(run, args),
        halt,
        served_tool(),
        finding(),
        drill_of(run),
        monthly_drill(run),
        change(),
    )


def change() -> ProposedChange:
    """A tool that was cut off by hand, proposed to be called again."""
    now = timezone.now()
    return ProposedChange.objects.create(
        kind="lever",
        act="reset",
        args={"tool": "send_email", "reason": f"{SECRET} let go"},
        digest=proposable_acts.digest(None),
        what=f"{SECRET} change",
        lines=[[f"{SECRET} tool", "cut off", "may be called"]],
        reason=f"{SECRET} for",
        rights=["policies.pull_lever"],
        proposed_by="olga",
        proposed_by_id="0",
        proposed_at=now,
        expires_at=now + timedelta(hours=72),
    )


def finding() -> EffectFinding:
    return EffectFinding.objects.create(
        difference="no_call",
        tool="issue_refund",
        key=f"{SECRET} key",
        listed=f"{SECRET} listed",
        opened_at=timezone.now(),
    )


def drill_of(run: Run) -> Drill:
    return Drill.objects.create(
        scenario="poisoned",
        agent=run.agent,
        agent_title=f"{SECRET} title",
        tools=["get_order", "issue_refund"],
        by_name="alma",
        runs=[str(run.pk)],
        started_at=timezone.now(),
        ended_at=timezone.now(),
        held=True,
        report={"rows": [], "times": [], "lines": [], "held": True},
    )


def monthly_drill(run: Run) -> MonthlyDrill:
    return MonthlyDrill.objects.create(
        scenario="poisoned", agent=run.agent, by=run.principal, next_at=timezone.now()
    )


def served_tool() -> ServedTool:
    server = McpServer.objects.create(name="shop", command="shop-server")
    return ServedTool.objects.create(
        server=server,
        name="pay",
        digest="0" * 64,
        definition={"description": f"{SECRET} description"},
        first_seen_at=timezone.now(),
        changed_at=timezone.now(),
    )


def request_of(run: Run, args: dict[str, Any]) -> Request:
    digest = binding.digest(str(run.pk), "call", "1.1", "issue_refund", args)
    return Request.objects.create(
        run=run, kind="call", call="1.1", step=1, tool="issue_refund", proposed=args, args=args,
        effect="irreversible",
        sentence=f"{SECRET} sentence", digest=digest, line=f"{SECRET} line", agent="refund-desk",
        agent_title="Refund desk",
        starter="olga", correlation_id=UUID(int=1), stages=[["approver", 1]], group="approver",
        asked_at=timezone.now(), due=timezone.now(),
    )  # fmt: skip


def person(role: str) -> User | None:
    if role == "nobody":
        return None
    name = role.replace(", ", "-").replace(" ", "-")
    if role == "owner":
        return User.objects.create_superuser(name)
    user = User.objects.create_user(name, is_staff="staff" in role)
    if role not in {"no group", "staff without rights"}:
        user.groups.add(Group.objects.get(name=role.partition(",")[0]))
    return user


def client_of(user: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user, backend=BACKEND)
    return client
