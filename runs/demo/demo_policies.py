"""The policies that the demo brings along, so that one of its agents can work while nobody is there
to approve. Rows like any other.
"""

from datetime import datetime

from console.journal import edits
from policies.gate.models import ToolPolicy
from runs.demo import company

CAPPED = {"verdict": ToolPolicy.Verdicts.ALLOW_WITH_CAPS, "over_cap": ToolPolicy.OverCap.ASK}


def fill(at: datetime) -> None:
    """Make each policy once: one that an admin has changed or switched off stays as it is."""
    for facts in company.read("policies")["policy"]:
        row, created = ToolPolicy.objects.get_or_create(
            name=facts["name"], defaults={**CAPPED, **facts}
        )
        if created:
            edits.note(
                verb="seeded", row=row, before={}, after=edits.facts_of(row), actor="system", at=at
            )
