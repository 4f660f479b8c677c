"""What an answer at a door amounts to, and when it is the one that is written down."""

import pytest

from console.doors import answers
from console.doors.answers import DoorAnswer


@pytest.mark.parametrize(
    ("status", "led_to", "wrote", "tells", "seen"),
    [
        (200, "", False, False, DoorAnswer.OPEN),
        (302, "/runs/1/", True, False, DoorAnswer.DONE),
        (409, "", True, True, DoorAnswer.REFUSED),
        (302, "/signin/?next=/", False, False, DoorAnswer.SIGN_IN),
        (302, "/signin/", True, False, DoorAnswer.DONE),
        (302, "/admin/login/?next=/admin/", False, False, DoorAnswer.SIGN_IN),
        (403, "", False, False, DoorAnswer.CLOSED),
        (405, "", False, False, DoorAnswer.NOT_TAKEN),
        (500, "", False, False, DoorAnswer.WRONG),
    ],
)
def test_an_answer_is_known_by_its_status_and_by_what_it_did(
    status: int, led_to: str, wrote: bool, tells: bool, seen: DoorAnswer
) -> None:
    assert answers.seen(status, led_to=led_to, wrote=wrote, tells=tells) is seen


@pytest.mark.parametrize("status", [401, 403, 404, 405])
@pytest.mark.parametrize(("wrote", "tells"), [(True, False), (False, True)])
def test_nobody_is_turned_away_with_something_in_hand(
    status: int, wrote: bool, tells: bool
) -> None:
    assert answers.seen(status, led_to="", wrote=wrote, tells=tells) is DoorAnswer.WRONG


def test_forbidden_will_do_where_a_method_is_not_taken_and_not_the_other_way_round() -> None:
    assert answers.fits(DoorAnswer.NOT_TAKEN, DoorAnswer.CLOSED)
    assert not answers.fits(DoorAnswer.CLOSED, DoorAnswer.NOT_TAKEN)


def test_an_error_of_the_console_fits_nothing() -> None:
    assert not any(answers.fits(expected, DoorAnswer.WRONG) for expected in answers.MEANINGS)
