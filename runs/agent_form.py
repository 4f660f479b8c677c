"""The admin's form for agents: what can be chosen, and what is refused before it can hurt a run."""

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.html import format_html_join

from console.form_rows.rows_field import RowsField, RowsForm
from console.outside import variables
from policies import acceptance
from policies.acceptance import BadCriteria
from policies.current import known_names
from policies.current.looked_up import LookingForm
from policies.routing.rules import JUDGE, PLAN
from runs import agent_rows, server_rows, server_troubles
from runs.engine.vocabulary import Effect
from runs.models import Agent
from runs.planners import endpoint, problem
from runs.planners.another import with_planner
from runs.planners.model_settings import HEADER_NAME
from runs.tools import registry

PATTERN = re.compile(r"[A-Za-z0-9_.*?\[\]-]{1,200}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
SCRIPTED = "scripted"
DIGEST = "digest"
HOTTEST = 2
TIERS = {PLAN: "plan_model", JUDGE: "judge_model"}
WHERE = frozenset({"planner", "base_url"})
LEAST: Mapping[str, Any] = {
    "max_steps": 1,
    "max_tokens": 1,
    "max_seconds": 1,
    "max_tokens_out": 1,
    "max_usd": Decimal("0.0001"),
    "price_in": 0,
    "price_out": 0,
    "price_cached": 0,
    "fallback_price": 0,
    "temperature": 0,
}
EFFECTS = {
    Effect.READ: "reads",
    Effect.REVERSIBLE: "can be undone",
    Effect.IRREVERSIBLE: "cannot be undone",
}


def offered() -> list[tuple[str, list[tuple[str, str]]]]:
    """Declared tools, grouped by what they do to the world."""
    tools = sorted(registry.discover().values(), key=lambda declared: declared.name)
    return [
        (title, [(tool.name, label(tool.name)) for tool in tools if tool.spec.effect is effect])
        for effect, title in EFFECTS.items()
    ]


def left_out() -> str:
    """The tools that cannot be chosen since they are broken, one on each line."""
    return format_html_join("", "<div>{}</div>", ((each.sentence,) for each in registry.broken()))


def server_troubles_of(agent: Agent) -> str:
    """What is the matter with the servers that the agent has chosen."""
    chosen = agent.mcp_servers.filter(enabled=True) if agent.pk else ()
    return format_html_join(
        "", "<div>{}</div>", ((each.sentence,) for each in server_troubles.found(chosen))
    )


def label(name: str) -> str:
    declared = registry.REGISTRY[name]
    return f"{name}: {declared.spec.description.splitlines()[0]}"


class AgentForm(RowsForm, LookingForm):
    """Tools are ticked, or named by patterns; both become the agent's one list."""

    writes_too = frozenset({"tools", "tiers"})

    naming = {"patterns": known_names.TOOLS}

    ticked = forms.MultipleChoiceField(
        label="Tools", choices=offered, required=False, widget=forms.CheckboxSelectMultiple
    )
    patterns = forms.CharField(
        label="More tools, by pattern",
        required=False,
        widget=forms.TextInput(attrs={"size": 80}),
        help_text=(
            "Separated by spaces: kb_* or time.get_* for tools of the MCP server “time”. A server"
            " chosen below lends all its tools unless a pattern here begins with its name and a"
            " dot."
        ),
    )

    plan_model = forms.CharField(
        label="Better model (plan)",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"size": 40}),
        help_text=(
            "openai:MODEL or anthropic:MODEL: takes the steps that a routing policy gives it."
            " Empty: the planner takes all"
        ),
    )
    judge_model = forms.CharField(
        label="Model for judging",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"size": 40}),
        help_text=(
            "Says whether a run gets nearer to its goal, where a judge policy asks and names no"
            " model of its own. Empty: the one that the run is planned by"
        ),
    )

    acceptance = RowsField(
        agent_rows.CRITERIA,
        label="What done means",
        check=agent_rows.criterion_problems,
        help_text=(
            "An expression is over final, run and calls, such as called('send_email') > 0. A schema"
            " is of an answer that is JSON."
        ),
    )
    after_reasons = RowsField(
        agent_rows.REASONS,
        label="After single stop reasons",
        check=agent_rows.reason_problems,
        help_text="Where it is to be otherwise than after any other stop.",
    )
    extra_headers = RowsField(
        agent_rows.HEADERS,
        label="Further headers",
        check=agent_rows.header_problems,
        help_text=(
            "Sent with each request. A value such as $GATEWAY_API_KEY is that variable's: keys are"
            " never stored."
        ),
    )
    extra_body = RowsField(
        agent_rows.FIELDS,
        label="Further fields",
        check=agent_rows.field_problems,
        help_text="Sent with each request, such as top_p, a number, 0.9.",
    )

    class Meta:
        model = Agent
        labels = {
            "max_steps": "Steps",
            "max_tokens": "Tokens",
            "max_usd": "USD",
            "max_seconds": "Seconds",
            "base_url": "Base URL",
            "max_tokens_out": "Tokens of one answer",
            "price_in": "USD per million tokens in",
            "price_out": "USD per million tokens out",
            "price_cached": "USD per million cached tokens",
            "fallback_price": "Fallback price",
            "mcp_servers": "MCP servers",
            "window": "Context window",
            "summarise": "Model for summaries",
            "unpriced": "Without any price",
        }
        help_texts = {
            "price_in": "Empty: the known price.",
            "price_out": "Empty: the known price.",
            "max_tokens_out": "At most",
        }
        exclude = ("tools", "tiers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = registry.discover()
        if isinstance(headers := self.fields.get("extra_headers"), RowsField):
            headers.widget.offers = {"value": [f"${each}" for each in server_rows.nameable()]}
        tools = self.instance.tools or []
        self.fields["ticked"].help_text = left_out()
        if "mcp_servers" in self.fields and (told := server_troubles_of(self.instance)):
            self.fields["mcp_servers"].help_text = told
        self.fields["ticked"].initial = [name for name in tools if name in known]
        self.fields["patterns"].initial = " ".join(name for name in tools if name not in known)
        for field in {"after_kill", "after_stop", "priority"} & {*self.fields}:
            self.fields[field].required = False
        for tier, field in TIERS.items():
            self.fields[field].initial = (self.instance.tiers or {}).get(tier, "")

    def clean_patterns(self) -> list[str]:
        words = self.cleaned_data["patterns"].split()
        for word in words:
            if not PATTERN.fullmatch(word):
                raise forms.ValidationError(f"{word!r} is neither a tool's name nor a pattern.")
        return list(words)

    def clean_acceptance(self) -> list[Any]:
        """The criteria, judged as a whole once each row is right by itself."""
        criteria: list[Any] = self.cleaned_data["acceptance"]
        try:
            acceptance.read(criteria)
        except BadCriteria as wrong:
            raise forms.ValidationError(list(wrong.wrong)) from wrong
        return criteria

    def clean_key_header(self) -> str:
        name: str = self.cleaned_data["key_header"].strip()
        if name and not HEADER_NAME.fullmatch(name):
            raise forms.ValidationError("This is the name of a header, not the key itself.")
        return name

    def clean(self) -> dict[str, Any]:
        """The form as a whole. A script that cannot be read is refused; a missing key is not, since
        the workers' environment may have it.
        """
        data = super().clean() or self.cleaned_data
        if data.get("planner") == SCRIPTED and (
            sentence := problem({"planner": SCRIPTED, "script": data.get("script")})
        ):
            self.add_error("script", sentence)
        elif (
            data.get("planner", SCRIPTED) != SCRIPTED
            and WHERE & {*self.changed_data}
            and (sentence := unreachable(data))
        ):
            self.add_error("planner", sentence)
        self.name_models(data)
        if (warmth := data.get("temperature")) is not None and warmth > HOTTEST:
            self.add_error("temperature", f"At most {HOTTEST}.")
        for field, least in LEAST.items():
            if (value := data.get(field)) is not None and value < least:
                self.add_error(field, f"At least {least}.")
        if (name := data.get("key_variable")) and not VARIABLE.fullmatch(name):
            self.add_error(
                "key_variable",
                "This is the name of a variable, not the key itself. Keys are never stored.",
            )
        elif "key_variable" in self.changed_data and (
            sentence := variables.problem([name or ""], os.environ)
        ):
            self.add_error("key_variable", sentence)
        self.instance.tools = list(
            dict.fromkeys([*data.get("ticked", []), *data.get("patterns", [])])
        )
        return data

    def name_models(self, data: Mapping[str, Any]) -> None:
        """The agent's models besides its planner; one that no machine could reach is refused."""
        for field in ("summarise", *TIERS.values()):
            if field in self.changed_data and (sentence := unknown_model(data, field)):
                self.add_error(field, sentence)
        named = {tier: str(data.get(field) or "").strip() for tier, field in TIERS.items()}
        self.instance.tiers = {tier: name for tier, name in named.items() if name}


def unknown_model(data: Mapping[str, Any], name: str) -> str:
    """Why nothing can be asked by what this field names; empty when something can."""
    named = str(data.get(name) or "").strip()
    if not named or (named == DIGEST and name == "summarise"):
        return ""
    return unreachable(with_planner(data, named))


def unreachable(data: Mapping[str, Any]) -> str:
    """Why the planner could not be reached from any machine, whatever keys it has; empty when it
    could.
    """
    named = (*endpoint.KEY_VARIABLES.values(), data.get("key_variable") or "")
    try:
        endpoint.endpoint(
            {**data, "key_variable": data.get("key_variable") or ""},
            variables.all_set(named, os.environ),
        )
    except endpoint.EndpointError as error:
        return str(error)
    return ""
