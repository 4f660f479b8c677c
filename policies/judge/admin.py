"""Judge policies in the admin."""

import os
import re
from decimal import Decimal

from django import forms
from django.contrib import admin

from console.outside import addresses, variables
from policies.current import known_names, policy_admin
from policies.current.policy_admin import OrderedPolicyAdmin, PolicyForm
from policies.judge.models import JudgePolicy

MODEL = re.compile(r"(?:openai|anthropic):\S.*")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
OF_A_MODEL = ("base_url", "key_variable", "price_in", "price_out")


class JudgePolicyForm(PolicyForm):
    naming = {"agents": known_names.AGENTS}

    class Meta(PolicyForm.Meta):
        model = JudgePolicy
        widgets = PolicyForm.Meta.widgets | {"agents": policy_admin.line()}

    def clean_planner(self) -> str:
        planner = str(self.cleaned_data["planner"]).strip()
        if planner and not MODEL.fullmatch(planner):
            raise forms.ValidationError(
                "This is openai:MODEL or anthropic:MODEL, or empty for the agent's."
            )
        return planner

    def clean_base_url(self) -> str:
        url = str(self.cleaned_data["base_url"]).strip()
        if url and not url.startswith(("http://", "https://")):
            raise forms.ValidationError("It begins with http:// or https://.")
        if url and (wrong := addresses.problem(url)):
            raise forms.ValidationError(f"It {wrong}.")
        return url

    def clean_key_variable(self) -> str:
        name = str(self.cleaned_data["key_variable"]).strip()
        if name and not VARIABLE.fullmatch(name):
            raise forms.ValidationError(
                "This is the name of a variable, not the key itself. Keys are never stored."
            )
        if "key_variable" in self.changed_data and (
            sentence := variables.problem([name], os.environ)
        ):
            raise forms.ValidationError(sentence)
        return name

    def clean(self) -> None:
        super().clean()
        data = self.cleaned_data
        for field in ("price_in", "price_out"):
            if (price := data.get(field)) is not None and price < Decimal(0):
                self.add_error(field, "At least 0.")
        if not data.get("planner") and (
            given := [field for field in OF_A_MODEL if data.get(field) not in (None, "")]
        ):
            self.add_error(
                given[0],
                "This belongs to a model, and none is named: the agent's is asked, where and as the"
                " agent says.",
            )


@admin.register(JudgePolicy)
class JudgePolicyAdmin(OrderedPolicyAdmin):
    """The first policy that fits an agent decides; runs of an agent that no policy fits are not
    judged.
    """

    form = JudgePolicyForm
    list_display = (
        "priority",
        "name",
        "agents",
        "every",
        "ending",
        "planner",
        "enabled",
        "version",
    )
    search_fields = ("name", "agents", "note")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "priority", "agents")}),
        (
            "When it is asked, and what follows",
            {
                "fields": ("every", "hints", "ending"),
                "description": (
                    "“Are we meaningfully closer to the goal than so many steps ago?” No answer"
                    " never holds a run up."
                ),
            },
        ),
        (
            "Who is asked",
            {
                "fields": (
                    "planner",
                    "base_url",
                    "key_variable",
                    ("price_in", "price_out"),
                    "max_tokens_out",
                    "timeout_seconds",
                )
            },
        ),
        ("For whoever reads this next", {"fields": ("note",)}),
    )
