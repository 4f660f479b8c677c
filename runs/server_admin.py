"""Django admin for MCP servers: each is tried when it is saved, and its page shows what it offers
and what of that counts.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from console.journal import database_clock
from console.journal.editing import Journalled
from console.signing_in.confirming import Confirmed
from runs import edit_reach, server_trial
from runs.models import McpServer
from runs.server_form import McpServerForm, claim
from runs.tools import mcp_server

SHOWN = 12
SAVED = "signalbox_saved_server"
SAID = "said_of_a_server"


@admin.register(McpServer)
class McpServerAdmin(Confirmed, Journalled):
    """Servers whose tools agents may use.

    What a server says about its tools is a proposal; what stands here counts.
    """

    form = McpServerForm
    list_display = ("name", "transport", "where", "state", "enabled")
    list_filter = ("transport", "enabled")
    search_fields = ("name", "command", "url")
    actions = ("list_tools",)
    readonly_fields = ("state", "tools")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "enabled", "transport", "command", "url", "per_run"),
                "description": (
                    "A command is code with the console's own rights: name only what you would"
                    " install on its machine. It begins in an empty folder, so give whole paths."
                ),
            },
        ),
        (
            "Secrets",
            {
                "fields": ("environment",),
                "description": (
                    "Names of variables only: those that end in _API_KEY, and those that"
                    " SIGNALBOX_HANDS_ON lists. A stdio server gets them as its environment, an"
                    " HTTP server as headers."
                ),
            },
        ),
        (
            "At the last look",
            {
                "fields": ("state", "tools"),
                "description": "It is looked at again whenever this page is saved.",
            },
        ),
        (
            "What its tools do",
            {
                "fields": ("trust_hints", "trust_changes", "accept", "overrides"),
                "description": (
                    "A tool that nobody describes counts as irreversible and not idempotent,"
                    " whatever its server says of it."
                ),
            },
        ),
    )

    @admin.display(description="reached by")
    def where(self, server: McpServer) -> str:
        return server.url if server.transport in mcp_server.BY_ADDRESS else server.command

    @admin.display(description="state")
    def state(self, server: McpServer) -> str:
        return server_trial.state(server)

    @admin.display(description="tools")
    def tools(self, server: McpServer) -> SafeString:
        """Name, description, schema digest, what it claims and what counts;
        then what was left out."""
        if not server.offered and not server.left_out:
            return SafeString("—")
        rows = (
            (
                tool["name"],
                tool["description"][:200],
                tool["digest"][:12],
                claim(tool),
                server_trial.counts(server, tool),
                tool.get("notes") or "",
            )
            for tool in server.offered
        )
        cells = (
            "<tr><th>{}</th><td>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td>"
            "</tr>"
        )
        head = SafeString(
            "<tr><th>Tool</th><th>Description</th><th>Schema</th><th>It says</th><th>Counts"
            " as</th><th>Note</th></tr>"
        )
        left_out = format_html_join("", "<p>{}</p>", ((sentence,) for sentence in server.left_out))
        return format_html(
            "<table>{}{}</table>{}", head, format_html_join("", cells, rows), left_out
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        messages.info(request, edit_reach.of_server(form.instance))
        setattr(request, SAVED, form.instance)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Tried after the edit is committed: a server that hangs holds no row locked."""
        response = super().changeform_view(request, *args, **kwargs)
        saved = getattr(request, SAVED, None)
        if saved is not None and saved.enabled:
            self.attempt(saved)
        if saved is not None:
            self.as_it_stands(request, saved)
        return response

    def as_saved(self, request: HttpRequest, message: Any) -> Any:
        """That it was saved is said once it was tried: what cannot start is no success."""
        said = super().as_saved(request, message)
        if not hasattr(request, SAVED):
            return said
        setattr(request, SAID, said)
        return None

    def as_it_stands(self, request: HttpRequest, saved: McpServer) -> None:
        trouble = saved.enabled and bool(saved.trouble)
        if said := getattr(request, SAID, None):
            messages.add_message(request, messages.WARNING if trouble else messages.SUCCESS, said)
        if saved.enabled:
            self.tell(request, saved)

    def follows(self, row: McpServer) -> list[str]:
        return [edit_reach.of_gone_server(row)]

    @admin.action(description="List the tools of the selected servers", permissions=["view"])
    def list_tools(self, request: HttpRequest, queryset: QuerySet[McpServer]) -> None:
        for server in queryset:
            self.look(request, server)

    def look(self, request: HttpRequest, server: McpServer) -> None:
        """Try the server, keep what came of it, say it."""
        self.attempt(server)
        self.tell(request, server)

    def attempt(self, server: McpServer) -> None:
        server_trial.kept(server, server_trial.tried(server), at=database_clock.now())

    def tell(self, request: HttpRequest, server: McpServer) -> None:
        if server.trouble:
            messages.error(
                request,
                f"{server.name} is saved, and nothing of it can be called: {server.trouble}",
            )
            return
        names = [
            f"{server.name}.{tool['name']} ({server_trial.counts(server, tool)})"
            for tool in server.offered
        ]
        shown = ", ".join(
            [*names[:SHOWN], *([f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else [])]
        )
        count = f"{len(names)} {'tool' if len(names) == 1 else 'tools'}"
        messages.info(
            request, f"MCP server {server.name} started with {count}{': ' if names else '.'}{shown}"
        )
        for sentence in server.left_out:
            messages.warning(request, f"MCP server {server.name}: {sentence}")
