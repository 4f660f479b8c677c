"""What a file of agents or policies changes, as lines to be read before it is done."""

from hypothesis import given
from hypothesis import strategies as st

from console import row_files

FACTS = st.dictionaries(
    st.sampled_from(["title", "prompt", "max_steps", "tools"]),
    st.none() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=3), max_size=2),
)


def told(before: dict[str, object], after: dict[str, object]) -> list[str]:
    return list(row_files.differences(before, after))


def test_a_value_is_told_with_what_it_was() -> None:
    assert told({"max_usd": "1.5", "title": "Desk"}, {"max_usd": "99", "title": "Desk"}) == [
        "max_usd: 1.5 → 99"
    ]


def test_a_list_and_nothing_are_told_as_json() -> None:
    assert told({"tools": ["a"], "window": None}, {"tools": ["a", "b"], "window": 8}) == [
        'tools: ["a"] → ["a", "b"]',
        "window: null → 8",
    ]


def test_a_long_text_is_told_line_by_line() -> None:
    was = "Be kind.\nRefund up to 50.\nSign."
    assert told({"prompt": was}, {"prompt": was.replace("50", "500")})[2:4] == [
        "   Be kind.",
        "  -Refund up to 50.",
    ]


def test_of_a_new_agent_only_what_is_said_is_told() -> None:
    assert told({}, {"title": "Desk", "prompt": "", "tools": []}) == ["title: Desk"]


@given(FACTS, FACTS)
def test_nothing_is_told_exactly_when_nothing_changes(
    before: dict[str, object], after: dict[str, object]
) -> None:
    """A field that stays is never told; one that changes always is, by its name."""
    both = {**before, **after}
    lines = told({**dict.fromkeys(both), **before}, both)
    changed = {name for name in both if before.get(name) != both[name]}
    assert {line.split(":")[0] for line in lines if line[0] != " "} == changed
