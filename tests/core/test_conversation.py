"""A run's context as providers take it: names they allow, every call answered, right after it was
made.
"""

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.ports import ContextMessage, Speaker, ToolCall, ToolSpec
from runs.planners import conversation, posting
from runs.planners.conversation import NOTHING, UNANSWERED, ModelTurn, Names, ToldTurn

WIRE = re.compile(r"[a-zA-Z0-9_-]{1,64}")
names_of_tools = st.lists(st.text(max_size=80), max_size=8)


def named(*tools: str) -> Names:
    return conversation.names(ToolSpec(name, "", {}) for name in tools)


def parts(*messages: ContextMessage) -> list[tuple[str, Any]]:
    """What is sent, flat: the kind of each part with what it says."""
    talk = conversation.conversation(messages)
    said: list[tuple[str, Any]] = [("system", talk.system)] if talk.system else []
    for turn in talk.turns:
        if isinstance(turn, ToldTurn):
            said += [("result", (each.text, each.call)) for each in turn.results]
            said += [("user", words) for words in turn.words]
        else:
            said += [("assistant", turn.text)] if turn.text else []
            said += [("call", (call.tool, call.args, call.id)) for call in turn.calls]
    return said


def called(*ids: str, text: str = "") -> ContextMessage:
    return ContextMessage(
        Speaker.ASSISTANT, text, tuple(ToolCall(key, "search", {"q": key}) for key in ids)
    )


def result(key: str, text: str = "found") -> ContextMessage:
    return ContextMessage(Speaker.TOOL, text, call_id=key, tool="search")


# names


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("search", "search"),
        ("crm.find", "crm_find"),
        ("find order", "find_order"),
        ("größe", "gr__e"),
        ("", "_"),
        ("x" * 80, "x" * 64),
    ],
)
def test_a_name_is_cleaned_only_where_a_provider_would_refuse_it(name: str, sent: str) -> None:
    assert named(name).to_wire(name) == sent


def test_names_that_would_become_the_same_are_told_apart_and_the_clean_one_keeps_its_own() -> None:
    found = named("crm.find", "crm_find", "crm find")
    assert found.to_wire("crm_find") == "crm_find"
    assert len({found.to_wire(name) for name in ("crm.find", "crm_find", "crm find")}) == 3


@given(names_of_tools)
def test_every_name_is_allowed_on_the_wire_and_comes_back(tools: list[str]) -> None:
    found = named(*tools)
    for name in tools:
        assert WIRE.fullmatch(found.to_wire(name))
        assert found.from_wire(found.to_wire(name)) == name


@given(names_of_tools)
def test_the_order_in_which_tools_are_offered_changes_no_name(tools: list[str]) -> None:
    """Else a replayed run would not know its own calls."""
    assert named(*tools).wire == named(*reversed(tools)).wire


def test_a_name_that_was_never_offered_stays_as_the_model_wrote_it() -> None:
    assert named("search").from_wire("delete_everything") == "delete_everything"
    assert named("search").from_wire("functions.delete") == "functions.delete"
    assert named("search").to_wire("crm.find") == "crm_find"


def test_a_name_that_was_offered_is_that_tool_and_no_other() -> None:
    found = named("tools.find", "find", "functions.find")
    for name in ("tools.find", "find", "functions.find"):
        assert found.from_wire(found.to_wire(name)) == name


def test_a_tools_arguments_are_always_an_object() -> None:
    told = ToolSpec("crm.find", "Finds.", {"properties": {"q": {"type": "string"}}})
    assert conversation.parameters(told) == {
        "type": "object",
        "properties": {"q": {"type": "string"}},
    }
    assert conversation.parameters(ToolSpec("ping", "", {})) == {"type": "object", "properties": {}}


# who says what


def test_the_prompt_is_the_systems_and_the_goal_the_users() -> None:
    assert parts(
        ContextMessage(Speaker.SYSTEM, "You refund."), ContextMessage(Speaker.USER, "Order 1042")
    ) == [
        ("system", "You refund."),
        ("user", "Order 1042"),
    ]


def test_a_later_word_of_the_system_is_said_as_the_users() -> None:
    """Not every provider takes a second system prompt in the middle."""
    found = parts(
        ContextMessage(Speaker.USER, "goal"),
        ContextMessage(Speaker.ASSISTANT, "hm"),
        ContextMessage(Speaker.SYSTEM, "hint"),
    )
    assert found[-1] == ("user", "hint")


def test_empty_words_of_a_user_are_said_as_nothing_and_those_of_a_model_left_out() -> None:
    assert parts(ContextMessage(Speaker.USER, ""), ContextMessage(Speaker.ASSISTANT, "  ")) == [
        ("user", NOTHING)
    ]


def test_words_before_a_call_stand_before_it() -> None:
    assert parts(called("a", text="I look."), result("a")) == [
        ("assistant", "I look."),
        ("call", ("search", {"q": "a"}, "a")),
        ("result", ("found", "a")),
    ]


def test_a_result_without_words_says_so() -> None:
    assert parts(called("a"), result("a", ""))[-1] == ("result", (NOTHING, "a"))


def test_arguments_that_were_no_object_go_back_within_one() -> None:
    """Servers refuse a history in which they are none."""
    assert conversation.arguments(ToolCall("a", "search", '{"q": ')) == {"unreadable": '{"q": '}
    assert conversation.arguments(ToolCall("a", "search", {"q": 1})) == {"q": 1}


# each call is answered


def test_a_call_that_was_never_made_is_answered_all_the_same() -> None:
    assert parts(called("a", "b"), result("a")) == [
        ("call", ("search", {"q": "a"}, "a")),
        ("call", ("search", {"q": "b"}, "b")),
        ("result", ("found", "a")),
        ("result", (UNANSWERED, "b")),
    ]


def test_results_come_before_other_words_whatever_their_order_was() -> None:
    found = parts(called("a"), ContextMessage(Speaker.USER, "Hurry."), result("a"))
    assert found[1:] == [("result", ("found", "a")), ("user", "Hurry.")]


def test_a_result_of_nobodys_call_is_only_words() -> None:
    assert parts(ContextMessage(Speaker.USER, "goal"), result("ghost", "boo")) == [
        ("user", "goal"),
        ("user", "boo"),
    ]


def test_a_second_result_of_the_same_call_is_only_words() -> None:
    assert parts(called("a"), result("a"), result("a", "again"))[1:] == [
        ("result", ("found", "a")),
        ("user", "again"),
    ]


messages = st.lists(
    st.one_of(
        st.builds(
            ContextMessage, st.sampled_from([Speaker.SYSTEM, Speaker.USER]), st.text(max_size=9)
        ),
        st.lists(st.sampled_from("abc"), max_size=3, unique=True).map(lambda ids: called(*ids)),
        st.builds(result, st.sampled_from("abcd"), st.text(max_size=9)),
    ),
    max_size=12,
)


@given(messages)
def test_whatever_a_run_went_through_each_call_is_answered_once_in_the_next_request(
    said: list[ContextMessage],
) -> None:
    turns = conversation.conversation(said).turns
    for turn, after in pairwise([*turns, ToldTurn()]):
        if isinstance(turn, ModelTurn):
            told = after.results if isinstance(after, ToldTurn) else ()
            assert sorted(call.id for call in turn.calls) == sorted(each.call for each in told)


@given(messages)
def test_nothing_that_was_said_from_outside_is_lost(said: list[ContextMessage]) -> None:
    sent = [text for kind, text in parts(*said) if kind in ("user", "system")]
    for message in said:
        if message.role in (Speaker.USER, Speaker.SYSTEM):
            assert not message.text or message.text in sent


@given(st.text(alphabet=st.characters(categories=["L", "Cs"]), max_size=30))
def test_half_a_character_never_breaks_a_request(text: str) -> None:
    posting.encoded({"messages": [{"role": "user", "content": text}]}).decode("utf-8")


def test_results_are_told_in_the_order_of_their_calls_whichever_was_back_first() -> None:
    told = parts(called("a", "b", "c"), result("c", "3"), result("a", "1"), called("d"))
    results = [said for kind, said in told if kind == "result"]
    assert results == [("1", "a"), (UNANSWERED, "b"), ("3", "c"), (UNANSWERED, "d")]
