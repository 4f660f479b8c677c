"""What is allowed before anybody has written a policy: reads, undoable acts within reason,
everything else only with a person's word.
"""

from typing import Any

from django.db import migrations

ALLOW, CAPS, ASK = "allow", "allow_with_caps", "require_approval"
ALL_KNOWN = "links(args).all(link, host(link) in ['docs.python.org', 'en.wikipedia.org'])"

POLICIES: list[dict[str, Any]] = [
    {
        "name": "recordings",
        "priority": 10,
        "condition": "run.recorded",
        "verdict": ALLOW,
        "note": (
            "A recording is played back: what its tools answer is written already, and nothing"
            " happens outside."
        ),
    },
    {
        "name": "links-to-known-hosts",
        "priority": 20,
        "condition": (
            "(tool.effect == 'read' || tool.name in ['fetch_url', 'fetch.fetch']) &&"
            f" size(links(args)) > 0 && {ALL_KNOWN}"
        ),
        "verdict": ALLOW,
        "note": (
            "An address can carry data out, so fetching one is not a read. These hosts may be asked"
            " without a person; add your own."
        ),
    },
    {
        "name": "links-need-a-person",
        "priority": 21,
        "condition": "size(links(args)) > 0",
        "verdict": ASK,
        "sentence": (
            "{tool} would reach out to an address whose host is not on the list of known ones."
        ),
        "note": (
            "Whatever a tool says of itself: arguments that are links, or are named url, link,"
            " endpoint, webhook or the like."
        ),
    },
    {
        "name": "fetching-needs-a-person",
        "priority": 22,
        "tool": (
            "fetch* *.fetch* *_fetch browse* *.browse* download* *.download* crawl* *.crawl*"
            " scrape* *.scrape*"
        ),
        "verdict": ASK,
        "sentence": "{tool} may reach out to wherever it is told, so a person decides.",
        "note": "Tools that fetch, by their names, when their arguments do not look like links.",
    },
    {
        "name": "short-and-small-meetings",
        "priority": 30,
        "tool": "create_event",
        "verdict": CAPS,
        "caps": (
            "timestamp(args.end) - timestamp(args.start) <= duration('2h') && size(args.attendees)"
            " <= 5"
        ),
        "cap_per_run": 20,
        "sentence": (
            "“{args.title}” is longer than 2 hours or has more than 5 people, so a person decides."
        ),
        "note": "A meeting takes everybody's time, although it can be cancelled.",
    },
    {
        "name": "small-refunds",
        "enabled": False,
        "priority": 40,
        "tool": "issue_refund",
        "condition": "trusted(args.recipient) || 'get_order' in origins(args.recipient)",
        "verdict": CAPS,
        "caps": "args.amount <= 50",
        "cap_per_run": 1,
        "sentence": "${args.amount:money} is over the $50.00 that refunds may be without a person.",
        "note": (
            "An example, not in force. Refunds up to 50 USD, one a run, to an address that the goal"
            " names or the order has; an address out of a ticket or an article meets the next"
            " policy that fits."
        ),
    },
    {
        "name": "reads",
        "priority": 100,
        "effect": "read",
        "verdict": ALLOW,
        "note": "Looking changes nothing.",
    },
    {
        "name": "undoable-within-reason",
        "priority": 110,
        "effect": "reversible",
        "verdict": CAPS,
        "cap_per_run": 200,
        "cap_per_hour": 2_000,
        "note": (
            "What can be undone may be done, until there is so much of it that undoing it would be"
            " work."
        ),
    },
    {
        "name": "irreversible-needs-a-person",
        "priority": 120,
        "effect": "irreversible",
        "verdict": ASK,
        "note": (
            "Money, letters, parcels, and every tool of an MCP server that nobody has described."
        ),
    },
]


def ship(apps: Any, schema_editor: Any) -> None:
    policies, thresholds = (
        apps.get_model("policies", "ToolPolicy"),
        apps.get_model("policies", "Thresholds"),
    )
    policies.objects.bulk_create(policies(**facts) for facts in POLICIES)
    thresholds.objects.bulk_create(thresholds(kind=kind) for kind in ("loops", "truth"))


def withdraw(apps: Any, schema_editor: Any) -> None:
    apps.get_model("policies", "ToolPolicy").objects.filter(
        name__in=[facts["name"] for facts in POLICIES]
    ).delete()
    apps.get_model("policies", "Thresholds").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("policies", "0004_thresholds")]
    operations = [migrations.RunPython(ship, withdraw)]
