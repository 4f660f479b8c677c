"""Tool policies in the admin, in the order in which they are asked; mistakes are pointed out, and a
policy can be tried before it is saved.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from console import figures
from console.journal import database_clock, edits
from console.journal.editing import who
from console.json_value import Json
from console.signing_in.confirming import Confirmed
from policies.current import live_runs, policy_reach
from policies.current.four_eyes import row_acts
from policies.current.four_eyes.admin_holds import FourEyes
from policies.current.four_eyes.row_acts import RowTable
from policies.current.four_eyes.rules import RowFacts, Widening, WideningKind
from policies.current.policy_admin import OrderedPolicyAdmin
from policies.gate import deciders, known_tools, loosened_policies
from policies.gate.models import ToolPolicy
from policies.gate.policy_forms import ToolPolicyForm
from policies.gate.trial_pages import TriedPages, warnings_of

WIDEST = 56


@admin.register(ToolPolicy)
class ToolPolicyAdmin(TriedPages, Confirmed, FourEyes, OrderedPolicyAdmin):
    """The list is in the order in which policies are asked: the first that fits a call decides, and
    a call that none fits is denied.
    """

    form = ToolPolicyForm
    four_eyes = WideningKind.TOOL_POLICY
    change_form_template = "policies/tool_policy.html"
    list_display = ("priority", "name", "enabled", "decides", "calls", "when", "version")
    list_filter = ("enabled", "verdict", "effect")
    search_fields = ("name", "tool", "agent", "condition", "caps", "note")
    actions = ("enable", "disable")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "priority")}),
        ("Which calls", {"fields": ("agent", "tool", "effect", "group", "condition")}),
        (
            "What becomes of them",
            {
                "fields": (
                    "verdict",
                    "caps",
                    ("cap_per_run", "cap_per_hour"),
                    "over_cap",
                    "sentence",
                )
            },
        ),
        ("When the same was done before", {"fields": (("effect_key", "effect_hours"),)}),
        (
            "When a person is asked",
            {
                "fields": (
                    "approver_group",
                    "quorum",
                    "four_eyes",
                    ("ttl_seconds", "on_expiry"),
                    "escalate_to",
                )
            },
        ),
        ("For whoever reads this next", {"fields": ("note",)}),
    )

    @admin.display(description="decision", ordering="verdict")
    def decides(self, policy: ToolPolicy) -> str:
        return policy.get_verdict_display()

    @admin.display(description="calls")
    def calls(self, policy: ToolPolicy) -> str:
        """Which calls it is for, as far as it narrows them: tools, effect, agents, people."""
        tools = "all tools" if policy.tool == "*" else figures.line(policy.tool, WIDEST)
        effect = (
            ""
            if policy.effect == ToolPolicy.Effects.ANY
            else f"if it {policy.get_effect_display()}"
        )
        agents = "" if policy.agent == "*" else f"by {figures.line(policy.agent, WIDEST)}"
        return ", ".join(
            part for part in (tools, effect, agents, policy.group and f"for {policy.group}") if part
        )

    @admin.display(description="when, and within what")
    def when(self, policy: ToolPolicy) -> str:
        counts = ((policy.cap_per_run, "a run"), (policy.cap_per_hour, "an hour"))
        parts = [
            policy.condition,
            policy.caps,
            *(f"{cap:,} {per}" for cap, per in counts if cap is not None),
        ]
        return figures.line("; ".join(part for part in parts if part), WIDEST) or "always"

    @admin.action(description="Enable the selected policies", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[ToolPolicy]) -> None:
        self._switch(request, queryset, on=True)

    @admin.action(description="Disable the selected policies", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[ToolPolicy]) -> None:
        self._switch(request, queryset, on=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[ToolPolicy], *, on: bool) -> None:
        with transaction.atomic():
            changed = [
                (policy, edits.facts_of(policy))
                for policy in queryset.select_for_update()
                if policy.enabled is not on
            ]
            for policy, _ in changed:
                policy.enabled = on
                policy.save(update_fields=["enabled"])
            edited = [(policy, was, edits.stored_facts(policy)) for policy, was in changed]
            self.held(request, edited)
            for policy, before, after in edited:
                edits.note(
                    verb="changed",
                    row=policy,
                    before=before,
                    after=after,
                    actor=who(request),
                    at=database_clock.now(),
                )
        messages.success(
            request,
            f"{len(changed)} {'put in' if on else 'taken out of'} force. Live runs see it at their"
            " next step.",
        )
        for policy in (policy for policy, _ in changed if on):
            for sentence in warnings_of(policy):
                messages.warning(request, f"{policy.name}: {sentence}")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        policy = form.instance
        nobody = deciders.unanswered([policy] if policy.enabled else [])
        for sentence in (*warnings_of(policy), *(said for _, said in nobody)):
            messages.warning(request, sentence)

    def follows(self, row: ToolPolicy) -> list[str]:
        """Say which policies decide about its calls from then on."""
        told = super().follows(row)
        if not row.enabled:
            return told
        live = live_runs.live()
        mine = self.aim(row)
        met = sorted(
            (each for each in self.others(row) if policy_reach.meet(mine, each, live)),
            key=lambda each: each.place,
        )
        others = policy_reach.listed([each.name for each in met])
        first = f"the first that fits of {others}" if met else "no other policy"
        return [*told, f"Then {first} decides about such calls; what none fits is denied."]

    def widened(self, row: ToolPolicy, before: RowFacts, after: RowFacts) -> Sequence[Widening]:
        return loosened_policies.loosened(before, after, others([before, after]))


def others(shapes: Sequence[RowFacts]) -> list[RowFacts]:
    """Every policy that is in force and may fit a tool that is known, as one of these shapes does;
    but for those that have, had or are to have these shapes.
    """
    own = [each["name"] for each in shapes if each]
    tools = known_tools.known()
    rest = ToolPolicy.objects.filter(enabled=True).exclude(name__in=own)
    return [
        facts
        for facts in map(edits.facts_of, rest)
        if any(known_tools.may_share(shape, facts, tools) for shape in shapes if shape)
    ]


def beside(shapes: Sequence[RowFacts]) -> Json:
    return loosened_policies.beside(shapes, others(shapes))


row_acts.treat(ToolPolicy, RowTable(beside=beside))
