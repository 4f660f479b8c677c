"""What a notification says: how many requests are listed, how many only counted, and what of a
planner's words another system would take for markup.
"""

import dataclasses
import json

import pytest

from approvals.rules import notifications
from approvals.rules.notifications import MOST_LISTED, NotificationLine

QUEUE = "https://console.example/approvals/"


def lines(count: int, words: str = "Refund $12.50") -> list[NotificationLine]:
    return [
        NotificationLine(
            number,
            "Refund desk",
            "issue_refund",
            words,
            "",
            " Expires in 5 minutes.",
            f"{QUEUE}{number}/",
        )
        for number in range(1, count + 1)
    ]


def blocks(count: int) -> str:
    body = json.loads(notifications.payload(lines(count), QUEUE))
    told: str = body["blocks"][0]["text"]["text"]
    return told


@pytest.mark.parametrize("count", [1, 2, MOST_LISTED])
def test_as_many_as_are_listed_leave_nothing_to_count(count: int) -> None:
    assert " more: " not in notifications.text(lines(count), QUEUE)
    assert " more: " not in blocks(count)
    assert all(f"{QUEUE}{number}/" in blocks(count) for number in range(1, count + 1))


@pytest.mark.parametrize("beyond", [1, 2, 40])
def test_what_is_not_listed_is_counted_with_the_way_to_the_queue(beyond: int) -> None:
    count = MOST_LISTED + beyond
    assert f"and {beyond} more: {QUEUE}" in notifications.text(lines(count), QUEUE)
    assert f"and {beyond} more: <{QUEUE}|the queue>" in blocks(count)
    assert f"{QUEUE}{MOST_LISTED + 1}/" not in notifications.text(lines(count), QUEUE)


def test_a_webhook_names_every_request_even_those_that_are_only_counted() -> None:
    body = json.loads(notifications.payload(lines(MOST_LISTED + 3), QUEUE))
    assert [each["id"] for each in body["signalbox"]["requests"]] == [*range(1, MOST_LISTED + 4)]


def test_a_planners_words_are_no_markup_of_the_other_system() -> None:
    told = json.loads(
        notifications.payload(lines(1, "<!channel> & <https://evil.example|here>"), QUEUE)
    )
    words = told["blocks"][0]["text"]["text"]
    assert "<!channel>" not in words
    assert "<https://evil.example" not in words
    assert "&amp;" in words
    assert told["blocks"][0]["text"]["verbatim"] is True


def test_a_message_says_why_it_asks_and_who_else_was_asked() -> None:
    [line] = lines(1)
    asked = dataclasses.replace(
        line, why="Money leaves the house.", group="approver", expires="9:30"
    )
    said = notifications.told(asked)
    assert "Why: Money leaves the house. Expires 9:30. Asked: everybody in approver." in said
    assert "Asked" not in notifications.told(line)


def test_an_e_mail_says_that_the_way_leads_through_the_door_to_the_card() -> None:
    assert "Whoever is signed out signs in first" in notifications.text(lines(1), QUEUE)
