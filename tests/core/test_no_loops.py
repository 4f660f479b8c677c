"""What only looks like a loop, in sequences written by hand."""

import pytest

from policies.decision import ALLOWED, DecisionKind
from policies.loops.observations import (
    CallObserved,
    LoopKind,
    Observation,
    OutsideWords,
    Said,
)
from tests.core.watched_calls import PLACES, page, reads, said_of, shape, watched


class TestWhatOnlyLooksLikeALoop:
    def test_polling_with_changing_answers(self) -> None:
        progress = [
            ({"job": 7}, f'{{"state": "running", "percent": {percent}}}')
            for percent in range(3, 99, 4)
        ]
        assert watched(reads("get_job", progress)) == [ALLOWED] * len(progress)

    def test_polling_whose_clock_alone_changes_is_one(self) -> None:
        ticking = [
            ({"job": 7}, f'{{"state": "queued", "at": "2031-05-06T10:{minute:02}:00Z"}}')
            for minute in range(8)
        ]
        assert shape(said_of(reads("get_job", ticking)))[0] is LoopKind.EXACT

    def test_paging_through_results(self) -> None:
        pages = [({"status": "open", "page": number}, page(number)) for number in range(1, 40)]
        assert watched(reads("list_orders", pages)) == [ALLOWED] * len(pages)

    def test_going_through_a_list_that_was_found(self) -> None:
        names = [f"HT{number}" for number in range(100, 130)]
        listed = CallObserved(0, "list_flights", {}, " ".join(names))
        each = [
            CallObserved(index + 1, "get_status", {"flight": name}, "on time")
            for index, name in enumerate(names)
        ]
        assert watched([listed, *each]) == [ALLOWED] * 31

    @pytest.mark.parametrize("tool", ["read_text_file", "get_file_info", "list_directory"])
    def test_going_through_files_that_nobody_named(self, tool: str) -> None:
        root = "/srv/data/shop/platform/packages/third_party/node_modules"
        swept = [
            ({"path": f"{root}/{place}/package.json"}, f'{{"name": "{place}", "private": true}}')
            for place in PLACES
        ]
        assert watched(reads(tool, swept)) == [ALLOWED] * len(swept)

    def test_going_through_numbers_that_have_small_answers(self) -> None:
        counted = [({"city": place}, str(number % 3 + 1)) for number, place in enumerate(PLACES)]
        assert watched(reads("count_depots", counted)) == [ALLOWED] * len(counted)

    def test_going_through_tables_with_one_query(self) -> None:
        asked = [
            (
                {"query": f"SELECT count(*) AS n, max(id) FROM {place} WHERE deleted IS NULL"},
                f"[{{'n': {number * 7 % 5}, 'max(id)': {number * 13 % 7}}}]",
            )
            for number, place in enumerate(PLACES)
        ]
        assert watched(reads("read_query", asked)) == [ALLOWED] * len(asked)

    def test_going_through_ids_is_a_sweep_until_all_are_told_the_same(self) -> None:
        different = [({"id": number}, f"row {number}") for number in range(40)]
        assert watched(reads("get_row", different)) == [ALLOWED] * 40
        alike = [({"id": number}, "The row is locked by another user.") for number in range(20)]
        assert said_of(reads("get_row", alike)).kind is DecisionKind.PAUSE

    def test_going_through_a_list_that_says_nothing_of_most(self) -> None:
        listed = CallObserved(0, "list_folders", {}, " ".join(PLACES))
        each = [
            CallObserved(index + 1, "search_files", {"path": place, "pattern": "TODO"}, "[]")
            for index, place in enumerate(PLACES)
        ]
        assert watched([OutsideWords("Where is a TODO?"), listed, *each]) == [ALLOWED] * 18

    def test_doing_the_same_to_many_things(self) -> None:
        done = [({"order": f"A{number}"}, "Cancelled.") for number in range(30)]
        assert watched(reads("cancel_order", done, acts=True)) == [ALLOWED] * 30

    def test_writing_much_the_same_to_many_people(self) -> None:
        letters = [
            (
                {
                    "to": f"{place}@example.org",
                    "body": f"Dear {place}, your crate is ready and waits at the gate.",
                },
                "Sent.",
            )
            for place in PLACES
        ]
        assert watched(reads("send_email", letters, acts=True)) == [ALLOWED] * len(PLACES)

    def test_doing_one_thing_again_and_again_is_no_progress(self) -> None:
        done = [({"order": "A1"}, "Cancelled.")] * 6
        assert said_of(reads("cancel_order", done, acts=True)).sentence

    def test_a_retry_that_works(self) -> None:
        calls: list[CallObserved] = []
        for number in range(12):
            order = {"order": f"A{number}"}
            calls += [
                CallObserved(
                    len(calls), "get_order", order, "Error: 503 Service Unavailable", failed=True
                )
            ]
            calls += [CallObserved(len(calls), "get_order", order, page(number))]
        assert all(each is ALLOWED for each in watched(calls))

    def test_looking_again_after_something_was_changed(self) -> None:
        look = ("get_order", {"order": "A1"}, '{"order": "A1", "state": "open"}')
        calls: list[CallObserved] = []
        for number in range(6):
            calls.append(CallObserved(len(calls), *look))
            calls.append(
                CallObserved(
                    len(calls),
                    "add_note",
                    {"order": "A1", "note": PLACES[number]},
                    "Noted.",
                    acts=True,
                )
            )
        assert all(each is ALLOWED for each in watched(calls))

    def test_reading_many_different_documents_on_one_question(self) -> None:
        texts = [
            " ".join(
                f"{PLACES[(row * 7 + number * 3) % 16]}{number * 31 + row} was seen near the"
                for row in range(20)
            )
            for number in range(40)
        ]
        control_requests = [
            (
                {
                    "query": (
                        f"what is known about the {PLACES[number % 16]} in the year {1800 + number}"
                    )
                },
                text,
            )
            for number, text in enumerate(texts)
        ]
        assert all(each is ALLOWED for each in watched(reads("search", control_requests)))

    def test_small_talk(self) -> None:
        talk: list[Observation] = []
        for index in range(8):
            talk += [Said(index, "Done."), OutsideWords("Next, please.")]
        assert all(each is ALLOWED for each in watched(talk))
