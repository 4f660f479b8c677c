"""Pieces of every page: words of others set apart, icons without words, links that know where one
is.
"""

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.utils.html import format_html
from hypothesis import given
from hypothesis import strategies as st

from console.templatetags import pieces


def test_a_message_keeps_the_link_it_was_written_with_and_no_markup_of_others() -> None:
    written = format_html('The user <a href="{}">{}</a> was added.', "/admin/", "<b>mira</b>")
    toast = pieces.told(Message(constants.SUCCESS, written))
    assert '<a href="/admin/">&lt;b&gt;mira&lt;/b&gt;</a>' in toast
    plain = pieces.told(Message(constants.SUCCESS, "<a href='/'>mira</a> was added."))
    assert "<a" not in plain
    assert pieces.told("<i>words</i>") == pieces.bdi("<i>words</i>")


@pytest.mark.parametrize(
    ("path", "place", "here"),
    [
        ("/", "fleet", True),
        ("/runs/0007/", "fleet", True),
        ("/fleet/rows/", "fleet", True),
        ("/views/save/", "fleet", True),
        ("/bulk/7/", "fleet", True),
        ("/audit/", "fleet", False),
        ("/audit/events/7/", "audit", True),
        ("/audit/", "approvals:queue", False),
        ("/health/", "health", True),
        ("/admin/policies/budget/3/change/", "policies", True),
        ("/admin/auth/user/", "policies", False),
        ("/admin/auth/user/", "admin:index", True),
    ],
)
def test_a_link_knows_whether_one_is_within_its_place(path: str, place: str, here: bool) -> None:
    assert pieces.within(path, place) is here


def test_an_icon_says_nothing_to_a_screen_reader() -> None:
    found = pieces.icon("hand", "large")
    assert 'aria-hidden="true"' in found
    assert 'class="icon large"' in found
    assert found.endswith('#hand"/></svg>')


def test_the_name_of_an_icon_is_no_markup() -> None:
    assert "<script>" not in pieces.icon('"/><script>', '"><script>')


def test_a_time_that_ticks_carries_its_moment_and_one_that_does_not_is_text() -> None:
    assert pieces.ticking("span", "2026-11-20T15:47:00.000Z", "1.4 s") == (
        '<time datetime="2026-11-20T15:47:00.000Z" data-tick="span">1.4 s</time>'
    )
    assert pieces.ticking("span", "", "1.4 s") == "1.4 s"


def test_the_time_of_a_tick_is_no_markup() -> None:
    assert "<b>" not in pieces.ticking("span", '"><b>', "<b>1 s</b>")


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_set_apart_where_there_is_nothing(value: object) -> None:
    assert pieces.bdi(value) == ""


@pytest.mark.parametrize(("value", "shown"), [(0, "<bdi>0</bdi>"), ("anna", "<bdi>anna</bdi>")])
def test_somebody_elses_words_are_set_apart(value: object, shown: str) -> None:
    assert pieces.bdi(value) == shown


@given(st.text(max_size=80))
def test_no_words_are_ever_markup(text: str) -> None:
    inside = pieces.bdi(text).removeprefix("<bdi>").removesuffix("</bdi>")
    assert "<" not in inside
    assert ">" not in inside


@pytest.mark.parametrize(
    ("text", "hidden"),
    [("plain words", False), ("a\u200bb", True), ("a\u202eb", True), ("", False)],
)
def test_characters_that_nobody_sees_are_known(text: str, hidden: bool) -> None:
    assert pieces.unseen(text) is hidden


def test_scripts_that_are_mixed_in_one_word_are_named_once() -> None:
    assert pieces.strangers("p\u0430ypal.com p\u0430ypal.org") == "Cyrillic"
    assert pieces.strangers("paypal.com") == ""


def test_the_words_of_news_are_those_the_live_frames_use() -> None:
    words = pieces.news().split()
    assert words
    assert len(set(words)) == len(words)
