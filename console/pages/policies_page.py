"""The page of policies: the tool policies in force in the order in which they are asked, with what
each did lately, and the way to all others.
"""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console import admin_places
from console.journal import database_clock
from console.pages import audit_words, breakers, change_pages, halt_pages
from policies.circuit.breaker_states import not_closed
from policies.decision import DecisionKind
from policies.gate.gate_facts import ANY, GatePolicy
from policies.gate.models import ToolPolicy
from policies.gate.rows import policy_of
from policies.gate.rules import NO_POLICY, Compiled, compile_policy
from runs.insights import rule_counts
from runs.insights.rule_counts import RuleCounts
from runs.reading.pills import Pill
from runs.reading.readers import reader

MAY_READ = "policies.view_toolpolicy"
PILLS = {
    DecisionKind.ALLOW: Pill("check", "Allows", "running", "The call is made."),
    DecisionKind.ALLOW_WITH_CAPS: Pill(
        "check", "Allows with caps", "running", "The call is made as long as its caps hold."
    ),
    DecisionKind.ASK: Pill("hand", "Asks a person", "person", "A person decides on the call."),
    DecisionKind.DENY: Pill("ban", "Denies", "bad", "The call is refused."),
}
BROKEN = Pill("ban", "Denies", "bad", "It cannot be applied, so what it fits is refused.")
EFFECTS = dict(ToolPolicy.Effects.choices)
NOTHING = RuleCounts()


@dataclass(frozen=True, slots=True)
class EditedTable:
    """A list of the admin that this reader may open."""

    words: str
    url: str
    count: int
    about: str


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One tool policy in words. `fits`: what the call, its agent and its person have to be;
    `condition` and `caps` are CEL; `counts`: how many calls, and who is asked.
    """

    policy: GatePolicy
    url: str
    pill: Pill
    broken: str
    fits: tuple[str, ...]
    counts: tuple[str, ...]
    lately: RuleCounts


@breakers.readers
def policies(request: HttpRequest) -> HttpResponse:
    """What is in force at a glance, and where it is edited."""
    user = reader(request).user
    context = {
        "open": not_closed(),
        "halts": halt_pages.notices(request.user),
        "changes": change_pages.open_for(user),
        "suggested": change_pages.suggested(user),
        "tables": tables(user),
        **(in_force() if user.has_perm(MAY_READ) else {}),
    }
    return render(request, "policies/policies.html", context)


def in_force() -> dict[str, Any]:
    """The tool policies in force, first asked first, and what is said of calls that none of them
    fits. Three queries.
    """
    counts = rule_counts.lately(database_clock.now())
    found = ToolPolicy.objects.filter(enabled=True).order_by("priority", "name")
    return {
        "rows": [
            row(compile_policy(policy_of(each)), each.pk, counts.get(each.name, NOTHING))
            for each in found
        ],
        "denied": PILLS[DecisionKind.DENY],
        "no_policy": counts.get(NO_POLICY, NOTHING),
        "days": rule_counts.DAYS,
        "off": ToolPolicy.objects.filter(enabled=False).count(),
    }


def row(compiled: Compiled, number: int, lately: RuleCounts) -> PolicyRow:
    policy = compiled.policy
    return PolicyRow(
        policy=policy,
        url=reverse("admin:policies_toolpolicy_change", args=[number]),
        pill=BROKEN if compiled.broken else PILLS[DecisionKind(policy.verdict)],
        broken=compiled.broken,
        fits=fits(policy),
        counts=(*counts_of(policy), *asked_of(policy)),
        lately=lately,
    )


def fits(policy: GatePolicy) -> tuple[str, ...]:
    """What narrows it, beside its tools: effects, agents, a group."""
    return tuple(
        filter(
            None,
            (
                "" if policy.effect == ANY else EFFECTS.get(policy.effect, policy.effect),
                "" if policy.agent == "*" else f"agent {policy.agent}",
                f"people of {policy.group}" if policy.group else "",
            ),
        )
    )


def counts_of(policy: GatePolicy) -> tuple[str, ...]:
    """How many calls it allows without a person."""
    return tuple(
        f"{most} {span}"
        for most, span in ((policy.cap_per_run, "a run"), (policy.cap_per_hour, "an hour"))
        if most is not None
    )


def asked_of(policy: GatePolicy) -> tuple[str, ...]:
    """Who is asked, or what becomes of a call over its caps."""
    people = f"of {policy.approver_group.replace(',', ', then')}"
    if policy.verdict == DecisionKind.ASK:
        return (people,)
    if policy.verdict != DecisionKind.ALLOW_WITH_CAPS:
        return ()
    asks = policy.over_cap == DecisionKind.ASK
    return (f"over that: asks a person {people}" if asks else "over that: denies",)


def tables(user: User) -> list[EditedTable]:
    """The tables of policies that this person may open in the admin."""
    models = (
        [apps.get_model("policies", name) for name in audit_words.EDITED] if user.is_staff else []
    )
    return [
        EditedTable(
            str(model._meta.verbose_name_plural).capitalize(),
            reverse(f"admin:policies_{name}_changelist"),
            model._default_manager.count(),
            admin_places.ABOUT[model._meta.label],
        )
        for name, model in zip(audit_words.EDITED, models, strict=False)
        if user.has_perm(f"policies.view_{name}")
    ]
