"""Frames: what they say, how they merge, who may read what."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from console.live import frames
from console.live.frames import Frame

RUN = "0b6e7a0e-0000-4000-8000-000000000001"


def frame(first: int, seq: int, at: str = "2026-11-20T13:00:00+00:00", **state: object) -> Frame:
    return Frame(
        run=RUN,
        seq=seq,
        first=first,
        at=at,
        state={"status": "running", "ended_at": None, **state},
        kinds=(f"event.{seq}",),
    )


def test_a_frame_survives_the_way_through_redis() -> None:
    sent = frame(2, 3, usd="0.000000001", tool="get_order")
    assert frames.decode(frames.encode(sent)) == sent


def test_a_gap_survives_the_way_through_redis() -> None:
    assert frames.decode(frames.encode_gap("lost")) == frames.LostFrames("lost")


def test_money_is_written_as_plain_text_and_times_as_iso() -> None:
    sent = frame(
        1, 1, usd=Decimal("1E-9"), started_at=datetime(2026, 11, 20, tzinfo=UTC), parent=UUID(RUN)
    )
    received = frames.decode(frames.encode(sent))
    assert isinstance(received, Frame)
    assert received.state["usd"] == "0.000000001"
    assert received.state["started_at"] == "2026-11-20T00:00:00+00:00"
    assert received.state["parent"] == RUN


@pytest.mark.parametrize("state", [{"usd": float("nan")}, {"step": object()}])
def test_a_state_that_json_cannot_say_is_refused(state: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        frames.encode(Frame(RUN, 1, 1, "", state))


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", "1", '{"run": 1}', "[" * 50_000, b"\xff\xfe"]
)
def test_what_is_not_a_frame_is_named_so(text: str | bytes) -> None:
    with pytest.raises(frames.NotAFrame):
        frames.decode(text)


def test_merged_frames_carry_the_latest_state_and_cover_both_ranges() -> None:
    merged = frames.merge(frame(1, 3, step=1), frame(4, 6, step=2))
    assert (merged.first, merged.seq, merged.state["step"]) == (1, 6, 2)
    assert merged.kinds == ("event.3", "event.6")


def test_the_order_of_arrival_does_not_matter() -> None:
    assert frames.merge(frame(4, 6), frame(1, 3)) == frames.merge(frame(1, 3), frame(4, 6))


def test_a_merge_never_hides_a_hole() -> None:
    merged = frames.merge(frame(1, 3), frame(5, 6))
    assert (merged.first, merged.seq) == (5, 6), "a reader at 3 must see that 4 is missing"


def test_of_two_states_at_the_same_event_the_later_one_counts() -> None:
    planned = frame(3, 3, at="2026-11-20T13:00:00.1+00:00", phase="planning")
    calling = frame(4, 3, at="2026-11-20T13:00:00.2+00:00", phase="calling")
    merged = frames.merge(calling, planned)
    assert merged.state["phase"] == "calling"
    assert (merged.first, merged.seq) == (3, 3)


def test_a_doubled_frame_changes_nothing_but_its_list_of_kinds() -> None:
    merged = frames.merge(frame(2, 4), frame(2, 4))
    assert (merged.first, merged.seq) == (2, 4)


def test_the_list_of_kinds_does_not_grow_for_ever() -> None:
    merged = frame(1, 1)
    for seq in range(2, 500):
        merged = frames.merge(merged, frame(seq, seq))
    assert len(merged.kinds) == frames.KINDS_KEPT
    assert (merged.first, merged.seq) == (1, 499)


def test_frames_of_two_runs_do_not_merge() -> None:
    other = Frame(run=RUN.replace("1", "2"), seq=1, first=1, at="", state={})
    with pytest.raises(ValueError, match="different runs"):
        frames.merge(frame(1, 1), other)


def test_a_viewer_sees_no_tool_and_nothing_that_was_not_meant_for_viewers() -> None:
    seen = frames.for_clearance(
        frame(1, 1, tool="charge_card", secret="x", step=4), frozenset({"visible"})
    )
    assert seen.state == {"status": "running", "ended_at": None, "step": 4}
    assert (seen.first, seen.seq) == (1, 1)


def test_an_operator_sees_the_tool() -> None:
    sent = frame(1, 1, tool="charge_card")
    assert frames.for_clearance(sent, frozenset({"visible", "user_hidden"})) is sent


def test_only_the_servers_word_ends_a_run() -> None:
    assert not frames.ended(frame(1, 1, status="stopping"))
    assert frames.ended(frame(1, 1, ended_at="2026-11-20T13:00:00+00:00"))
