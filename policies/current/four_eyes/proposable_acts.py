"""Acts that can be proposed by one person and done once another has confirmed them. Each is offered
by the module that does it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from console.journal.canonical_json import canonical
from console.json_value import Json
from policies.current.four_eyes.rules import SecondPerson

Args = Mapping[str, Any]


def nothing(args: Args, who: User) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class ProposableAct:
    """`rights`: permissions without which nobody may do it. `rests_on`: what it changes, as it is
    now. `do` does it as the person who proposed it, and raises Refused when it cannot.
    `obstacle`: why a person could not do it themselves although they hold the rights. `gain`: why a
    person who could does not confirm it, since they would gain by it.
    """

    name: str
    rights: Callable[[Args], Sequence[str]]
    rests_on: Callable[[Args], Json]
    do: Callable[[Args, User, datetime], None]
    obstacle: Callable[[Args, User], str] = nothing
    gain: Callable[[Args, User], str] = nothing


_offered: dict[str, ProposableAct] = {}


def offer(act: ProposableAct) -> ProposableAct:
    """Make an act known. Called once for each, in a module that is imported at start."""
    _offered[act.name] = act
    return act


def named(name: str) -> ProposableAct:
    return _offered[name]


def digest(rests_on: Json) -> str:
    return hashlib.sha256(canonical(rests_on).encode()).hexdigest()


def second(act: ProposableAct, args: Args, who: User) -> SecondPerson:
    """The person as the rules see them. Queries."""
    holds = who.is_active and who.has_perms(list(act.rights(args)))
    return SecondPerson(str(who.pk), holds, act.obstacle(args, who) if holds else "")
