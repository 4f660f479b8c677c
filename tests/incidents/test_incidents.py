"""Every incident of the library, played to its end under the shipped policies: what has to hold
holds.
"""

import pytest

from runs.incidents.incident import library
from runs.incidents.plays import PlayVerdict
from tests.incidents.playing import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("name", library())
def test_what_has_to_hold_holds(desk: Desk, name: str) -> None:
    incident = library()[name]
    play = desk.played(incident)
    assert play.wrongs == []
    assert len(play.findings) == len(incident.holds)
    assert play.verdict is PlayVerdict.HELD
