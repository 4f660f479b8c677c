"""Django admin for agents and MCP servers, and a look at runs.

Every edit is journalled with what was and what is, in its transaction.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import ManyToManyField, QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from console import figures
from console.form_rows.rows_field import unfolded
from console.journal import database_clock, edits
from console.journal.editing import Journalled, who
from console.signing_in.confirming import Confirmed
from policies.current.four_eyes import raised_limits, taking_two
from policies.current.four_eyes.admin_holds import FourEyes
from policies.current.four_eyes.rules import RowFacts, Widening, WideningKind
from runs import agent_tools, agent_trial, edit_reach, snapshots
from runs.agent_form import AgentForm
from runs.models import Agent, Run
from runs.planners import problem, unreached

# the admin finds its pages through this module
from runs.server_admin import (
    McpServerAdmin as McpServerAdmin,
)

READS_TOOLS = "journal.view_user_hidden"
TO_TEST, SAVE_AND_TEST = "signalbox_agent_to_test", "_test"
admin.site.site_header = admin.site.site_title = "Signalbox"
admin.site.index_title = "Admin"


@admin.register(Agent)
class AgentAdmin(Confirmed, FourEyes, Journalled):
    """What an agent is, may spend, thinks with and may call.

    A run keeps what its agent was at its start.
    """

    form = AgentForm
    four_eyes = WideningKind.BUDGET
    list_display = ("title", "name", "planner", "max_steps", "most", "enabled", "demo")
    list_filter = ("enabled", "demo", "planner")
    search_fields = ("name", "title", "description")
    formfield_overrides = {ManyToManyField: {"widget": CheckboxSelectMultiple}}
    actions = ("test_models",)
    fieldsets = (
        (None, {"fields": ("title", "name", "description", "enabled", "demo")}),
        (
            "Limits of one run",
            {
                "fields": (
                    ("max_steps", "max_tokens"),
                    ("max_usd", "max_seconds"),
                    "parallel_calls",
                ),
                "description": (
                    "Checked before each call, with an upper estimate of what it could cost."
                ),
            },
        ),
        (
            "When many runs wait",
            {
                "fields": (("priority", "max_active"),),
                "description": "The bound holds for runs that are queued by now as well.",
            },
        ),
        (
            "Acceptance criteria",
            {
                "fields": ("acceptance", "answers_refused", "person_may_accept"),
                "description": (
                    "Fixed before a run starts and checked when it says that it is done. Nothing"
                    " here: its word is taken."
                ),
            },
        ),
        (
            "When it stops short of its goal",
            {
                "fields": (("after_kill", "after_stop"), "after_reasons"),
                "description": (
                    "What becomes of what a run did. A call in doubt is settled before anything is"
                    " undone. A run that completes undoes nothing."
                ),
            },
        ),
        (
            "Planner",
            {
                "fields": (
                    "planner",
                    "base_url",
                    "key_variable",
                    ("max_tokens_out", "window"),
                    "prompt",
                ),
                "description": (
                    "The model that takes the usual steps. Keys stay in the environment; here"
                    " stands only the name of the variable. Save and test asks the model one short"
                    " question."
                ),
            },
        ),
        (
            "What its tokens cost",
            {
                "fields": (
                    ("price_in", "price_out", "price_cached"),
                    ("fallback_price", "unpriced"),
                ),
                "description": (
                    "Known for most models. An unknown price is not zero: it is estimated by the"
                    " fallback price, or said wherever it matters, or the agent does not start."
                ),
            },
        ),
        (
            "Other models",
            {
                "fields": ("plan_model", "summarise", "judge_model"),
                "description": (
                    "Which steps the better model takes, routing policies say, for all agents in"
                    " one place. Each is reached where the planner is, if it speaks like it."
                ),
            },
        ),
        (
            "How its model is asked",
            {
                "fields": (
                    ("reasoning_effort", "temperature"),
                    ("prompt_caching", "sees_pictures"),
                    ("max_tokens_field", "key_header"),
                    "extra_headers",
                    "extra_body",
                ),
                "classes": ("collapse",),
                "description": (
                    "For models and gateways that want it otherwise. For Azure the base URL is"
                    " enough, with its deployment and api-version."
                ),
            },
        ),
        (
            "Script",
            {
                "fields": ("script",),
                "classes": ("collapse",),
                "description": "For the scripted planner only.",
            },
        ),
        (
            "Tools",
            {
                "fields": ("ticked", "patterns", "mcp_servers"),
                "description": "What is not chosen here does not exist for this agent.",
            },
        ),
    )

    @admin.display(description="at most", ordering="max_usd")
    def most(self, agent: Agent) -> str:
        return figures.money(agent.max_usd)

    def get_fieldsets(self, request: HttpRequest, obj: Agent | None = None) -> Any:
        return unfolded(super().get_fieldsets(request, obj), request.POST)

    def widened(self, row: Agent, before: RowFacts, after: RowFacts) -> Sequence[Widening]:
        return raised_limits.agent(before, after, taking_two.bounds())

    def formfield_for_dbfield(self, *args: Any, **kwargs: Any) -> Any:
        """Servers are made on a page of their own, where each is tried."""
        field = super().formfield_for_dbfield(*args, **kwargs)
        if field is not None and args[0].name == "mcp_servers":
            field.widget.can_add_related = False
        return field

    @admin.action(description="Test the models of the selected agents", permissions=["change"])
    def test_models(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        for agent in queryset:
            self.test(request, agent)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Tested after the edit is committed: a model that hangs holds no row locked."""
        response = super().changeform_view(request, *args, **kwargs)
        if (saved := getattr(request, TO_TEST, None)) is not None:
            self.test(request, saved)
        return response

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """An agent that has runs stays, and whoever asks is told what to do instead."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        kept = [
            f"{agent.title} has runs, and runs are kept: take its tick at Enabled, and no run of it"
            " starts any more."
            for agent in objs
            if agent.runs.exists()
        ]
        return deleted, counts, set() if kept else lacking, kept or protected

    def response_change(self, request: HttpRequest, obj: Agent) -> HttpResponse:
        if SAVE_AND_TEST not in request.POST:
            return super().response_change(request, obj)
        setattr(request, TO_TEST, obj)
        return HttpResponseRedirect(request.get_full_path())

    def test(self, request: HttpRequest, agent: Agent) -> None:
        """Ask each of its models one short question, keep on record that it was asked, say what
        came.
        """
        for name, found in agent_trial.all_tried(agent):
            edits.note(
                verb="tested",
                row=agent,
                before={},
                after={"model": name, "said": found.sentence},
                actor=who(request),
                at=database_clock.now(),
            )
            level = messages.ERROR if found.trouble else messages.SUCCESS
            messages.add_message(request, level, f"Test of {agent.title}, {name}: {found.sentence}")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        messages.info(request, edit_reach.of_agent(form.instance, form.before))
        for warned in agent_tools.misnamed(form.instance):
            messages.warning(request, warned)
        pinned = snapshots.of(form.instance)
        if sentence := problem(pinned):
            messages.warning(request, f"As it stands, this agent could not start here: {sentence}")
        elif sentence := unreached(pinned):
            messages.warning(request, f"As it stands, this agent could start here, but: {sentence}")


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """Runs, for looking only, by those who may read what tools were told: what happens to a run
    happens on its page. Prompt and snapshot are not shown here.
    """

    list_display = (
        "id",
        "agent",
        "goal",
        "status",
        "stop_reason",
        "step",
        "cost",
        "principal",
        "created_at",
    )
    list_filter = ("status", "stop_reason", "agent")
    list_select_related = ("agent", "principal")
    search_fields = ("id", "correlation_id", "goal")
    show_full_result_count = False
    exclude = ("snapshot", "head")

    @admin.display(description="USD", ordering="usd")
    def cost(self, run: Run) -> str:
        return figures.money(run.usd)

    def has_view_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return super().has_view_permission(request, obj) and request.user.has_perm(READS_TOOLS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False
