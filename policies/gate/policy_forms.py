"""The forms of a tool policy in the admin: what cannot work is refused with its place, and a policy
can be tried before it is saved.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django import forms

from policies.cel.cel_source import BadExpression
from policies.current import known_names
from policies.current.known_names import Naming
from policies.current.looked_up import LookingForm, NotMeant
from policies.decision import DecisionKind
from policies.gate import deciders, effect_keys, known_tools, named_arguments
from policies.gate.cases import BadCase, facts, left_out
from policies.gate.models import ToolPolicy
from policies.gate.named_arguments import NamingPolicy
from policies.gate.rules import expression
from policies.gate.trials import WrittenCall
from policies.gate.words import template_problem

TERMS = ("approver_group", "quorum", "on_expiry", "escalate_to")
CAPS = ("caps", "cap_per_run", "cap_per_hour")
WILD = frozenset("*?[ ")
FINAL = ToolPolicy.Effects.IRREVERSIBLE.value
CEL_HELP = (
    "Names: args, run, agent, principal, tool, now. Functions: tainted, trusted, said, origins,"
    " recorded, listed, telling, links, host, number, lower, and CEL's own. principal.id stays the"
    " same when somebody is renamed, principal.name does not."
)


TRY, OUTLOOK = "_try", "_outlook"
DECIDING = frozenset({"agent", "tool", "effect", "group", "condition", "verdict", "caps"})
"""Fields without which nobody can say what it would decide."""


class ToolPolicyForm(LookingForm):
    """A policy that can be read and means something."""

    naming: ClassVar[Mapping[str, Naming]] = {
        "agent": known_names.AGENTS,
        "tool": known_names.TOOLS,
        "group": known_names.GROUP,
        "approver_group": known_names.GROUPS,
        "escalate_to": known_names.GROUP,
    }

    class Meta:
        model = ToolPolicy
        fields = (
            "name",
            "enabled",
            "priority",
            "agent",
            "tool",
            "effect",
            "group",
            "condition",
            "verdict",
            "caps",
            "cap_per_run",
            "cap_per_hour",
            "over_cap",
            "effect_key",
            "effect_hours",
            "sentence",
            "approver_group",
            "quorum",
            "four_eyes",
            "ttl_seconds",
            "on_expiry",
            "escalate_to",
            "note",
        )
        labels = {
            "agent": "Agents",
            "tool": "Tools",
            "group": "Started by people of",
            "verdict": "Decision",
        }
        help_texts = {"condition": f"{ToolPolicy.condition.field.help_text}. {CEL_HELP}"}
        widgets = {
            "agent": forms.TextInput(attrs={"size": 60}),
            "tool": forms.TextInput(attrs={"size": 60}),
            "condition": forms.Textarea(attrs={"rows": 3, "cols": 96, "spellcheck": "false"}),
            "effect_key": forms.TextInput(attrs={"size": 60}),
            "caps": forms.Textarea(attrs={"rows": 3, "cols": 96, "spellcheck": "false"}),
            "sentence": forms.Textarea(attrs={"rows": 2, "cols": 96}),
            "note": forms.Textarea(attrs={"rows": 3, "cols": 96}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks = not {TRY, OUTLOOK} & self.data.keys()
        effect = self.fields.get("effect")
        if isinstance(effect, forms.ChoiceField):
            anything, *others = ToolPolicy.Effects.choices
            effect.choices = [(anything[0], "any effect"), *others]
        for name in self.fields.keys() & set(TERMS):  # whoever may only look gets no fields
            self.fields[name].required = False  # left out, a policy asks on the shipped terms

    def clean(self) -> dict[str, Any]:
        """What is left empty of the terms is as shipped; then what does not go together."""
        data = super().clean() or self.cleaned_data
        for name in TERMS:
            if data.get(name) in {None, ""} and name not in self.errors:
                data[name] = getattr(ToolPolicy(), name)
        return self.fitting(data)

    def doubts(self, anew: frozenset[str]) -> Iterator[NotMeant]:
        """What would refuse every call, and what more people would have to agree to than there
        are.
        """
        data = self.cleaned_data
        if {TRY, OUTLOOK} & self.data.keys():
            return
        if DECIDING & anew:
            parts = {name: data[name] for name in NamingPolicy.__dataclass_fields__ if name in data}
            found = named_arguments.refusing_all(NamingPolicy(**parts), known_tools.known())
            yield from ((None, sentence) for sentence in found)
        if {"approver_group", "quorum"} & anew and data["quorum"] > 1:
            stages = dict.fromkeys(known_names.GROUPS.words(data["approver_group"]))
            yield from (("quorum", said) for said in deciders.too_few([*stages], data["quorum"]))

    def clean_condition(self) -> str:
        return readable(self.cleaned_data["condition"])

    def clean_caps(self) -> str:
        return readable(self.cleaned_data["caps"])

    def clean_agent(self) -> str:
        return " ".join(self.cleaned_data["agent"].split())

    def clean_tool(self) -> str:
        return " ".join(self.cleaned_data["tool"].split())

    def clean_effect_key(self) -> str:
        names = effect_keys.names_of(self.cleaned_data["effect_key"])
        if problem := effect_keys.problem(names):
            raise forms.ValidationError(problem)
        return " ".join(names)

    def clean_sentence(self) -> str:
        sentence: str = self.cleaned_data["sentence"].strip()
        if problem := template_problem(sentence):
            raise forms.ValidationError(problem)
        return sentence

    def fitting(self, data: dict[str, Any]) -> dict[str, Any]:
        capped = [name for name in CAPS if data.get(name) not in {None, ""}]
        if data.get("verdict") != DecisionKind.ALLOW_WITH_CAPS and capped:
            self.add_error(
                capped[0],
                "Only “allow with caps” has caps. Choose that decision, or leave them empty.",
            )
        if data.get("verdict") == DecisionKind.ALLOW_WITH_CAPS and not capped and not self.errors:
            self.add_error(
                "caps",
                "“Allow with caps” needs at least one: an expression, calls per run or calls per"
                " hour.",
            )
        return data


def readable(source: str) -> str:
    """The expression, once it is sure that it can be read."""
    try:
        expression(source)
    except BadExpression as wrong:
        raise forms.ValidationError(str(wrong)) from wrong
    return source.strip()


class TrialForm(forms.Form):
    """Calls to try a policy on: those of its tools that runs have proposed, or one that is written.
    What is left empty is as the policy has it.
    """

    PASTED, RECORDED = "pasted", "recorded"

    source = forms.ChoiceField(
        label="Try it on",
        choices=[
            (RECORDED, "the newest calls of its tools that runs have proposed"),
            (PASTED, "the call written here"),
        ],
        initial=RECORDED,
        widget=forms.RadioSelect,
    )
    tool = forms.CharField(max_length=200, required=False, help_text="Empty: the policy's own")
    effect = forms.ChoiceField(
        choices=[("", "as its tool is declared"), *ToolPolicy.Effects.choices[1:]], required=False
    )
    agent = forms.CharField(max_length=50, required=False, help_text="Empty: the policy's own")
    principal = forms.CharField(label="Started by", max_length=150, required=False)
    groups = forms.CharField(
        label="Started by somebody of",
        max_length=300,
        required=False,
        help_text="Separated by spaces. Empty: the policy's own",
    )
    args = forms.CharField(
        label="Arguments",
        required=False,
        initial="{}",
        widget=forms.Textarea(attrs={"rows": 5, "cols": 96, "spellcheck": "false"}),
        help_text='A JSON object: {"amount": "180.00", "recipient": "anna@example.com"}',
    )
    goal = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 96}),
        help_text="What it says is trusted",
    )
    result = forms.CharField(
        label="A tool's result",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 96}),
        help_text="What only this says is tainted",
    )

    def __init__(self, *args: Any, policy: ToolPolicy | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy = policy or ToolPolicy()

    @property
    def pastes(self) -> bool:
        return bool(self["source"].value() == self.PASTED)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        data["tool"] = data.get("tool") or self.policy.tool
        if data.get("source") == self.PASTED:
            data["written"] = self._written(data)
        return data

    def _written(self, data: dict[str, Any]) -> WrittenCall | None:
        """The call, with what is left empty as the policy and its tool have it. What nobody says
        stays unknown.
        """
        tools = known_tools.fitting(data["tool"], "", known_tools.known())
        names = [tool.name for tool in tools] if set(data["tool"]) & WILD else data["tool"].split()
        if len(names) != 1:
            self.add_error("tool", "Which tool? The policy is for several.")
            return None
        declared = next((tool.effect for tool in tools if tool.name == names[0]), "")
        own = "" if self.policy.effect == ToolPolicy.Effects.ANY else self.policy.effect
        try:
            given = {name: data[name] for name in ("principal", "goal") if data[name]}
            given |= {"tool": names[0], "effect": data["effect"] or own or declared or FINAL}
            given |= (
                {"agent": agent} if (agent := data["agent"] or _name(self.policy.agent)) else {}
            )
            given |= {"args": json.loads(data["args"] or "{}")}
            groups = data["groups"].split() or [self.policy.group]
            given |= {"groups": groups} if any(groups) else {}
            given |= (
                {"results": [{"tool": "a tool", "step": 1, "text": data["result"]}]}
                if data["result"]
                else {}
            )
            return WrittenCall(facts(given), left_out(given))
        except (BadCase, ValueError, RecursionError) as wrong:
            self.add_error("args", f"{wrong}")
            return None


def _name(patterns: str) -> str:
    """The one name that it is, if it is one."""
    return "" if WILD & set(patterns) else patterns
