"""What is a loop, in sequences written by hand."""

import pytest

from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from policies.loops import detector
from policies.loops.loop_thresholds import DEFAULTS, LoopThresholds
from policies.loops.observations import (
    CallObserved,
    LoopKind,
    Observation,
    OutsideWords,
    Said,
    stop_reason,
)
from tests.core.watched_calls import PLACES, reads, said_of, shape, watched


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

    @pytest.mark.parametrize(
        "noise",
        [
            '"trace_id": "4bf92f3577b34da{n}"',
            '"requestId": "r{n}"',
            '"etag": "W/c2FsdA{n}=="',
            '"took_ms": {n}',
            '"x-request-id": "{n}"',
        ],
    )
    def test_an_answer_that_only_bears_another_mark_each_time_is_the_same_answer(
        self, noise: str
    ) -> None:
        told = [
            '{"status": "open", ' + noise.replace("{n}", str(9 + n * 7)) + "}" for n in range(3)
        ]
        finding = said_of(reads("get_order", [({"order": "A7"}, each) for each in told]))
        assert shape(finding) == (LoopKind.EXACT, (0, 1, 2))

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
