"""Where nothing is found, a value that is the beginning of known ones is asked about."""

import pytest

from runs.language import begun_values, grammar
from runs.language.query_fields import QueryField

KNOWN = {
    "agent": ["order-desk", "order-fulfilment", "refund-desk"],
    "tool": ["issue_refund"],
    "kind": ["loop.warned", "run.created"],
}


def known(field: QueryField) -> list[str]:
    return KNOWN.get(field.name, [])


def meant(text: str) -> list[tuple[str, str]]:
    return [(each.text, each.query) for each in begun_values.meant(grammar.parse(text), known)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("agent:ord", ["agent:order-desk", "agent:order-fulfilment"]),
        ("agent:ORDER-F", ["agent:order-fulfilment"]),
        ("tool:issue", ["tool:issue_refund"]),
        ("kind:loop", ["kind:loop.warned"]),
        ("agent:ref,order-desk", ["agent:refund-desk,order-desk"]),
    ],
)
def test_a_beginning_is_asked_about_with_each_value_that_begins_so(
    text: str, said: list[str]
) -> None:
    assert [each for each, _ in meant(text)] == said


def test_the_rest_of_the_query_stays() -> None:
    assert meant("status:failed agent:ref 1042") == [
        ("agent:refund-desk", "status:failed agent:refund-desk 1042")
    ]


@pytest.mark.parametrize(
    "text", ["agent:refund-desk", "agent:nobody", "-agent:ord", "agent:ord*", "order", "cost>1"]
)
def test_nothing_is_asked_about_what_begins_no_known_value(text: str) -> None:
    assert meant(text) == []
