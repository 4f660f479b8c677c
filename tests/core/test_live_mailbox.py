"""What waits for a socket: latest states, bounded, never a hole that nobody is told of."""

import json
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from console.live import batch, frames
from console.live.audience import Audiences, Watcher
from console.live.batch import Batch, Mailbox
from console.live.frames import Frame

EVERYTHING = frozenset({"visible", "user_hidden"})
VISIBLE = frozenset({"visible"})


def run(number: int) -> str:
    return str(UUID(int=number))


def frame(number: int, seq: int, first: int | None = None, **state: object) -> Frame:
    return Frame(
        run(number),
        seq,
        seq if first is None else first,
        f"{seq:06}",
        {"step": seq, "ended_at": None, **state},
    )


def mailbox() -> Mailbox:
    return Mailbox(lambda _: None)


def received(box: Mailbox) -> list[Any]:
    return [json.loads(text) for text in box.take()]


def framed(box: Mailbox) -> list[Any]:
    return [one for message in received(box) for one in message.get("frames", ())]


def put(box: Mailbox, *given: Frame) -> None:
    box.put(Batch({one.run: one for one in given}))


def test_what_waits_is_one_frame_a_run_however_many_came() -> None:
    box = mailbox()
    for seq in range(1, 101):
        put(box, frame(1, seq), frame(2, seq))
    waiting = framed(box)
    assert [(one["run"], one["from"], one["seq"], one["state"]["step"]) for one in waiting] == [
        (run(1), 1, 100, 100),
        (run(2), 1, 100, 100),
    ]


def test_an_emptied_mailbox_has_nothing_to_say() -> None:
    box = mailbox()
    put(box, frame(1, 1))
    box.gap("x")
    box.beat("{}")
    assert box.take()
    assert box.take() == []


def test_more_runs_than_it_keeps_become_a_gap() -> None:
    box = mailbox()
    put(box, *(frame(number, 1) for number in range(batch.RUNS_KEPT + 1)))
    assert [list(message) for message in received(box)] == [["gap"]]


def test_errors_do_not_pile_up() -> None:
    box = mailbox()
    for number in range(100):
        box.error(str(number))
    assert [message["error"] for message in received(box)] == ["96", "97", "98", "99"]


def test_a_gap_is_told_before_the_frames_that_follow_it() -> None:
    box = mailbox()
    put(box, frame(1, 1))
    box.gap("lost")
    box.behind({run(2): 7})
    assert [next(iter(message)) for message in received(box)] == ["gap", "behind", "frames"]


def test_sockets_equally_far_behind_share_the_merged_text() -> None:
    one, other = mailbox(), mailbox()
    first, second = Batch({run(1): frame(1, 1)}), Batch({run(1): frame(1, 2)})
    for box in (one, other):
        box.put(first)
        box.put(second)
    assert one.take()[0] is other.take()[0]


def watcher(*topics: str, clearance: frozenset[str] = EVERYTHING) -> Watcher:
    return Watcher(mailbox(), clearance, frozenset(topics))


def tell(house: Audiences, *given: Frame) -> None:
    for one in given:
        for audience in house.watching(one.run):
            audience.hear(one)


def deliver(house: Audiences, number: int) -> None:
    for audience in house.watching(run(number)):
        audience.deliver()


def test_a_run_is_told_to_the_fleet_and_to_its_own_page_only() -> None:
    house = Audiences()
    fleet, page, other = watcher("fleet"), watcher(f"run:{run(1)}"), watcher(f"run:{run(2)}")
    for one in (fleet, page, other):
        house.seat(one)
    tell(house, frame(1, 1))
    deliver(house, 1)
    assert [len(framed(one.mailbox)) for one in (fleet, page, other)] == [1, 1, 0]


def test_whoever_watches_both_the_fleet_and_a_run_is_told_once() -> None:
    house = Audiences()
    both = watcher("fleet", f"run:{run(1)}")
    house.seat(both)
    tell(house, frame(1, 1))
    deliver(house, 1)
    assert len(framed(both.mailbox)) == 1


def test_a_viewer_beside_an_operator_gets_no_tool() -> None:
    house = Audiences()
    viewer, operator = watcher("fleet", clearance=VISIBLE), watcher("fleet")
    house.seat(viewer)
    house.seat(operator)
    tell(house, frame(1, 1, tool="charge_card"))
    deliver(house, 1)
    assert "charge_card" not in "".join(viewer.mailbox.take())
    assert "charge_card" in "".join(operator.mailbox.take())


def test_a_change_of_topics_loses_nothing_that_was_on_its_way() -> None:
    house = Audiences()
    mover = watcher("fleet")
    house.seat(mover)
    tell(house, frame(1, 1))
    house.move(mover, frozenset({f"run:{run(1)}"}))
    assert len(framed(mover.mailbox)) == 1


def test_a_house_everybody_left_holds_nothing() -> None:
    house = Audiences()
    guests = [watcher("fleet"), watcher(), watcher(f"run:{run(1)}")]
    for one in guests:
        house.seat(one)
    for one in guests:
        house.leave(one)
    assert house.empty
    assert house.watching(run(1)) == set()


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["hear", "flush", "read"])), max_size=60)
)
def test_a_reader_accounts_for_every_event_whatever_the_pace(moves: list[tuple[int, str]]) -> None:
    """Every event is covered by the frames that arrived, or by those still waiting: coalescing
    loses no number.
    """
    house, reader = Audiences(), watcher("fleet")
    house.seat(reader)
    made = {1: 0, 2: 0, 3: 0}
    read: list[Any] = []
    for number, move in [*moves, (1, "flush"), (2, "flush"), (3, "flush"), (1, "read")]:
        if move == "hear":
            made[number] += 1
            tell(house, frame(number, made[number]))
        elif move == "flush":
            deliver(house, number)
        else:
            read += framed(reader.mailbox)
    for number, last in made.items():
        covered = [
            seq
            for one in read
            if one["run"] == run(number)
            for seq in range(one["from"], one["seq"] + 1)
        ]
        assert covered == list(range(1, last + 1))


def test_a_frame_of_an_unwatched_run_costs_no_memory() -> None:
    house = Audiences()
    tell(house, frame(1, 1))
    assert house.empty
    assert frames.topic_of(run(1)) == f"run:{run(1)}"
