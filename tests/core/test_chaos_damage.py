"""Which fault comes next: every kind once before any comes again, and never two on one ground."""

import random
from collections import Counter
from pathlib import Path

import pytest

from console.chaos import damage, play
from console.chaos.damage import EXCLUSIVE, FAULTS, Damage, Fault
from console.chaos.play import Chaos
from console.chaos.stage import PARTS, HouseAway, Stage


@pytest.fixture
def chaos(tmp_path: Path) -> Chaos:
    return Chaos(Stage(tmp_path), random.Random(1), say=lambda _line: None)


def held_back(seconds: float = 10.0) -> tuple[float, Damage]:
    return seconds, Damage(seconds=seconds, back=lambda: None)


def test_there_are_faults_of_every_part_of_the_house() -> None:
    assert len(FAULTS) == len({fault.name for fault in FAULTS}) >= 12
    assert {"worker", "tools", "web", "clock", "redis", "database", "console"} == {
        fault.area for fault in FAULTS
    }


def test_every_kind_comes_once_before_any_comes_again(chaos: Chaos) -> None:
    for turn in (1, 2):
        seen = Counter[str]()
        for _ in FAULTS:
            fault = chaos.possible()[0]
            chaos.kinds.remove(fault)
            seen[fault.name] += 1
        assert set(seen.values()) == {1}, turn


def test_the_order_is_that_of_its_dice(tmp_path: Path) -> None:
    def order(seed: int) -> list[str]:
        one = Chaos(Stage(tmp_path), random.Random(seed), say=lambda _line: None)
        one.possible()
        return [fault.name for fault in one.kinds]

    assert order(7) == order(7)
    assert order(7) != order(8)


@pytest.mark.parametrize("area", sorted({fault.area for fault in FAULTS} - EXCLUSIVE))
def test_two_faults_never_meet_on_one_ground(chaos: Chaos, area: str) -> None:
    chaos.broken[area] = held_back()
    chaos.kinds = [fault for fault in FAULTS if fault.area == area]
    assert chaos.possible() == []


def test_independent_ones_overlap(chaos: Chaos) -> None:
    chaos.broken["worker"] = held_back()
    chaos.kinds = [fault for fault in FAULTS if fault.area == "redis"]
    assert chaos.possible() == chaos.kinds


def test_the_whole_console_is_killed_only_when_nothing_else_is_broken(chaos: Chaos) -> None:
    chaos.kinds = [fault for fault in FAULTS if fault.area in EXCLUSIVE]
    chaos.broken["redis"] = held_back()
    assert chaos.possible() == []
    chaos.broken.clear()
    assert chaos.possible() == chaos.kinds


def test_nothing_else_is_broken_while_the_console_is_down(chaos: Chaos) -> None:
    chaos.broken["console"] = held_back()
    chaos.kinds = list(FAULTS)
    assert chaos.possible() == []


def test_what_was_broken_is_taken_back_when_its_time_is_over(chaos: Chaos) -> None:
    taken_back: list[str] = []
    chaos.broken["redis"] = (10.0, Damage(back=lambda: taken_back.append("redis")))
    chaos.broken["worker"] = (20.0, Damage(back=lambda: taken_back.append("worker")))
    chaos.mend(9.9)
    assert taken_back == []
    chaos.mend(10.0)
    assert taken_back == ["redis"]
    chaos.mend(float("inf"))
    assert taken_back == ["redis", "worker"]
    assert chaos.broken == {}


def test_a_plan_of_the_load_has_ten_calls_and_an_answer() -> None:
    plan = play.load(random.Random(3))
    assert plan.count("call = ") == 10
    assert plan.endswith('[[step]]\nfinal = "done"\n')
    assert all(
        f'"{tool}"' in "".join(play.load(random.Random(n)) for n in range(30))
        for tool in play.TOOLS
    )


def test_who_waits_for_a_person_s_word_is_found() -> None:
    rows = {
        "a": {"waiting_for": "in_doubt", "stop_reason": ""},
        "b": {"waiting_for": "", "stop_reason": "KILLED_IN_DOUBT"},
        "c": {"waiting_for": "approval", "stop_reason": ""},
    }
    assert play.doubts(rows) == ["a", "b"]


@pytest.mark.parametrize("part", sorted(PARTS))
def test_each_part_is_known_by_words_of_its_own(part: str) -> None:
    others = [words for name, words in PARTS.items() if name != part]
    assert PARTS[part] not in others


@pytest.mark.parametrize(
    "inflict", [damage.worker(damage.KILL), damage.guardian_killed, damage.both_frozen]
)
def test_the_last_worker_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inflict: damage.Inflict
) -> None:
    stage = Stage(tmp_path)
    monkeypatch.setattr(Stage, "part", lambda _stage, _name: [1])
    assert inflict(stage, random.Random(1)) is None


def test_a_worker_is_hit_that_has_runs_in_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit: list[int] = []
    monkeypatch.setattr(Stage, "part", lambda _stage, _name: [11, 12, 13])
    monkeypatch.setattr(Stage, "ask", lambda _stage, _verb: [("run", "host:12/1"), ("x", "h:9/1")])
    monkeypatch.setattr(damage, "sent", lambda pid, _number: hit.append(pid))
    for seed in range(8):
        found = damage.worker(damage.KILL)(Stage(tmp_path), random.Random(seed))
        assert found is not None
        assert (found.lost, found.frozen) == (12, False)
    assert set(hit) == {12}


def test_no_worker_is_hit_while_the_database_cannot_tell_whose_runs_it_has(
    chaos: Chaos, monkeypatch: pytest.MonkeyPatch
) -> None:
    chaos.broken["database"] = held_back()
    chaos.kinds = [fault for fault in FAULTS if fault.area == "worker"]
    assert chaos.possible() == []

    def away(_stage: Stage, _verb: str) -> list[tuple[str, str]]:
        raise HouseAway("read-only")

    monkeypatch.setattr(Stage, "ask", away)
    assert damage.held(chaos.stage) == []


def test_workers_and_the_database_by_which_they_are_taken_over_are_not_hit_at_once(
    chaos: Chaos,
) -> None:
    chaos.broken["worker"] = held_back()
    chaos.kinds = [fault for fault in FAULTS if fault.area == "database"]
    assert chaos.possible() == []


def test_what_heals_by_itself_is_whole_again_when_its_time_is_over(chaos: Chaos) -> None:
    chaos.broken["database"] = (10.0, Damage(seconds=damage.HEALING))
    chaos.mend(9.9)
    assert set(chaos.broken) == {"database"}
    chaos.mend(10.0)
    assert chaos.broken == {}


def test_a_fault_that_finds_nothing_to_hit_holds_up_no_other(chaos: Chaos) -> None:
    def none() -> None:
        """Nothing to take back."""

    nothing = Fault("nothing there", "web", lambda _stage, _dice: None)
    there = Fault("there", "clock", lambda _stage, _dice: Damage((7,)))
    lasting = Fault("lasting", "redis", lambda _stage, _dice: Damage((8,), seconds=5.0, back=none))
    chaos.kinds = [nothing, there, lasting]
    chaos.break_something()
    chaos.break_something()
    assert chaos.kinds == [nothing]
    assert chaos.done == {"there": 1, "lasting": 1}
    assert set(chaos.broken) == {"redis"}
