"""The admin's form for MCP servers: how one is reached, what it is handed, and which of its own
claims hold.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms

from console.form_rows.rows_field import RowsField, RowsForm
from console.outside import variables
from policies import patterns
from policies.current.looked_up import LookingForm, NotMeant
from runs import server_rows
from runs.engine.vocabulary import Effect
from runs.models import McpServer
from runs.tools import mcp_server


class McpServerForm(RowsForm, LookingForm):
    """What a server says of its tools is shown as proposals; those that are ticked become the
    admin's own declarations.
    """

    accept = forms.MultipleChoiceField(
        label="Accept what it says of",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=(
            "Its own word, at the last look, about tools that nobody described below. Ticked ones"
            " are written there."
        ),
    )

    environment = RowsField(
        server_rows.ENVIRONMENT,
        label="Variables handed on",
        help_text="Each is read where Signalbox runs, under the name on the right.",
    )
    overrides = RowsField(
        server_rows.TOOLS,
        label="Tools as they are here",
        check=server_rows.tool_problems,
        help_text="Over what the server says of them; — leaves it as the server has it.",
    )

    class Meta:
        model = McpServer
        labels = {"url": "URL"}
        fields = (
            "name",
            "enabled",
            "transport",
            "command",
            "url",
            "environment",
            "trust_hints",
            "trust_changes",
            "per_run",
            "overrides",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "accept" in self.fields:
            # a field of choices
            self.fields["accept"].choices = proposals(self.instance)  # type: ignore[attr-defined]
        if isinstance(named := self.fields.get("environment"), RowsField):
            named.check = server_rows.checked_variables(self.instance.environment)
            named.widget.offers = {"variable": server_rows.nameable()}
        if isinstance(tools := self.fields.get("overrides"), RowsField):
            tools.widget.offers = {"tool": [str(tool["name"]) for tool in self.instance.offered]}

    def doubts(self, anew: frozenset[str]) -> Iterator[NotMeant]:
        """Tools that are described here and that the server did not tell of at the last look."""
        told = [str(tool["name"]) for tool in self.instance.offered]
        if not told or "overrides" not in anew:
            return
        known = {*told, *self.before.get("overrides", {})}
        for name in self.cleaned_data["overrides"]:
            if name not in known:
                guess = patterns.guess(name, told)
                yield "overrides", f"{self.instance.name} has no tool “{name}”{guess}"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        everything = variables.all_set((data.get("environment") or {}).values(), os.environ)
        if not self.errors and (
            sentence := mcp_server.problem(mcp_server.declared(data), everything)
        ):
            self.add_error(
                "url" if data["transport"] in mcp_server.BY_ADDRESS else "command", sentence
            )
        if not self.errors:
            data["overrides"] = (
                accepted(self.instance, data.get("accept") or []) | data["overrides"]
            )
        return data


def open_proposals(server: McpServer) -> Iterable[dict[str, Any]]:
    """Tools seen at the last look that claim to be less than irreversible and that nobody has
    declared.
    """
    return (
        tool
        for tool in server.offered
        if tool["name"] not in server.overrides
        and (tool["effect"] == Effect.READ or tool["idempotent"])
    )


def proposals(server: McpServer) -> list[tuple[str, str]]:
    return [(tool["name"], f"{tool['name']}: {claim(tool)}") for tool in open_proposals(server)]


def claim(tool: Mapping[str, Any]) -> str:
    """What a server says of a tool, in words."""
    return (
        "only reads"
        if tool["effect"] == Effect.READ
        else "the same call twice is one"
        if tool["idempotent"]
        else "nothing that matters here"
    )


def accepted(server: McpServer, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    chosen = set(names)
    seen = (tool for tool in open_proposals(server) if tool["name"] in chosen)
    return {
        tool["name"]: {"effect": tool["effect"], "idempotent": tool["idempotent"]} for tool in seen
    }
