"""Trying a tool policy on the page where it is written, before it is saved: on calls that runs have
proposed, on one that somebody writes; and while they type, in one line.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from console.journal import visibility
from policies.from_row import from_row
from policies.gate import (
    known_tools,
    named_amounts,
    named_arguments,
    outlook,
    recorded_calls,
    trials,
)
from policies.gate.models import ToolPolicy
from policies.gate.named_arguments import NamingPolicy
from policies.gate.outlook import Outlook
from policies.gate.policy_forms import DECIDING, OUTLOOK, TRY, ToolPolicyForm, TrialForm
from policies.gate.recorded_calls import Recorded
from policies.gate.trials import PolicyTrial, WrittenCall

if TYPE_CHECKING:
    from policies.current.policy_admin import OrderedPolicyAdmin

    Pages = OrderedPolicyAdmin
else:
    Pages = object

TRIAL = "try"


class TriedPages(Pages):
    """The page of a policy, with what it would do. Nothing here saves anything."""

    change_form_template = "policies/tool_policy.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST" and {TRY, OUTLOOK} & request.POST.keys():
            stored, form = self._as_sent(request, object_id)
            if OUTLOOK in request.POST:
                return previewed(request, form)
            return self.trial(request, stored, form)
        context = {"trial_form": TrialForm(prefix=TRIAL), **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def _as_sent(
        self, request: HttpRequest, object_id: str | None
    ) -> tuple[ToolPolicy | None, ToolPolicyForm]:
        """The stored policy, and the form as it was sent."""
        stored = self.get_object(request, object_id) if object_id else None
        if object_id and stored is None:
            raise Http404
        if not (
            self.has_change_permission(request, stored)
            if stored
            else self.has_add_permission(request)
        ):
            raise PermissionDenied
        made: Any = self.get_form(request, stored, change=stored is not None)
        return stored, made(request.POST, instance=stored)

    def trial(
        self, request: HttpRequest, stored: ToolPolicy | None, form: ToolPolicyForm
    ) -> HttpResponse:
        """The form as it was sent, with what it would do to the calls it is tried on."""
        readable = form.is_valid()
        asked = TrialForm(request.POST, prefix=TRIAL, policy=form.instance)
        found = (
            trials.tried(calls(request, asked), form.instance)
            if readable and asked.is_valid()
            else None
        )
        context = {
            "trial_form": asked,
            "trials": found,
            "told": told(found, asked) if found else "",
            "warnings": warnings_of(form.instance) if readable else (),
            "unreadable": [] if readable else mistakes(form),
            "object_id": stored.pk if stored else None,
        }
        if request.htmx:  # type: ignore[attr-defined]
            return render(request, "policies/_trial.html", context)
        return self._again(request, stored, form, context)

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


def calls(request: HttpRequest, asked: TrialForm) -> Iterable[Recorded | WrittenCall]:
    data = asked.cleaned_data
    if data["source"] == TrialForm.PASTED:
        return [data["written"]]
    return proposed(request, data["tool"], 20)


def proposed(request: HttpRequest, tools: str, limit: int) -> Iterable[Recorded]:
    clearance = visibility.clearance_of(request.user)
    return recorded_calls.newest(tools, clearance=clearance, limit=limit)


def told(found: Sequence[PolicyTrial], asked: TrialForm) -> str:
    """The whole result in a line, for beside the button."""
    if asked.cleaned_data["source"] == TrialForm.PASTED:
        return found[0].then.sentence
    return outlook.summed(found).sentence


def previewed(request: HttpRequest, form: ToolPolicyForm) -> HttpResponse:
    """What it would have said to the last calls, while it is written. Asked again and again, so one
    at a time, and nothing while another one is counted.
    """
    if not outlook.AT_ONCE.acquire(blocking=False):
        return HttpResponse(status=204)
    try:
        return render(request, "policies/_outlook.html", of_form(request, form))
    finally:
        outlook.AT_ONCE.release()


def of_form(request: HttpRequest, form: ToolPolicyForm) -> dict[str, Any]:
    form.is_valid()
    if DECIDING & form.errors.keys():
        return {"unreadable": mistakes(form)}
    policy = form.instance
    off, policy.enabled = not policy.enabled, True
    found: Outlook = outlook.of(proposed(request, policy.tool, outlook.CALLS), policy)
    return {"outlook": found, "warnings": warnings_of(policy), "off": off}


def mistakes(form: ToolPolicyForm) -> list[str]:
    """What is wrong with the policy, by its fields' labels."""
    return [
        f"{form.fields[name].label or name}: {' '.join(map(str, wrong))}"
        if name in form.fields
        else " ".join(map(str, wrong))
        for name, wrong in form.errors.items()
        if name in DECIDING or name not in form.fields
    ] or ["See what is said beside its fields."]


def warnings_of(policy: ToolPolicy) -> list[str]:
    """What it names and no tool has, and amounts that only its sentence names."""
    named = from_row(NamingPolicy, policy)
    return [
        *named_arguments.warnings(named, known_tools.known()),
        *named_amounts.warnings(named),
    ]
