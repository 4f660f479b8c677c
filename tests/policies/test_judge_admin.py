"""Judge policies in the admin: off as shipped, journalled when edited, refused where they make no
sense.
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from console.journal import append
from console.journal.records import HOUSE_KEY
from policies import current
from policies.judge import rows as judges
from policies.judge.models import JudgePolicy

pytestmark = pytest.mark.django_db


@pytest.fixture
def alba(client: Client) -> Client:
    client.force_login(
        User.objects.create_superuser("alba"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def form(of: JudgePolicy, **changed: Any) -> dict[str, Any]:
    """What the admin's page of this policy would post."""
    values = {
        field.name: getattr(of, field.name)
        for field in of._meta.fields
        if field.editable and field.name != "id"
    }
    given = {
        name: value
        for name, value in {**values, **changed}.items()
        if value is not None and value is not False
    }
    return {name: "on" if value is True else value for name, value in given.items()}


def posted(alba: Client, **changed: Any) -> str:
    policy = JudgePolicy.objects.get()
    return alba.post(
        reverse("admin:policies_judgepolicy_change", args=[policy.pk]), form(policy, **changed)
    ).content.decode()


def test_as_shipped_nobody_is_judged() -> None:
    current.refresh()
    assert judges.policy("refund-desk") is None


def test_switching_it_on_is_a_new_version_is_journalled_and_is_in_force(alba: Client) -> None:
    posted(
        alba, enabled=True, every=4, planner="openai:small", base_url="http://127.0.0.1:11434/v1"
    )
    current.refresh()
    policy = judges.policy("refund-desk")
    assert policy is not None
    assert (policy.every, policy.planner, policy.version) == (4, "openai:small", 2)
    [edit] = [
        stored.record
        for stored in append.read(connection, HOUSE_KEY)
        if stored.record.kind == "judgepolicy.changed"
    ]
    assert edit.data["change"]["every"] == [10, 4]


def test_the_first_policy_that_fits_an_agent_decides() -> None:
    JudgePolicy.objects.update(enabled=True)
    JudgePolicy.objects.create(
        name="desk", enabled=True, agents="refund-* bug-triage", every=3, priority=5
    )
    current.refresh()
    found = [judges.policy(agent) for agent in ("refund-desk", "bug-triage", "research")]
    assert [each.name for each in found if each] == ["desk", "desk", "every-agent"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"every": 1}, "greater than or equal to 2"),
        ({"hints": 0}, "greater than or equal to 1"),
        ({"timeout_seconds": 0}, "greater than or equal to 1"),
        ({"planner": "llama3"}, "openai:MODEL or anthropic:MODEL"),
        ({"planner": "openai:x", "base_url": "ftp://somewhere"}, "begins with http"),
        ({"planner": "openai:x", "key_variable": "sk-live-1234"}, "not the key itself"),
        ({"planner": "openai:x", "price_in": "-1"}, "At least 0"),
        ({"base_url": "http://127.0.0.1/v1"}, "This belongs to a model"),
    ],
)
def test_what_makes_no_sense_is_refused(alba: Client, changed: dict[str, Any], words: str) -> None:
    assert words in posted(alba, **changed)
    assert JudgePolicy.objects.get().version == 1
