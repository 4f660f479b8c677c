"""Routing policies in the admin."""

from dataclasses import replace

from django import forms
from django.contrib import admin

from policies.cel.cel_source import BadExpression
from policies.current import known_names, policy_admin, policy_reach
from policies.current.policy_admin import OrderedPolicyAdmin, PolicyForm
from policies.current.policy_reach import PolicyAim
from policies.routing.models import RoutingPolicy
from policies.routing.rules import expression

WORDS = (
    "Names: run.step (the step that is next), run.tool and run.verdict (the last call, and what"
    " came of it: 'succeeded', 'failed', 'unknown'), run.failures (calls and turns in a row that"
    " did not succeed), run.loop (0 to 1: how much it goes in circles), run.left (1 to 0: the share"
    " of its USD limit that is left)."
)


class RoutingPolicyForm(PolicyForm):
    """A policy whose condition can be read."""

    naming = {"agents": known_names.AGENTS, "tools": known_names.TOOLS}

    class Meta(PolicyForm.Meta):
        model = RoutingPolicy
        help_texts = {"condition": f"{RoutingPolicy.condition.field.help_text}. {WORDS}"}
        widgets = PolicyForm.Meta.widgets | {
            "agents": policy_admin.line(),
            "tools": policy_admin.line(),
            "condition": forms.Textarea(attrs={"rows": 3, "cols": 80, "spellcheck": "false"}),
        }

    def clean_condition(self) -> str:
        source: str = self.cleaned_data["condition"]
        try:
            expression(source)
        except BadExpression as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        return source.strip()

    def clean_agents(self) -> str:
        return " ".join(self.cleaned_data["agents"].split())

    def clean_tools(self) -> str:
        return " ".join(self.cleaned_data["tools"].split())


@admin.register(RoutingPolicy)
class RoutingPolicyAdmin(OrderedPolicyAdmin):
    """The first policy that fits a run and holds decides on its next step; where none does, the
    agent's planner takes it.
    """

    form = RoutingPolicyForm
    list_display = ("priority", "name", "agents", "tools", "condition", "tier", "enabled")
    list_filter = ("enabled", "tier")
    search_fields = ("name", "agents", "tools", "condition", "note")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "priority", "agents")}),
        (
            "When",
            {
                "fields": ("tools", "condition"),
                "description": "Asked before each step of a run whose agent names a better model.",
            },
        ),
        ("Then", {"fields": ("tier", "hold")}),
        ("For whoever reads this next", {"fields": ("note",)}),
    )

    def aim(self, row: RoutingPolicy) -> PolicyAim:
        """Count every run of its agents: any may come to call a tool that it names."""
        return replace(policy_reach.aim_of(row), tools="*")
