"""Tool policies in the admin, in the order in which they are asked; mistakes are pointed out, and a
policy can be tried before it is saved.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from console import figures
from console.journal import database_clock, edits, visibility
from console.journal.editing import who
from policies.current.policy_admin import OrderedPolicyAdmin
from policies.gate import recorded_calls, trials
from policies.gate.models import ToolPolicy
from policies.gate.policy_forms import ToolPolicyForm, TrialForm
from policies.gate.recorded_calls import Recorded
from policies.gate.trials import WrittenCall

TRY = "_try"
TRIAL = "try"
WIDEST = 56


@admin.register(ToolPolicy)
class ToolPolicyAdmin(OrderedPolicyAdmin):
    """The list is in the order in which policies are asked: the first that fits a call decides, and
    a call that none fits is denied.
    """

    class Media:
        css = {"all": ["css/admin_policies.css"]}

    form = ToolPolicyForm
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

    @admin.display(description="verdict", ordering="verdict")
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

    @admin.action(description="Put the selected policies in force", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[ToolPolicy]) -> None:
        self._switch(request, queryset, on=True)

    @admin.action(description="Take the selected policies out of force", permissions=["change"])
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
            for policy, before in changed:
                after = edits.stored_facts(policy)
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

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST" and TRY in request.POST:
            return self.trial(request, object_id)
        context = {
            "trial_form": TrialForm(prefix=TRIAL, initial=self._suggested(object_id)),
            **(extra_context or {}),
        }
        return super().changeform_view(request, object_id, form_url, context)

    def trial(self, request: HttpRequest, object_id: str | None) -> HttpResponse:
        """The form as it was sent, without saving it, with what it would do to the calls it is
        tried on.
        """
        stored = self.get_object(request, object_id) if object_id else None
        if object_id and stored is None:
            raise Http404
        if not (
            self.has_change_permission(request, stored)
            if stored
            else self.has_add_permission(request)
        ):
            raise PermissionDenied
        form = self.get_form(request, stored, change=stored is not None)(
            request.POST, instance=stored
        )
        asked = TrialForm(request.POST, prefix=TRIAL)
        found = (
            trials.tried(self._calls(request, asked), form.instance)
            if form.is_valid() and asked.is_valid()
            else None
        )
        return self._again(
            request,
            stored,
            form,
            {"trial_form": asked, "trials": found, "unreadable": not form.is_valid()},
        )

    def _calls(self, request: HttpRequest, asked: TrialForm) -> list[Recorded | WrittenCall]:
        data = asked.cleaned_data
        if data["source"] == TrialForm.PASTED:
            return [data["written"]]
        clearance = visibility.clearance_of(request.user)
        return [*recorded_calls.newest(data["tool"], clearance=clearance, at=database_clock.now())]

    def _again(
        self, request: HttpRequest, stored: ToolPolicy | None, form: Any, trial: dict[str, Any]
    ) -> HttpResponse:
        fields = helpers.AdminForm(
            form,
            self.get_fieldsets(request, stored),  # type: ignore[arg-type]
            {},
            (),
            model_admin=self,
        )
        context = {
            **self.admin_site.each_context(request),
            "title": f"Trying {stored or 'a new tool policy'}",
            "adminform": fields,
            "original": stored,
            "object_id": stored.pk if stored else None,
            "media": self.media + fields.media,
            "errors": helpers.AdminErrorList(form, []),
            "inline_admin_formsets": [],
            "is_popup": False,
            "to_field": None,
            **trial,
        }
        # with its whole address: an empty one would keep the fragment, and a page with mistakes
        # would open at its end
        return self.render_change_form(
            request,
            context,
            add=stored is None,
            change=stored is not None,
            form_url=request.path,
            obj=stored,
        )

    def _suggested(self, object_id: str | None) -> dict[str, str]:
        """A tool to try the policy on, when it names just one."""
        policy = (
            ToolPolicy.objects.filter(pk=int(object_id)).first()
            if object_id and object_id.isdigit()
            else None
        )
        tool = policy.tool if policy and not set(policy.tool) & set("*?[ ") else ""
        return {
            "tool": tool,
            "effect": (
                policy.effect
                if policy and policy.effect != ToolPolicy.Effects.ANY
                else "irreversible"
            ),
        }
