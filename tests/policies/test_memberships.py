"""Whom runs work for, as a process knows it: somebody who came a moment ago is no stranger."""

import pytest

from policies import current, memberships
from tests.live.sockets import person

pytestmark = pytest.mark.django_db


def test_whoever_came_after_the_last_look_is_not_taken_for_somebody_without_rights() -> None:
    viewer = person("viewer")
    current.forget()
    known = memberships.people()
    came = person("operator")
    assert memberships.people() is known
    assert memberships.working_for(came.pk, str(came), by_right=True).allowed
    left = memberships.working_for(viewer.pk, str(viewer), by_right=True)
    assert left.sentence == f"{viewer}, for whom it works, may not run agents any more."
    came.groups.clear()
    current.forget()
    assert not memberships.working_for(came.pk, str(came), by_right=True).allowed
