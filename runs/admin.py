"""Django admin for agents and MCP servers, and a look at runs. Every edit is journalled with what was and what is, in its transaction."""

import asyncio
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from console.journal.editing import Journalled
from runs import snapshots
from runs.agent_form import AgentForm, McpServerForm
from runs.models import Agent, McpServer, Run
from runs.planners import problem
from runs.tools import mcp_server
from runs.tools.mcp_server import ServerUnavailable

LISTING_SECONDS = 30.0

admin.site.site_header = admin.site.site_title = "Signalbox"
admin.site.index_title = "What agents are and may do"


@admin.register(Agent)
class AgentAdmin(Journalled):
    """What an agent is, may spend, thinks with and may call. A run keeps what its agent was at its start."""

    form = AgentForm
    list_display = ("title", "name", "planner", "max_steps", "max_usd", "enabled", "demo")
    list_filter = ("enabled", "demo", "planner")
    search_fields = ("name", "title", "description")
    filter_horizontal = ("mcp_servers",)
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("title", "name", "description", "enabled", "demo")}),
        (
            "Limits of one run",
            {
                "fields": (("max_steps", "max_tokens"), ("max_usd", "max_seconds")),
                "description": "Checked before each call, with an upper estimate of what it could cost.",
            },
        ),
        (
            "Done means",
            {
                "fields": ("acceptance", "answers_refused", "person_may_accept"),
                "description": "Fixed before a run starts and checked when it says that it is done. Nothing here: its word is taken.",
            },
        ),
        (
            "Planner",
            {
                "fields": ("planner", "base_url", "key_variable", "max_tokens_out", "window", ("price_in", "price_out"), "prompt"),
                "description": "Keys stay in the environment; here stands only the name of the variable. An unknown price is not zero.",
            },
        ),
        ("Script", {"fields": ("script",), "classes": ("collapse",), "description": "For the scripted planner only."}),
        (
            "Tools",
            {"fields": ("ticked", "patterns", "mcp_servers"), "description": "What is not chosen here does not exist for this agent."},
        ),
    )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if sentence := problem(snapshots.of(form.instance)):
            messages.warning(request, f"As it stands, this agent could not start here: {sentence}")


@admin.register(McpServer)
class McpServerAdmin(Journalled):
    """Servers whose tools agents may use. What a server says about its tools is a default; what stands here wins."""

    form = McpServerForm
    list_display = ("name", "transport", "where", "enabled")
    list_filter = ("transport", "enabled")
    search_fields = ("name", "command", "url")
    actions = ("list_tools",)
    fieldsets = (
        (None, {"fields": ("name", "enabled", "transport", "command", "url")}),
        (
            "Secrets",
            {
                "fields": ("environment",),
                "description": "Names of variables only. A stdio server gets them as its environment, an HTTP server as headers.",
            },
        ),
        (
            "What its tools do",
            {
                "fields": ("overrides",),
                "description": "Per tool: effect (read, reversible, irreversible), idempotent, timeout in seconds, scope, visibility. "
                "A tool that nobody describes counts as irreversible and not idempotent.",
            },
        ),
    )

    @admin.display(description="reached by")
    def where(self, server: McpServer) -> str:
        return server.url if server.transport == McpServer.Transport.HTTP else server.command

    @admin.action(description="List the tools of the selected servers", permissions=["view"])
    def list_tools(self, request: HttpRequest, queryset: QuerySet[McpServer]) -> None:
        for server in queryset:
            try:
                lines = listing(server)
            except (ServerUnavailable, TimeoutError) as error:
                messages.error(request, str(error) or f"MCP server {server.name} gave no answer in {LISTING_SECONDS:.0f} s.")
            else:
                messages.info(request, format_html("MCP server {} offers {}", server.name, "; ".join(lines) or "no tools"))


def listing(server: McpServer) -> list[str]:
    """Start or reach the server from this very process and ask what it offers, for a look."""
    # the MCP SDK takes half a second to import: not every web process has to
    from runs.tools import mcp_sessions, mcp_tools  # noqa: PLC0415

    async def ask() -> list[str]:
        declared = mcp_server.declared(snapshots.server(server))
        try:
            async with asyncio.timeout(LISTING_SECONDS):
                offered = await mcp_sessions.session_with(declared).tools()
            specs = [mcp_tools.spec_of(declared, tool) for tool in offered]
        finally:
            await mcp_sessions.close_all()
        return [f"{spec.name} ({spec.effect}{', idempotent' if spec.idempotent else ''})" for spec in specs]

    return asyncio.run(ask())


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """For looking only: what happens to a run, happens on its page. Prompt and snapshot are not shown here."""

    list_display = ("id", "agent", "goal", "status", "stop_reason", "step", "usd", "principal", "created_at")
    list_filter = ("status", "stop_reason", "agent")
    list_select_related = ("agent", "principal")
    search_fields = ("id", "correlation_id", "goal")
    show_full_result_count = False
    exclude = ("snapshot", "head")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False
