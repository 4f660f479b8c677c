"""The admin's form for MCP servers: how one is reached, what it is handed, and which of its own
claims hold.
"""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from console.journal.editing import KnowingForm
from console.outside import variables
from policies.gate import effect_keys
from runs.engine.vocabulary import Effect, Visibility
from runs.models import McpServer
from runs.tools import mcp_server

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
OVERRIDES: Mapping[str, tuple[type, ...]] = {
    "effect": (str,),
    "idempotent": (bool,),
    "timeout": (int, float),
    "scope": (str,),
    "visibility": (str,),
    "effect_key": (list,),
}


class McpServerForm(KnowingForm):
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

    def clean_environment(self) -> dict[str, str]:
        named = self.cleaned_data["environment"] or {}
        if not isinstance(named, dict):
            raise forms.ValidationError('A JSON object, such as {"TOKEN": "MY_TOKEN_VARIABLE"}.')
        for name, variable in named.items():
            if not isinstance(variable, str) or not VARIABLE.fullmatch(variable):
                raise forms.ValidationError(
                    f"What stands under {name!r} is not the name of a variable. Secrets are never"
                    " stored here."
                )
        if "environment" in self.changed_data and (
            sentence := variables.problem(named.values(), os.environ)
        ):
            raise forms.ValidationError(sentence)
        return named

    def clean_overrides(self) -> dict[str, Any]:
        overrides = self.cleaned_data["overrides"] or {}
        if not isinstance(overrides, dict) or not all(
            isinstance(facts, dict) for facts in overrides.values()
        ):
            raise forms.ValidationError(
                'A JSON object of objects, such as {"tool": {"effect": "read"}}.'
            )
        wrong = [
            sentence
            for tool, facts in overrides.items()
            for sentence in override_problems(tool, facts)
        ]
        if wrong:
            raise forms.ValidationError(wrong)
        return overrides

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


def override_problems(tool: str, facts: Mapping[str, Any]) -> Iterable[str]:
    words: Mapping[str, set[str]] = {"effect": set(Effect), "visibility": set(Visibility)}
    for name, value in facts.items():
        if name not in OVERRIDES:
            yield f"{tool}: {name} cannot be overridden; {', '.join(OVERRIDES)} can."
        elif type(value) not in OVERRIDES[name] or (name in words and value not in words[name]):
            yield f"{tool}: {value!r} is no {name}."
        elif name == "effect_key" and (wrong := effect_keys.problem(map(str, value))):
            yield f"{tool}: {wrong}."
