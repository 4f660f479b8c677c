"""Every page that people open, by a name of its own: who looks at it, and where it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.urls import reverse

from approvals.models import Request
from console.bench import page_stage
from policies.gate.models import ToolPolicy
from runs import bulk_acts, saved_views
from runs.bulk_acts import BulkOrder, BulkVerb
from runs.engine.vocabulary import FINAL, Waiting
from runs.models import Agent, Run


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page. `who` is empty for a page before the sign-in; `status` is what it answers."""

    name: str
    path: str
    who: str = "admin"
    status: int = 200


def listed(long: Run) -> list[ListedPage]:
    """Waits until the demo has come far enough to have something on each of them."""
    asked = Request.objects.filter(ended_at=None, run__waiting_for=Waiting.APPROVAL)
    ended = Run.objects.filter(status__in=FINAL, agent__demo=True)
    page_stage.until(asked.exists, "an approval")
    page_stage.until(ended.exists, "an ended run")
    request = asked.order_by("pk")[:1].get()
    over = ended.order_by("pk")[:1].get()
    return [
        *_house(), *_before_sign_in(), *_of_runs(over, long), *_of_many(over),
        *_of_requests(request), *_admin(),
    ]  # fmt: skip


def _house() -> Iterator[ListedPage]:
    places = (
        "fleet", "audit", "health", "insights", "policies", "breakers", "breaker_force",
        "halt", "drills",
        "docs", "incidents", "tokens", "restored", "account", "saved_views", "saved_view_save",
        "fleet_columns", "bulk_acts", "runs:start", "runs:tools", "approvals:queue",
        "approvals:load", "approvals:standing",
    )  # fmt: skip
    for name in places:
        yield ListedPage(name.rpartition(":")[2], reverse(name))
    yield ListedPage("fleet-person", reverse("fleet") + "?q=status%3Aperson", "operator")
    yield ListedPage("fleet-nothing", reverse("fleet") + "?q=nothing-is-called-this", "viewer")
    yield ListedPage("audit-results", reverse("audit") + "?q=actor%3Aoperator", "auditor")
    yield ListedPage("docs-page", reverse("docs_page", args=["glossary"]))
    yield ListedPage("not-found", "/nowhere/", status=404)


def _before_sign_in() -> Iterator[ListedPage]:
    yield ListedPage("signin", reverse("signin"), who="")
    yield ListedPage("signin-spent", reverse("signin_link", args=["nothing"]), who="", status=410)


def _of_runs(over: Run, long: Run) -> Iterator[ListedPage]:
    live = Run.objects.filter(agent__name="parcel-watch").exclude(status__in=FINAL)[:1].get()
    for name in ("run", "audit", "context", "kill"):
        yield ListedPage(f"run-{name}" if name != "run" else name, _run(name, live), "operator")
    yield ListedPage("run-sent", reverse("runs:sent", args=[live.pk, 1]))
    yield ListedPage("run-past", reverse("runs:past", args=[live.pk, 1]))
    yield ListedPage("run-compare", reverse("run_compare", args=[live.pk]))
    yield ListedPage("run-compared", reverse("run_compared", args=[over.pk, long.pk]))
    yield ListedPage("run-ended", _run("run", over), "viewer")
    yield ListedPage("run-long", _run("run", long), "auditor")
    waiting = Run.objects.filter(waiting_for=Waiting.APPROVAL).order_by("pk")[:1].get()
    yield ListedPage("run-waiting", _run("run", waiting), "approver")
    yield ListedPage("run-undo", _run("undo", over), "operator")


def _of_many(over: Run) -> Iterator[ListedPage]:
    """Pages of saved views and of acts on many runs, with a row on each. The act is refused: the
    run that it is asked of is over.
    """
    somebody, at = User.objects.get(username="operator"), datetime.now(UTC)
    view = saved_views.save(
        user=somebody, name="Failed", query="status:failed", shared=False, at=at
    )
    wanted = BulkOrder(BulkVerb.PAUSE, "", (over.pk,), "", "")
    act = bulk_acts.begin(user=somebody, wanted=wanted, runs=[over.pk], zone="UTC", at=at)
    change = reverse("saved_view_change", args=[view.pk])
    yield ListedPage("saved-views-own", reverse("saved_views"), "operator")
    yield ListedPage("saved-view-change", change, "operator")
    yield ListedPage("bulk-ask", reverse("bulk_ask") + "?verb=kill", "operator")
    yield ListedPage("bulk-act", reverse("bulk_act", args=[act.pk]), "operator")


def _of_requests(request: Request) -> Iterator[ListedPage]:
    yield ListedPage("card", reverse("approvals:card", args=[request.pk]), "approver")


def _admin() -> Iterator[ListedPage]:
    yield ListedPage("admin", reverse("admin:index"))
    for table in ("runs_agent", "policies_toolpolicy", "policies_budget", "auth_user"):
        yield ListedPage(f"admin-{table}", reverse(f"admin:{table}_changelist"))
    agent, person = Agent.objects.get(name="refund-desk"), User.objects.get(username="viewer")
    policy = ToolPolicy.objects.order_by("pk")[:1].get()
    yield ListedPage("admin-agent", reverse("admin:runs_agent_change", args=[agent.pk]))
    yield ListedPage("admin-user", reverse("admin:auth_user_change", args=[person.pk]))
    yield ListedPage("access", reverse("person_access", args=[person.pk]))
    yield ListedPage("offboard", reverse("offboard", args=[person.pk]))
    yield ListedPage("admin-policy", reverse("admin:policies_toolpolicy_change", args=[policy.pk]))


def _run(name: str, run: Run) -> str:
    return reverse(f"runs:{name}", args=[run.pk])
