"""What is a loop and what only looks like one, in sequences written by hand."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from policies.loops import detector
from policies.loops.comparable import marks, plain
from policies.loops.loop_thresholds import DEFAULTS, LoopThresholds
from policies.loops.observations import (
    CallObserved,
    LoopKind,
    Observation,
    OutsideWords,
    Said,
    stop_reason,
)
from policies.loops.seen_filter import GENERATION, SeenFilter

PLACES = (
    "harbour mill quarry orchard tannery foundry brewery chapel granary ropewalk smithy dairy wharf"
    " kiln bakery forge".split()
)


def watched(seen: Iterable[Observation], limits: LoopThresholds = DEFAULTS) -> list[Decision]:
    """What is said after each observation."""
    state, found = detector.START, []
    for one in seen:
        state, decision = detector.observe(state, one, limits)
        found.append(decision)
    return found


def said_of(seen: Iterable[Observation]) -> Decision:
    """The last decision; there must be one that says something."""
    decision = watched(seen)[-1]
    assert decision.sentence
    return decision


def shape(decision: Decision) -> tuple[LoopKind, tuple[int, ...]]:
    """Of which kind the loop is, and which steps it was made of."""
    return LoopKind(decision.facts["kind"]), decision.facts["indices"]


def reads(
    tool: str, answers: Sequence[tuple[dict[str, Any], str]], **facts: bool
) -> list[CallObserved]:
    return [
        CallObserved(index, tool, args, result, **facts)
        for index, (args, result) in enumerate(answers)
    ]


def page(number: int, rows: int = 8) -> str:
    """A page of orders: one form, other contents."""
    names = [
        f'{{"order": "A{number}{row:02}", "from": "{PLACES[(number * 5 + row * 3) % 16]}", "items":'
        f" {number * 7 + row}}}"
        for row in range(rows)
    ]
    return f'{{"page": {number}, "orders": [{", ".join(names)}]}}'


class TestLoops:
    def test_the_third_identical_call_earns_a_hint_and_shows_all_three(self) -> None:
        finding = said_of(reads("get_order", [({"order": "A7"}, '{"status": "open"}')] * 3))
        assert (shape(finding), finding.kind) == ((LoopKind.EXACT, (0, 1, 2)), DecisionKind.ALLOW)
        assert (
            finding.sentence
            == "get_order was called 3 times with the same arguments and gave the same answer each"
            " time (steps 0, 1, 2)."
        )
        assert finding.reason is None

    def test_advice_grows_from_hint_to_pause_to_stop(self) -> None:
        done = [({"order": "A7"}, '{"status": "open"}')] * 9
        found = watched(reads("open_order", done, acts=True), LoopThresholds())
        advice = [finding.kind for finding in found if finding.sentence]
        assert list(dict.fromkeys(advice)) == [
            DecisionKind.ALLOW,
            DecisionKind.PAUSE,
            DecisionKind.STOP,
        ]
        scores = [finding.facts["score"] for finding in found if finding.sentence]
        assert scores == sorted(scores)
        assert scores[-1] <= 1.0

    def test_the_order_of_arguments_does_not_matter(self) -> None:
        one, other = {"from": "mill", "to": "quarry"}, {"to": "quarry", "from": "mill"}
        assert (
            shape(said_of(reads("route", [(one, "12 km"), (other, "12 km"), (one, "12 km")])))[0]
            is LoopKind.EXACT
        )

    def test_a_b_a_b_is_a_round(self) -> None:
        turns = [
            ("get_order", {"order": "A7"}, '{"status": "open", "ticket": "T1"}'),
            ("get_ticket", {"ticket": "T1"}, '{"order": "A7", "state": "new"}'),
        ]
        finding = said_of(CallObserved(index, *turns[index % 2]) for index in range(4))
        assert shape(finding) == (LoopKind.CYCLIC, (0, 1, 2, 3))
        assert (
            finding.sentence
            == "The same 2 calls went round 2 times: get_order, get_ticket (steps 0, 1, 2, 3)."
        )

    def test_a_round_of_three_is_found_and_one_longer_than_the_policy_looks_for_is_stagnation(
        self,
    ) -> None:
        def round_of(length: int) -> Decision:
            return said_of(
                CallObserved(
                    index, f"tool_{index % length}", {"of": index % length}, PLACES[index % length]
                )
                for index in range(length * 3)
            )

        assert shape(round_of(3))[0] is LoopKind.CYCLIC
        assert shape(round_of(7))[0] is LoopKind.STAGNANT

    def test_varied_arguments_with_the_same_useless_answer_are_a_loop(self) -> None:
        calls = reads(
            "find_customer",
            [
                ({"name": f"{place} {number}", "zip": 10_000 + number}, "[]")
                for number, place in enumerate(PLACES[:8])
            ],
        )
        finding = said_of(calls)
        assert finding.kind is DecisionKind.PAUSE

    def test_a_run_that_only_reads_is_paused_at_worst_and_one_that_acts_is_ended(self) -> None:
        again = [({"order": "A7"}, '{"status": "open"}')] * 20
        assert said_of(reads("get_order", again)).kind is DecisionKind.PAUSE
        assert said_of(reads("ship_order", again, acts=True)).kind is DecisionKind.STOP
        failed = said_of(reads("get_order", again, failed=True))
        assert (failed.kind, failed.reason) == (DecisionKind.PAUSE, StopReason.LOOP_DETECTED)

    def test_one_act_among_the_repeated_steps_is_enough_to_end_a_run(self) -> None:
        turns = [
            CallObserved(index, *turn, acts=turn[0] == "ship_order")
            for index, turn in enumerate(
                [("get_order", {"order": "A7"}, "open"), ("ship_order", {"order": "A7"}, "no")] * 8
            )
        ]
        assert said_of(turns).kind is DecisionKind.STOP

    def test_pages_that_have_long_been_empty_are_a_loop_though_they_echo_their_number(self) -> None:
        empty = [
            (
                {"topic": "kilns", "page": number},
                f'{{"topic": "kilns", "page": {number}, "found": 12, "rows": []}}',
            )
            for number in range(3, 14)
        ]
        assert shape(said_of(reads("search", empty)))[0] is LoopKind.NEAR

    def test_the_same_failure_under_other_arguments_is_a_loop(self) -> None:
        tried = [
            ({"query": f"select {place}"}, "Error: syntax error near select")
            for place in PLACES[:4]
        ]
        finding = said_of(reads("run_sql", tried, failed=True))
        assert (shape(finding)[0], finding.sentence) == (
            LoopKind.NEAR,
            "run_sql failed 4 times in the same way (steps 0, 1, 2, 3).",
        )

    def test_near_repeats_are_found_when_only_an_id_differs_and_nothing_is_learned(self) -> None:
        told = (
            "The record could not be shown in this view, please use another view to see the record."
        )
        asked = [
            (
                {
                    "view": "compact",
                    "filter": "state:open owner:none region:north",
                    "cursor": f"c{number}",
                },
                told,
            )
            for number in range(12)
        ]
        assert shape(said_of(reads("show_records", asked)))[0] is LoopKind.NEAR

    def test_asking_for_the_same_in_other_words_is_a_loop_when_little_new_is_told(self) -> None:
        control_requests = [
            "Please find the price of an annual pass on the website of the children's museum.",
            "Please look for the price of the annual pass on the website of the children's museum.",
            "Find the price of an annual pass on the children's museum website, please.",
            (
                "Please find the exact price of the annual pass on the website of the children's"
                " museum."
            ),
            "Please find the annual pass and its price on the website of the children's museum.",
            "Please find out the price of an annual pass on the children's museum's website.",
        ]
        seen = (
            "I scrolled down one page. The museum is open from ten to five. Field trips and groups"
            " are welcome. Shop, map, contact."
        )
        finding = said_of(
            reads(
                "browse",
                [({"instruction": control_request}, seen) for control_request in control_requests],
            )
        )
        assert (shape(finding)[0], finding.kind) == (LoopKind.NEAR, DecisionKind.PAUSE)

    def test_saying_the_same_again_is_a_loop(self) -> None:
        words = "I am sorry, I could not find your booking. Could you give me the number once more?"
        talk: list[Observation] = []
        for index in range(5):
            talk += [Said(index, words), OutsideWords("It is K4.")]
        finding = said_of(talk[:-1])
        assert shape(finding) == (LoopKind.EXACT, (0, 1, 2, 3, 4))

    def test_what_a_person_says_in_between_makes_repetitions_weigh_less(self) -> None:
        words = "You are being transferred to a colleague, please hold the line for a moment."
        talk: list[Observation] = []
        for index, place in enumerate(PLACES[:3]):
            talk += [Said(index, words), OutsideWords(f"Do not, I would rather go to the {place}.")]
        assert all(said is ALLOWED for said in watched(talk))
        silent = [one for one in talk if isinstance(one, Said)]
        assert watched(silent)[-1].sentence

    def test_news_from_a_person_takes_pressure_away(self) -> None:
        stale = reads("get_order", [({"order": "A7"}, '{"status": "open"}')] * 4)
        state = detector.START
        for one in stale:
            state, _ = detector.observe(state, one)
        told, _ = detector.observe(state, OutsideWords("Look at the kiln behind the mill."))
        again, _ = detector.observe(told, OutsideWords("Look at the kiln behind the mill."))
        assert told.pressure == pytest.approx(state.pressure * (1 - DEFAULTS.told))
        assert (again.pressure, again.turn) == (told.pressure, told.turn)

    def test_words_upon_words_without_anything_from_outside_are_stagnation(self) -> None:
        thoughts = [
            "We should first make sure that the kiln was fired on Monday.",
            "A plan: ask the miller, compare his book with ours, write to the county.",
            "Agreed. Somebody will have to look at the ledger of the tannery too.",
            "Everything considered, my figures seem plausible and nobody objects.",
            "Then the sum of all deliveries is forty-one, as far as I can tell.",
        ]
        finding = said_of(Said(index, thought) for index, thought in enumerate(thoughts))
        assert shape(finding)[0] is LoopKind.STAGNANT
        assert stop_reason(LoopKind.STAGNANT) is StopReason.NO_PROGRESS


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


class TestState:
    def test_news_ends_stagnation(self) -> None:
        stale = reads("get_order", [({"order": "A7"}, '{"status": "open"}')] * 6)
        fresh = [
            CallObserved(10 + number, "list_orders", {"page": number}, page(number))
            for number in range(1, 12)
        ]
        found = watched([*stale, *fresh])
        assert found[5].sentence
        assert found[-1] is ALLOWED

    def test_observing_changes_nothing_in_the_state_it_was_given(self) -> None:
        call = CallObserved(0, "get_order", {"order": "A7"}, '{"status": "open"}')
        state, _ = detector.observe(detector.START, call)
        again = detector.observe(state, call)
        assert detector.DetectorState() == detector.START
        assert again == detector.observe(state, call)

    def test_its_size_does_not_grow_with_the_run(self) -> None:
        def size(state: detector.DetectorState) -> int:
            kept = sum(
                sys.getsizeof(call.asked)
                + sys.getsizeof(call.answered)
                + sys.getsizeof(call.picked)
                for call in state.calls
            )
            kept += sum(sys.getsizeof(message.text) for message in state.words)
            return (
                kept
                + len(state.memory.young)
                + len(state.memory.old)
                + len(state.calls)
                + len(state.recent)
                + len(state.asked)
            )

        state, sizes = detector.START, []
        for number in range(400):
            text = " ".join(f"word{number}x{row}" for row in range(2_000))
            state, _ = detector.observe(
                state, CallObserved(number, "read", {"part": number, "note": text}, text)
            )
            state, _ = detector.observe(state, Said(number, text))
            sizes.append(size(state))
        assert sizes[-1] <= sizes[100] * 1.05

    def test_thresholds_are_policy_data(self) -> None:
        calls = reads("get_order", [({"order": "A7"}, '{"status": "open"}')] * 3)
        lenient = replace(DEFAULTS, hint=0.95, pause=0.97, stop=0.99)
        strict = replace(DEFAULTS, hint=0.1, pause=0.2, stop=0.2)
        assert watched(calls, lenient)[-1] is ALLOWED
        acting = reads("open_order", [({"order": "A7"}, "open")] * 4, acts=True)
        assert watched(acting, strict)[-1].kind is DecisionKind.STOP

    @pytest.mark.parametrize(
        "wrong",
        [{"hint": 0.9}, {"memory": 1.0}, {"tolerated": 1.0}, {"request_usual": 0.5}, {"window": 0}],
    )
    def test_impossible_thresholds_are_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"must|are"):
            replace(DEFAULTS, **wrong)


class TestMemory:
    def test_what_was_read_is_no_news_any_more(self) -> None:
        text = marks("the kiln behind the old mill was lit at dawn")
        memory = SeenFilter()
        assert memory.news(text) == 1.0
        assert memory.with_texts(outside=text).news(text) == 0.0

    def test_only_words_from_outside_count_as_picked_from_a_list(self) -> None:
        memory = SeenFilter().with_texts(own=marks("invented"), outside=marks("given"))
        assert memory.all_from_outside(marks("given").words)
        assert not memory.all_from_outside(marks("invented").words)

    def test_it_forgets_what_was_last_met_two_generations_ago(self) -> None:
        memory = SeenFilter().with_texts(outside=marks("kiln"))
        for number in range(3 * GENERATION // 100):
            memory = memory.with_texts(
                own=marks(" ".join(f"w{number}n{row}" for row in range(100)))
            )
        assert not memory.all_from_outside(marks("kiln").words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("seen 2031-05-06T10:11:12Z", "seen 2031-05-06T10:11:13.5+02:00"),
        ("id 0e0f0a0b-1234-5678-9abc-def012345678", "id 11112222-1234-5678-9abc-def012345678"),
        ("took 11 seconds", "took 3.5 seconds"),
        ("at 1931111111", "at 1931111999"),
    ],
)
def test_what_changes_by_itself_is_struck_out(one: str, other: str) -> None:
    assert plain(one, 100) == plain(other, 100)


def test_what_changes_for_a_reason_is_kept() -> None:
    assert plain("balance 120.50 of A17", 100) == "balance 120.50 of A17"
