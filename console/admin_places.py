"""The admin's tables by what people do with them, each with a line on what it is for."""

from collections.abc import Mapping, Sequence
from typing import Any

PLACES: Mapping[str, Mapping[str, str]] = {
    "Agents and their tools": {
        "runs.Agent": "prompt, models, tools and limits of each agent",
        "runs.McpServer": "tool servers: how each is reached, and what its tools may",
    },
    "What calls may": {
        "policies.ToolPolicy": "which calls are allowed, asked about or denied; the first decides",
        "policies.ScopeGrant": "which scopes a group's runs hold; without them a tool is refused",
        "policies.FourEyesRule": "what widens rights only once a second person confirms it",
        "approvals.Guard": "how many requests of an agent may wait for people at once",
    },
    "What runs may cost": {
        "policies.Budget": "money, tokens, steps or time for runs, agents, people or the house",
        "policies.RoutingPolicy": "which steps an agent's better model takes",
    },
    "When something goes wrong": {
        "policies.RetryPolicy": "which failed calls are tried again, and how often",
        "policies.BreakerPolicy": "when a failing tool is cut off, and for how long",
        "policies.PatiencePolicy": "how long a model that is away is waited for",
        "policies.JudgePolicy": "when a model is asked whether a run comes closer to its goal",
        "policies.Thresholds": "the numbers by which loops are found and results are judged",
    },
    "People": {
        "auth.User": "accounts, their roles, sign-in links and sessions",
        "auth.Group": "what each role may; groups of your own",
    },
    "Who is told": {
        "approvals.Channel": "webhooks and e-mail for requests and news of runs",
        "approvals.Delivery": "what was sent, and what could not be",
    },
    "To look at": {
        "runs.Run": "every run as the table has it",
        "policies.Breaker": "where each tool's breaker stands",
        "policies.Halt": "who halted what, and why",
    },
}
ABOUT = {name: words for models in PLACES.values() for name, words in models.items()}
OTHERS = "More"


def grouped(apps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Django's list of apps as groups in the order of `PLACES`, with only what its reader may open.
    What nobody has placed stands at the end.
    """
    there = {
        f"{app['app_label']}.{model['object_name']}": model
        for app in apps
        for model in app["models"]
    }
    groups = [
        group(title, {name: there.pop(name) for name in words if name in there}, words)
        for title, words in PLACES.items()
    ]
    return [each for each in (*groups, group(OTHERS, there, {})) if each["models"]]


def group(
    title: str, models: Mapping[str, Mapping[str, Any]], words: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "name": title,
        "app_label": title.lower().replace(" ", "-"),
        "models": [{**model, "words": words.get(name, "")} for name, model in models.items()],
    }
