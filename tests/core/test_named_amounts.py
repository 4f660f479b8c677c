"""A policy whose sentence names an amount that its rule has no more."""

import pytest

from policies.gate import named_amounts
from policies.gate.named_arguments import NamingPolicy

SENTENCE = "${args.amount:money} is over the $300.00 that a card may be charged without a person."


def warned(sentence: str, caps: str = "", condition: str = "") -> list[str]:
    return named_amounts.warnings(NamingPolicy(sentence=sentence, caps=caps, condition=condition))


def test_a_cap_that_was_changed_leaves_its_sentence_behind() -> None:
    [said] = warned(SENTENCE, "number(args.amount) <= 500")
    assert said == (
        "The sentence that people read names 300.00; the rule names 500. Change the sentence if it"
        " meant the same."
    )


@pytest.mark.parametrize(
    ("sentence", "caps", "condition"),
    [
        (SENTENCE, "number(args.amount) <= 300", ""),
        (SENTENCE, "", "args.amount > 300.0 && args.days < 30"),
        ("Over 1,000 a person decides.", "args.amount <= 1000", ""),
        ("Money leaves the house.", "args.amount <= 300", ""),
        (SENTENCE, "trusted(args.to)", ""),
        ("{args.line1} is read first", "size(args.line1) < 20", ""),
        ("Orders of v2 are asked about", "args.amount <= 300", ""),
    ],
)
def test_what_fits_together_or_cannot_be_compared_is_no_warning(
    sentence: str, caps: str, condition: str
) -> None:
    assert warned(sentence, caps, condition) == []
