"""Which process a tool's call goes to: calls of one tool together, tools apart while they can be,
crashed ones never beside others.
"""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from runs.toolprocess.homes import FULL, Homes


@dataclass
class Process:
    number: int
    tools: Counter[str] = field(default_factory=Counter)


class Yard:
    """Processes that are begun whenever one is wanted."""

    def __init__(self, limit: int) -> None:
        self.homes = Homes(limit)
        self.processes: dict[int, Process] = {}

    def call(self, tool: str, *, over: bool = False) -> int:
        """The process in which the call is; it stays there unless it is over."""
        usual = self.homes.usual(tool, self.processes)
        found = self.homes.find(tool, self.processes, len(self.processes))
        assert usual is None or usual is found
        if found is None:
            found = Process(len(self.processes) + 1)
            self.processes[found.number] = found
            self.homes.settled(tool, found)
        if not over:
            found.tools[tool] += 1
        return found.number


def test_calls_one_after_the_other_share_one_process_whatever_their_tool() -> None:
    yard = Yard(4)
    assert {yard.call(tool, over=True) for tool in "abcdef"} == {1}


def test_calls_of_one_tool_stick_together_and_another_tool_is_not_put_beside_them() -> None:
    yard = Yard(4)
    assert [yard.call("a") for _ in range(5)] == [1] * 5
    assert [yard.call("b") for _ in range(5)] == [2] * 5


def test_a_full_process_gives_way_to_another() -> None:
    yard = Yard(4)
    assert [yard.call("a") for _ in range(FULL + 1)] == [1] * FULL + [2]


def test_there_are_never_more_than_allowed_and_then_tools_share_the_least_busy() -> None:
    yard = Yard(2)
    assert [yard.call(tool) for tool in "aabcde"] == [1, 1, 2, 2, 1, 2]


def test_a_crashed_tool_is_alone_and_one_process_is_left_for_the_others() -> None:
    yard = Yard(3)
    yard.homes.alone |= {"x", "y", "z"}
    assert [yard.call(tool) for tool in "axyz"] == [1, 2, 3, 2]
    assert yard.call("b") == 1


def test_a_tool_that_crashed_elsewhere_gets_an_idle_process_once_all_are_there() -> None:
    yard = Yard(2)
    assert [yard.call("a"), yard.call("b")] == [1, 2]
    yard.processes[2].tools.clear()
    yard.homes.alone.add("x")
    assert [yard.call("x"), yard.call("b"), yard.call("a")] == [2, 1, 1]


def test_where_there_is_but_one_process_all_run_in_it() -> None:
    yard = Yard(1)
    yard.homes.alone.add("x")
    assert [yard.call(tool) for tool in "axbx"] == [1, 1, 1, 1]


def test_a_process_that_ended_is_nobodys_home() -> None:
    yard = Yard(2)
    yard.call("a", over=True)
    yard.homes.ended(1)
    yard.processes = {2: Process(2)}
    assert yard.call("a") == 2


@given(
    limit=st.integers(1, 4),
    happening=st.lists(
        st.tuples(
            st.sampled_from(["called", "called and over", "over", "crashed", "ended"]),
            st.sampled_from("abcx"),
        ),
        max_size=40,
    ),
)
def test_where_a_tools_calls_usually_go_is_where_the_next_one_belongs(
    limit: int, happening: list[tuple[str, str]]
) -> None:
    yard = Yard(limit)
    for what, tool in happening:
        if what == "crashed":
            yard.homes.alone.add(tool)
        elif what.startswith("called"):
            yard.call(tool, over=what == "called and over")
        elif yard.processes:
            number = max(yard.processes)
            if what == "over":
                yard.processes[number].tools.pop(tool, None)
            else:
                del yard.processes[number]
                yard.homes.ended(number)


def test_a_second_call_of_a_tool_goes_its_usual_way() -> None:
    yard = Yard(4)
    yard.call("a", over=True)
    assert yard.homes.usual("a", yard.processes) is yard.processes[1]
    yard.processes[1].tools["b"] += 1
    assert yard.homes.usual("a", yard.processes) is None
