"""Fills an empty house once: people in their groups, the company, its agents and policies, the
first runs.

Touches nothing that is there already.
"""

import random
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from console.journal import acting, append
from runs.demo import cast, company, demo_policies, demo_runs
from runs.models import Agent

PEOPLE: dict[str, dict[str, Any]] = {
    "viewer": {"first_name": "Vera"},
    "operator": {"first_name": "Otto"},
    "approver": {"first_name": "Ada"},
    "admin": {"first_name": "Alba", "is_staff": True, "is_superuser": True},
    "auditor": {"first_name": "Aldo"},
}
ITSELF = {"first_name": "The demo"}
"""Who starts the demo's own runs. It may what an operator may, and nobody signs in as it."""


def seed(*, at: datetime) -> None:
    """Safe to call at every start: each part is made only where it is missing.

    The demo's policies and runs only while it is on.
    """
    with transaction.atomic():
        people(at)
        company.fill(at)
        agents(at)
        if settings.DEMO:
            demo_policies.fill(at)
    if settings.DEMO:
        demo_runs.open_the_stage(at=at, dice=random.Random())  # noqa: S311 - which run first


def people(at: datetime) -> None:
    """One user a role and the demo itself, without a password: the sign-in link lets people in, or
    an admin sets one.
    """
    for name, facts in {**PEOPLE, demo_runs.PRINCIPAL: ITSELF}.items():
        user, created = acting.house_account(name, **facts, email=f"{name}@harbourfinch.example")
        if not created:
            continue
        user.groups.add(
            *Group.objects.filter(name="operator" if name == demo_runs.PRINCIPAL else name)
        )
        append.note(kind="user.seeded", actor="system", at=at, data={"user": name})


def agents(at: datetime) -> None:
    for part in cast.parts():
        _, created = Agent.objects.get_or_create(name=part.name, defaults=part.columns)
        if created:
            append.note(kind="agent.seeded", actor="system", at=at, data={"agent": part.name})
