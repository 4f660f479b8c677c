"""The axis of a timeline: only work takes room on it, and it wraps before bars get too thin."""

from hypothesis import given
from hypothesis import strategies as st

from runs.reading import time_axis
from runs.reading.turn_rows import TimelineRow

SPANS = st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**6)), min_size=1, max_size=90)


def bar(key: str, start: int, end: int, sort: str = "call") -> TimelineRow:
    return TimelineRow(key, sort, 1, start=start, end=end)


def drawn(*rows: TimelineRow) -> list[tuple[str, str]]:
    return [(row.x, row.width) for row in time_axis.placed(list(rows))]


def test_bars_share_the_axis_by_how_long_they_took() -> None:
    assert drawn(bar("a", 0, 1_000), bar("b", 1_000, 4_000)) == [
        ("0.00", "25.00"),
        ("25.00", "75.00"),
    ]


def test_an_hour_of_waiting_takes_no_room() -> None:
    waited = bar("gap", 1_000, 3_601_000, "gap")
    _, gap, after = drawn(bar("a", 0, 1_000), waited, bar("b", 3_601_000, 3_602_000))
    assert gap == ("0", "0")
    assert after == ("50.00", "50.00")


def test_idle_time_before_a_moment_is_taken_out_of_it() -> None:
    gaps = [(100, 200), (300, 500)]
    assert [time_axis.worked(at, gaps) for at in (50, 150, 250, 400, 600)] == [
        50, 100, 150, 200, 300,
    ]  # fmt: skip


def test_a_mark_has_no_bar_and_keeps_its_place_in_the_list() -> None:
    marked = time_axis.placed([bar("a", 0, 10), bar("m", 5, 5, "mark"), bar("b", 10, 20)])
    assert [row.key for row in marked] == ["a", "m", "b"]
    assert (marked[1].x, marked[1].width) == ("0", "0")


def test_the_shortest_bar_can_still_be_seen() -> None:
    [thin, _] = drawn(bar("a", 0, 0), bar("b", 0, 100_000))
    assert float(thin[1]) == 100 * time_axis.THIN


def test_a_line_holds_so_many_bars_and_the_next_ones_begin_anew() -> None:
    rows = [bar(str(n), n * 10, n * 10 + 10) for n in range(time_axis.WRAP * 2)]
    found = drawn(*rows)
    assert found[0] == found[time_axis.WRAP]
    assert found[0][0] == "0.00"


def test_the_row_with_which_the_axis_begins_anew_is_marked() -> None:
    rows = [bar(str(n), n * 10, n * 10 + 10) for n in range(time_axis.WRAP * 3)]
    marked = [row.key for row in time_axis.placed(rows) if row.anew]
    assert marked == [str(time_axis.WRAP), str(time_axis.WRAP * 2)]


def test_a_call_beside_a_later_one_marks_no_second_beginning() -> None:
    rows = [bar(str(n), n * 10, n * 10 + 10) for n in range(time_axis.WRAP * 2)]
    rows.insert(time_axis.WRAP + 1, bar("beside", 295, 300))
    assert [row.key for row in time_axis.placed(rows) if row.anew].count("beside") == 0
    assert len([row for row in time_axis.placed(rows) if row.anew]) <= 2


def test_nothing_is_placed_where_nothing_happened() -> None:
    assert time_axis.placed([]) == []


@given(SPANS)
def test_every_bar_lies_on_the_axis_whatever_the_times_are(spans: list[tuple[int, int]]) -> None:
    rows = [bar(str(n), start, start + took) for n, (start, took) in enumerate(spans)]
    for x, width in drawn(*rows):
        assert 0 <= float(x) <= 100
        assert 0 < float(width) <= 100


@given(SPANS, st.integers(1, 10**8))
def test_when_a_run_began_does_not_move_its_bars(spans: list[tuple[int, int]], later: int) -> None:
    rows = [bar(str(n), start, start + took) for n, (start, took) in enumerate(spans)]
    moved = [bar(row.key, row.start + later, row.end + later) for row in rows]
    assert drawn(*moved) == drawn(*rows)
