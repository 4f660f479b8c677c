"""An argument's name is written by a planner like its value: wherever people read it, it stays on
its line, what it is, and apart from the words around it.
"""

import json
from dataclasses import replace

import pytest

from approvals.rules import argument_form, notifications
from approvals.rules.headlines import headline
from approvals.rules.notifications import NotificationLine
from approvals.rules.request_vocabulary import RequestKind
from console import figures

LINE = NotificationLine(
    7, "Refund desk", "pay", "", "irreversible", "12:00 UTC", "https://box.example/7"
)


def said(args: dict[str, object]) -> str:
    return "".join(piece.words for piece in headline(RequestKind.CALL, "evil.pay", args))


@pytest.mark.parametrize(
    "name", ["x\nBcc: evil@example.com\n_id", "x\r\nSubject: nothing to see", "n" * 5_000 + "_id"]
)
def test_a_name_of_an_argument_neither_breaks_the_headline_nor_fills_it(name: str) -> None:
    words = said({name: "1"})
    assert "\n" not in words
    assert len(words) < 80


def test_a_name_that_is_more_than_a_word_is_quoted_so_that_it_forges_no_sentence() -> None:
    assert said({"order_id": 7}) == "Evil pay for order 7"
    assert said({"1 to bob@x.com, not_id": 7}) == "Evil pay for “1 to bob@x.com, not_id” 7"
    assert said({"a, b 5": 7}) == "Evil pay with “a, b 5” 7"
    assert said({"a” 9, b": 7}) == "Evil pay with “a' 9, b” 7"


def test_arguments_in_one_line_quote_such_names_as_well() -> None:
    assert figures.arguments({"n": 1, "a: 2, b": 3}) == "n: 1, “a: 2, b”: 3"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("amount", "amount"),
        ("", "“”"),
        ("memo\u202e_di", "“memo⟨U+202E⟩_di”"),
        ("a\nb", "“a⟨U+000A⟩b”"),
        ("\u0430mount", "“\u0430mount ⟨holds Cyrillic letters⟩”"),
    ],
)
def test_a_field_is_labelled_by_its_name_with_all_that_is_in_it(name: str, label: str) -> None:
    [field] = argument_form.fields({}, {name: 1}, {name: 1})
    assert field.label == label


def test_a_field_has_a_place_of_its_own_on_the_page_whatever_it_is_called() -> None:
    names = {"amount": 1, "": 2, "a b": 3, 'c" x="': 4, "a\u202eb": 5}
    places = [field.place for field in argument_form.fields({}, names, names)]
    assert places[0] == "arg-amount"
    assert len(set(places)) == len(names)
    assert all(figures.PLAIN_NAME.fullmatch(place) for place in places)


def test_what_cannot_be_read_of_a_field_names_it_by_its_label() -> None:
    args = {"a\u202eb": 1}
    _, wrong = argument_form.read({}, args, {"arg-a\u202eb": "no number"})
    assert wrong["a\u202eb"].startswith("“a⟨U+202E⟩b” must be")


def test_a_message_sets_each_piece_apart_that_is_written_right_to_left() -> None:
    line = replace(LINE, words="Pay for \u05d0 7", pieces=("Pay", " for \u05d0 ", "7"))
    assert notifications.told(line) == (
        "Refund desk: Pay\u2068 for \u05d0 \u20697 (irreversible). Expires 12:00 UTC."
    )
    assert "\u2068" not in notifications.told(
        replace(LINE, words="Pay", pieces=("Pay", " Bärbel 7"))
    )


def test_nothing_that_a_planner_said_becomes_a_link_or_calls_anybody_in_slack() -> None:
    hostile = replace(LINE, tool="pay\u202e", words="see https://evil.example <!channel> @here")
    body = json.loads(notifications.payload([hostile], "https://box.example/"))
    assert (body["mrkdwn"], body["blocks"][0]["text"]["verbatim"]) == (False, True)
    assert "<!channel>" not in json.dumps(body, ensure_ascii=False)
    assert body["signalbox"]["requests"][0]["tool"] == "pay⟨U+202E⟩"
