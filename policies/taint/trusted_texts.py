"""What people said who may give orders: the goal, an agent's prompt, a person's words.

Strict about it: what merely resembles a trusted value is another value.
"""

import re

from policies.taint.normal_form import decoded, numbers, spaced, worded
from policies.taint.search_terms import SearchTerms

MOMENT = re.compile(r" (\d{4} \d\d \d\d) (\d\d \d\d)(?: 00)? ", re.ASCII)


class TrustedTexts:
    """The trusted texts of one run, in plain form and in words, and the numbers in them."""

    def __init__(self) -> None:
        self._said: list[tuple[str, str]] = []
        self._numbers: set[str] = set()

    def add(self, text: str) -> None:
        plain = decoded(text)
        self._said.append((spaced(plain), worded(plain)))
        self._numbers |= numbers(plain)

    def say(self, pattern: SearchTerms) -> bool:
        """Whether one of them has it."""
        if pattern.numbers and pattern.numbers <= self._numbers:
            return True
        if pattern.literal:
            forms = (pattern.literal, f"www.{pattern.literal}")
            return any(stands_in(form, plain) for plain, _ in self._said for form in forms)
        if pattern.account and any(
            stands_alone(pattern.account, words.replace(" ", "")) for _, words in self._said
        ):
            return True
        return any(
            all(part in words for part in parts_of(phrase))
            for phrase in pattern.phrases[:1]
            for _, words in self._said
        )


def parts_of(phrase: str) -> tuple[str, ...]:
    """What has to be said for the phrase to be: of a time its day and its hour, which people say
    apart.
    """
    found = MOMENT.fullmatch(phrase)
    return (f" {found[1]} ", f" {found[2]} ") if found else (phrase,)


def stands_in(address: str, text: str) -> bool:
    """Whether the address is in the text, with nothing before or after it that would make it
    another one.
    """
    place = text.find(address)
    while place >= 0:
        end = place + len(address)
        before, after = text[max(place - 1, 0) : place], text[end : end + 2]
        if not _joins(before, "@.-_%+") and not _continues(after):
            return True
        place = text.find(address, place + 1)
    return False


def stands_alone(digits: str, compact: str) -> bool:
    """Whether the account number is in the text and not part of a longer one."""
    place = compact.find(digits)
    while place >= 0:
        end = place + len(digits)
        if (
            not compact[max(place - 1, 0) : place].isdecimal()
            and not compact[end : end + 1].isdecimal()
        ):
            return True
        place = compact.find(digits, place + 1)
    return False


def _joins(sign: str, signs: str) -> bool:
    return sign.isalnum() or (bool(sign) and sign in signs)


def _continues(after: str) -> bool:
    """Whether what follows continues an address; a full stop, comma or slash that ends a sentence
    does not.
    """
    return _joins(after[:1], "@-_%+") or (
        after[:1] in {".", "/", "?", "#", ":", "="}
        and len(after) > 1
        and _joins(after[1], "/?#&=@")
    )
