"""Amounts that the sentence of a policy names and its rule does not: what is said about them when
it is saved, since people would read the old one. Pure.
"""

import re
from decimal import Decimal

from policies.gate.named_arguments import NamingPolicy
from policies.gate.words import BLANK

NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?!\w)")


def warnings(policy: NamingPolicy) -> list[str]:
    """One sentence where none of the amounts that people read is one of the rule's."""
    said = numbers(BLANK.sub(" ", policy.sentence))
    ruled = numbers(f"{policy.condition} {policy.caps}")
    if not said or not ruled or said.keys() & ruled.keys():
        return []
    old, new = (", ".join(found.values()) for found in (said, ruled))
    named = f"The sentence that people read names {old}; the rule names {new}."
    return [f"{named} Change the sentence if it meant the same."]


def numbers(text: str) -> dict[Decimal, str]:
    """The numbers in a text with how each is written: 300.00 is 300."""
    found = (each[0].rstrip(",") for each in NUMBER.finditer(text))
    return {Decimal(written.replace(",", "")): written for written in found}
