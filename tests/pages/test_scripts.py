"""What a page tells its own scripts: addresses and kinds of events stand once, on the server."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import resolve

from console.live.frames import ASKING
from runs.engine.events import KINDS
from tests.pages.lives import running
from tests.pages.people import person, signed_in

ROOT = Path(settings.BASE_DIR)
SCRIPTS = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in sorted((ROOT / "static").rglob("*.js"))
}
ADDRESS = re.compile(r"""["'`]/[a-z]""")


def test_no_script_names_an_address_or_a_kind_of_event() -> None:
    assert len(SCRIPTS) > 15
    for name, text in SCRIPTS.items():
        assert not ADDRESS.search(text), name
        assert not [kind for kind in KINDS if kind in text or kind.replace(".", r"\.") in text], (
            name
        )


@pytest.mark.django_db
def test_every_page_says_after_which_events_something_else_may_need_a_person() -> None:
    reader = signed_in("approver")
    for path in ("/", "/approvals/", "/health/"):
        text = reader.get(path).content.decode()
        (news,) = re.findall(r'data-news="([^"]*)"', text)
        assert tuple(news.split(" ")) == ASKING


@pytest.mark.django_db
def test_the_addresses_that_scripts_follow_are_there() -> None:
    run = running(person("operator", "otto")).run
    text = signed_in("approver").get(f"/runs/{run.pk}/").content.decode()
    found = dict(re.findall(r'(data-(?:since|signin|needs-action))="([^"]*)"', text))
    assert {name: resolve(path).view_name for name, path in found.items()} == {
        "data-since": "runs:since",
        "data-signin": "signin",
        "data-needs-action": "approvals:count",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("group", "keys"), [("admin", "fqaph"), ("auditor", "fqaph"), ("viewer", "fh")]
)
def test_letters_go_where_this_reader_may_go(group: str, keys: str) -> None:
    text = signed_in(group).get("/").content.decode()
    assert "".join(re.findall(r'data-go="(\w)"', text)) == keys


FAILURES = {
    "answer": "test_a_refused_answer_stays_on_the_cards_own_address_with_what_was_typed",
    "approvals": "test_a_killed_run_closes_its_card_in_every_open_browser",
    "armed": "test_an_armed_button_is_disarmed_by_whatever_else_happens",
    "audit": "test_a_completion_that_is_not_answered_keeps_nobody_from_searching",
    "axis": "test_the_axis_drawn_by_the_server_does_not_jump_when_the_page_draws_it",
    "back": "test_rows_are_walked_and_opened_by_key",
    "breakers": "test_breakers_change_under_the_eyes_and_are_reset_by_hand",
    "cells": "test_focus_stays_where_it_is_while_its_row_changes",
    "clock": "test_no_contact_is_said_within_three_seconds_with_the_age_of_what_is_seen",
    "console": "test_whoever_is_not_signed_in_meets_no_broken_script",
    "copy": "test_what_could_not_be_copied_is_said_and_shown",
    "credential": "test_without_a_passkey_the_page_says_so",
    "dialogs": "test_a_refusal_stays_in_the_dialog",
    "dismiss": "test_without_a_place_to_keep_it_a_line_is_dismissed_for_now",
    "drill": "test_five_drills_hold_and_nothing_reaches_the_world_outside",
    "feed": "test_whoever_is_signed_out_elsewhere_is_told_and_the_word_stays",
    "fleet": "test_a_run_that_stands_on_a_later_page_is_no_new_run",
    "frames": "test_a_hole_between_frames_is_a_gap_of_that_run",
    "keeping": "test_without_a_place_to_keep_it_a_line_is_dismissed_for_now",
    "keys": "test_keys_with_modifiers_repeats_and_input_methods_decide_nothing",
    "levers": "test_a_refusal_is_read_inside_the_dialog",
    "live": "test_a_lost_connection_comes_back_and_asks_what_was_missed",
    "local-time": "test_what_came_from_outside_is_evidence_and_stays_as_it_is",
    "mended": "test_what_is_wrong_with_a_field_is_said_until_it_is_changed",
    "moments": "test_a_laptop_that_slept_dials_at_once_and_reads_everything_again",
    "narrow": "test_a_colon_that_is_typed_is_typed_and_elsewhere_leads_to_the_jump",
    "needs": "test_the_count_of_what_needs_a_person_is_asked_for_again",
    "news": "test_every_page_says_after_which_events_something_else_may_need_a_person",
    "palette": "test_any_page_is_reached_by_its_name_and_other_words_are_searched",
    "progress": "test_progress_is_shown_in_the_head_and_in_the_fleet_until_the_next_event",
    "push-worker": "test_a_message_that_cannot_be_read_is_shown_all_the_same",
    "query-box": "test_a_completion_that_is_not_answered_keeps_nobody_from_searching",
    "refetch": "test_what_could_not_be_fetched_is_called_stale_and_asked_for_again",
    "run": "test_a_hostile_result_that_comes_in_live_stays_text",
    "seen": "test_a_key_pressed_again_never_decides_the_card_that_came_after",
    "sending": "test_a_second_click_sends_nothing",
    "theme": "test_without_a_place_to_keep_it_a_theme_still_turns",
    "theme-switch": "test_without_a_place_to_keep_it_a_theme_still_turns",
    "toasts": "test_a_request_that_got_no_answer_is_not_said_to_have_changed_nothing",
}
"""By script: the test of what it does where something goes wrong."""


def test_every_script_is_short_and_has_a_test_of_where_it_fails() -> None:
    tests = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    assert {Path(name).stem for name in SCRIPTS} == set(FAILURES)
    for name in FAILURES.values():
        assert f"def {name}(" in tests
    lines = {name: len(text.splitlines()) for name, text in SCRIPTS.items()}
    assert max(lines.values()) <= 120, lines
    assert sum(lines.values()) <= 1_800
