"""The start form: an agent, a goal, limits no wider than the agent's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms

from console import figures
from runs import services, snapshots
from runs.engine.vocabulary import Priority
from runs.language import query_terms
from runs.models import Agent, Run
from runs.models.agent import PRIORITIES
from runs.planners import pricing, problem, script_text, unreached
from runs.planners.script_text import ScriptError
from runs.planners.selection import INCIDENT
from runs.reading import offered_servers
from runs.reading.offered_servers import OfferedServer

# recordings and incidents are started in ways of their own: nobody starts one by a goal
STARTABLE = Agent.objects.filter(enabled=True).exclude(planner__in=("recorded", INCIDENT))
SCRIPTED = "scripted"
LIMITS = ("steps", "tokens", "usd", "seconds")
UNREAD = "your words are shown, not read"
LATEST, MOST_GOALS = 20, 2
GOAL = "Say what shall be reached, as you would to a colleague"


@dataclass(frozen=True, slots=True)
class Choice:
    """An agent to choose; `problem`: why it cannot start now; `warning`: what nobody would expect
    of it; `servers`: how its MCP servers are; `goals`: what it was given lately.
    """

    agent: Agent
    limits: str
    model: str
    problem: str
    warning: str = ""
    servers: Sequence[OfferedServer] = ()
    goals: Sequence[str] = ()

    @property
    def scripted(self) -> str:
        """What a script makes of the words of a goal; empty for an agent that follows none."""
        if self.agent.planner != SCRIPTED:
            return ""
        read = read_by(self.agent.script)
        told = f"of your words only the {' and the '.join(read)} is read" if read else UNREAD
        return f"Follows a script: {told}."


def read_by(script: str) -> list[str]:
    """The parts of a goal that a script looks for, in words."""
    try:
        pattern = script_text.parse(script).pattern
    except ScriptError:
        return []
    return [name.replace("_", " ") for name in pattern.names] if pattern else []


def choices() -> list[Choice]:
    agents = list(STARTABLE.order_by("title"))
    goals = known_goals([agent for agent in agents if agent.planner == SCRIPTED])
    return [choice(agent, goals.get(agent.pk, ())) for agent in agents]


def known_goals(agents: Sequence[Agent]) -> dict[int, list[str]]:
    """The goals that these agents were given last, each once: a script plays well with words like
    those that it was written for. One query.
    """
    if not agents:
        return {}
    newest = [
        Run.objects.filter(agent=agent, drill=False)
        .order_by("-created_at")
        .values_list("agent_id", "goal")[:LATEST]
        for agent in agents
    ]
    found: dict[int, list[str]] = {}
    for agent_id, goal in newest[0].union(*newest[1:], all=True):
        known = found.setdefault(agent_id, [])
        if goal not in known and len(known) < MOST_GOALS:
            known.append(goal)
    return found


def choice(agent: Agent, goals: Sequence[str] = ()) -> Choice:
    pinned = snapshots.of(agent)
    why = problem(pinned) or pricing.refusal(pinned)
    lacking = pricing.warning(pinned)
    told = (f"{lacking[:1].upper()}{lacking[1:]}." if lacking else "", unreached(pinned))
    said = "" if why else " ".join(filter(None, told))
    names = [str(server["name"]) for server in pinned.get("mcp_servers") or ()]
    servers = offered_servers.of(names, agent.tools)
    return Choice(agent, limits_of(own(agent)), agent.planner, why, said, servers, goals)


def own(agent: Agent) -> services.ChosenLimits:
    return services.ChosenLimits(
        agent.max_steps, agent.max_tokens, agent.max_usd, agent.max_seconds
    )


def limits_of(limits: services.ChosenLimits) -> str:
    """`50 steps · 200,000 tokens · $2.00 · 1 h`."""
    return (
        f"{limits.steps:,} steps · {limits.tokens:,} tokens · {figures.money(limits.usd)} ·"
        f" {figures.allowance(limits.seconds)}"
    )


class RunningTimeField(forms.IntegerField):
    """Seconds as people write them: `900`, `15 min`, `1 h 30 min`."""

    widget = forms.TextInput

    def prepare_value(self, value: Any) -> Any:
        return figures.allowance(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        text = "".join(str(value or "").split()).lower().replace("min", "m")
        if not text or text.isdecimal():
            return super().to_python(text)
        try:
            return query_terms.span_read(text)
        except ValueError:
            raise forms.ValidationError("Write a time, such as 15 min or 1 h 30 min.") from None


class StartForm(forms.Form):
    """The start form. Limits that are left empty are the agent's."""

    agent = forms.ModelChoiceField(
        STARTABLE,
        to_field_name="name",
        error_messages={
            "required": "Choose an agent.",
            "invalid_choice": "There is no such agent, or it is switched off.",
        },
    )
    goal = forms.CharField(
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": GOAL}),
        error_messages={"required": "A run needs a goal."},
    )
    steps = forms.IntegerField(min_value=1, required=False)
    tokens = forms.IntegerField(min_value=1, required=False)
    usd = forms.DecimalField(
        label="USD", min_value=Decimal("0.0001"), max_digits=12, decimal_places=4, required=False
    )
    priority = forms.ChoiceField(
        choices=[("", "default"), *PRIORITIES],
        required=False,
        error_messages={"invalid_choice": "It is interactive or batch."},
    )
    token = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)
    seconds = RunningTimeField(label="Running time", min_value=1, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in LIMITS:
            self.fields[name].widget.attrs["placeholder"] = "default"

    def clean_goal(self) -> str:
        """The goal with plain line ends: browsers send others than those of a goal that a program
        gave.
        """
        return str(self.cleaned_data["goal"]).replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        """The form as a whole. No limit may be wider than the agent's, which only an
        admin changes.
        """
        data = super().clean() or self.cleaned_data
        if agent := data.get("agent"):
            for name in LIMITS:
                most = getattr(own(agent), name)
                if data.get(name) and data[name] > most:
                    self.add_error(name, f"{agent.title} may have at most {shown(name, most)}.")
            pinned = snapshots.of(agent)
            if why := problem(pinned) or pricing.refusal(pinned):
                self.add_error("agent", why)
        return data

    def limits(self) -> services.ChosenLimits:
        """The limits in force: those that were given, else the agent's. Only of a valid form."""
        return effective(self.cleaned_data["agent"], self.cleaned_data)

    def priority_chosen(self) -> Priority | None:
        """The priority that was given; None where the agent's own holds. Only of a valid form."""
        given = self.cleaned_data["priority"]
        return Priority(given) if given else None

    def run_id(self, who: str) -> UUID | None:
        """The id of the run that this form of this person starts, the same however often it is
        sent; None for a form without a token.
        """
        data = self.cleaned_data
        return (
            uuid5(
                data["token"],
                "\n".join(
                    (who, data["agent"].name, data["goal"], str(self.limits()), data["priority"])
                ),
            )
            if data["token"]
            else None
        )


def shown(name: str, most: Any) -> str:
    """A limit as people read it elsewhere: `$0.50`, `15 min`, `200,000`."""
    if name == "usd":
        return figures.money(most)
    return figures.allowance(most) if name == "seconds" else f"{most:,}"


def effective(agent: Agent, data: dict[str, Any]) -> services.ChosenLimits:
    most = own(agent)
    return services.ChosenLimits(
        steps=data.get("steps") or most.steps,
        tokens=data.get("tokens") or most.tokens,
        usd=data.get("usd") or most.usd,
        seconds=data.get("seconds") or most.seconds,
    )
