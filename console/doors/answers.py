"""What the console may answer to somebody at a door, in one letter each, and what an answer that
was seen fits. Pure.
"""

from collections.abc import Mapping
from enum import StrEnum


class DoorAnswer(StrEnum):
    """`SIGN_IN`: sent to the sign-in page, or told 401. `CLOSED`: 403, nothing shown, nothing
    changed.

    `OPEN`: shown, nothing changed. `DONE`: what was asked for was done and written down.

    `REFUSED`: let in and told why nothing was done. `NOT_FOUND`: 404, nothing shown.

    `NOT_TAKEN`: the address does not take this method.
    """

    SIGN_IN = "s"
    CLOSED = "-"
    OPEN = "+"
    DONE = "d"
    REFUSED = "="
    NOT_FOUND = "0"
    NOT_TAKEN = "m"
    HEARD = "~"
    WRONG = "!"


MEANINGS: Mapping[DoorAnswer, str] = {
    DoorAnswer.SIGN_IN: "sent to the sign-in page, or told that nobody is signed in",
    DoorAnswer.CLOSED: "forbidden: nothing is shown, nothing is changed",
    DoorAnswer.OPEN: "shown, and nothing is changed by looking",
    DoorAnswer.DONE: "done",
    DoorAnswer.REFUSED: "told why nothing is done, and nothing is",
    DoorAnswer.NOT_FOUND: "there is nothing here",
    DoorAnswer.NOT_TAKEN: "not taken: another method, or forbidden",
    DoorAnswer.HEARD: "let in, and whatever was sent is no error of the console's",
}
FITS: Mapping[DoorAnswer, frozenset[DoorAnswer]] = {
    DoorAnswer.NOT_TAKEN: frozenset({DoorAnswer.NOT_TAKEN, DoorAnswer.CLOSED}),
    DoorAnswer.HEARD: frozenset(
        {DoorAnswer.OPEN, DoorAnswer.DONE, DoorAnswer.REFUSED, DoorAnswer.NOT_FOUND}
    ),
}
TURNED_AWAY = frozenset(
    {DoorAnswer.SIGN_IN, DoorAnswer.CLOSED, DoorAnswer.NOT_FOUND, DoorAnswer.NOT_TAKEN}
)
"""Answers that come with nothing of what the house holds."""
SIGN_IN = ("/signin/?next=", "/admin/login/?next=")
BY_STATUS: Mapping[int, DoorAnswer] = {
    401: DoorAnswer.SIGN_IN,
    403: DoorAnswer.CLOSED,
    404: DoorAnswer.NOT_FOUND,
    405: DoorAnswer.NOT_TAKEN,
}


def fits(expected: DoorAnswer, seen: DoorAnswer) -> bool:
    return seen in FITS.get(expected, frozenset({expected}))


def seen(status: int, *, led_to: str, wrote: bool, tells: bool) -> DoorAnswer:
    """What an HTTP answer amounts to.

    `led_to`: where a redirect leads; `wrote`: whether anything of the house was changed; `tells`:
    whether something that is kept from strangers stood in it.
    """
    if status >= 500:
        return DoorAnswer.WRONG
    answer = BY_STATUS.get(status) or (DoorAnswer.REFUSED if status >= 400 else DoorAnswer.OPEN)
    if led_to.startswith(SIGN_IN):
        answer = DoorAnswer.SIGN_IN
    if answer in TURNED_AWAY:
        return DoorAnswer.WRONG if wrote or tells else answer
    return DoorAnswer.DONE if wrote and answer is DoorAnswer.OPEN else answer
