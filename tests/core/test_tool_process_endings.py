"""How a tool process ended, in words; what is left of its last words; where its calls were."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.vocabulary import LossBlame
from runs.toolprocess import board, captured_output, crash_rows, endings
from runs.toolprocess.board import Board, ThreadPlace
from runs.toolprocess.endings import ProcessEnding

CRASH = [
    "tool says hello",
    "Fatal Python error: Segmentation fault",
    "",
    "Thread 0x00007f (most recent call first):",
    '  File "other.py", line 1 in wait',
    "",
    "Current thread 0x00007e (most recent call first):",
    '  File "shop.py", line 10 in refund',
    '  File "shop.py", line 5 in called',
    "Extension modules: x",
]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, "ended: exit code 0"),
        (3 << 8, "ended: exit code 3"),
        (255 << 8, "ended: exit code 255"),
        (signal.SIGSEGV, "ended: SIGSEGV"),
        (signal.SIGKILL, "ended: SIGKILL"),
        (signal.SIGABRT | 0x80, "ended: SIGABRT"),
        (126, "ended: signal 126"),
    ],
)
def test_a_wait_status_is_an_exit_code_or_a_signal(status: int, said: str) -> None:
    assert endings.exited(status) == said


def test_a_process_that_answered_nobody_stood_still_or_held_the_interpreter() -> None:
    assert endings.silent(1.5, stopped=True) == ("was killed after 1.5 s: it stood still, stopped")
    assert endings.silent(1.5, stopped=False) == ("was killed after 1.5 s: it held the interpreter")
    assert endings.deaf(0.25) == (
        "was killed after 0.25 s: the call did not end when it was told to"
    )
    assert endings.large(2048) == "was killed: over 2,048 MB"


@pytest.mark.parametrize(
    ("ending", "begun", "said"),
    [
        (ProcessEnding("ended: SIGKILL"), True, "Its tool process ended: SIGKILL."),
        (
            ProcessEnding("ended: SIGKILL"),
            False,
            "Its tool process ended: SIGKILL; the call had not begun.",
        ),
        (
            ProcessEnding("ended: SIGKILL", suspects=("refund",)),
            True,
            "Its tool process ended: SIGKILL.",
        ),
        (
            ProcessEnding("ended: SIGKILL", suspects=("search",)),
            True,
            "Its tool process ended: SIGKILL, in a call of search.",
        ),
        (
            ProcessEnding("ended: SIGKILL", suspects=("search", "mail")),
            False,
            "Its tool process ended: SIGKILL, in a call of search or mail; the call had not begun.",
        ),
        (
            ProcessEnding("ended: exit code 1", words="ValueError: no"),
            True,
            "Its tool process ended: exit code 1. Last words: ValueError: no",
        ),
    ],
)
def test_a_call_is_told_what_became_of_its_process_and_whose_doing_it_may_be(
    ending: ProcessEnding, begun: bool, said: str
) -> None:
    assert ending.of("refund", begun=begun) == said


@pytest.mark.parametrize(
    ("culprits", "call", "blame"),
    [
        ({7}, 7, LossBlame.OWN),
        ({7}, 8, LossBlame.OTHERS),
        ({7, 8}, 8, LossBlame.SHARED),
        ({7, 8}, 9, LossBlame.OTHERS),
        (set(), 7, LossBlame.OTHERS),
    ],
    ids=["who did it", "a neighbour", "one of two", "none of two", "somebody outside"],
)
def test_a_process_that_ended_is_the_fault_of_the_calls_that_may_have_ended_it_and_of_no_other(
    culprits: set[int], call: int, blame: LossBlame
) -> None:
    ending = ProcessEnding("ended: SIGKILL", culprits=frozenset(culprits))
    assert ending.blame(call) is blame


def test_each_suspect_is_a_row_and_no_byte_that_a_database_refuses_is_in_it() -> None:
    rows = crash_rows.params(
        ProcessEnding("ended: SIGKILL", suspects=("a" * 300, "b")), "last\0words"
    )
    assert rows == [
        ("a" * crash_rows.MOST_NAME, "ended: SIGKILL", "lastwords"),
        ("b", "ended: SIGKILL", "lastwords"),
    ]


def test_an_ending_without_a_suspect_is_nobodys_row() -> None:
    assert crash_rows.params(ProcessEnding("ended: SIGKILL"), "words") == []


# last words


def test_of_a_crash_in_c_the_current_threads_stack_is_kept() -> None:
    assert captured_output.joined(CRASH).splitlines() == [
        "Fatal Python error: Segmentation fault",
        'File "shop.py", line 10 in refund',
        'File "shop.py", line 5 in called',
    ]


def test_of_a_crash_without_a_stack_its_name_is_kept() -> None:
    assert (
        captured_output.joined(["x", "Fatal Python error: Aborted"])
        == "Fatal Python error: Aborted"
    )


def test_a_deep_stack_is_kept_by_its_innermost_frames() -> None:
    deep = [
        "Fatal Python error: Segmentation fault",
        "Current thread 0x1 (most recent call first):",
        *[f'  File "deep.py", line {line} in f' for line in range(20)],
    ]
    kept = captured_output.joined(deep).splitlines()
    assert len(kept) == 1 + captured_output.MOST_FRAMES
    assert kept[1] == 'File "deep.py", line 0 in f'


def test_otherwise_the_last_lines_are_kept() -> None:
    lines = [f"line {number}" for number in range(40)]
    assert captured_output.joined(lines) == "\n".join(lines[-captured_output.LAST_LINES :])
    assert captured_output.joined([]) == ""


@given(st.lists(st.text(max_size=600), max_size=20))
def test_last_words_are_never_long(lines: list[str]) -> None:
    assert len(captured_output.joined(lines)) <= captured_output.MOST_WORDS


async def test_what_a_process_says_is_heard_line_by_line_and_passed_on(
    capfd: pytest.CaptureFixture[str],
) -> None:
    reading, writing = os.pipe()
    heard = captured_output.OutputReader(reading)
    os.write(writing, b"first\nsec")
    assert heard.last() == ["first"]
    os.write(writing, "ond, größer\n\nthird without an end".encode())
    os.close(writing)
    heard.close()
    assert heard.last() == ["first", "second, größer", "third without an end"]
    assert "second, größer" in capfd.readouterr().err


async def test_what_is_no_text_and_what_is_too_long_is_heard_all_the_same() -> None:
    reading, writing = os.pipe()
    heard = captured_output.OutputReader(reading)
    os.write(writing, b"\xff\xfe\n" + b"x" * 2_000 + b"\n")
    os.close(writing)
    heard.close()
    broken, long = heard.last()
    assert broken == "\ufffd\ufffd"
    assert long == "x" * captured_output.LONGEST


async def test_whoever_holds_the_pipe_open_keeps_nobody_waiting() -> None:
    reading, writing = os.pipe()
    heard = captured_output.OutputReader(reading)
    os.write(writing, b"still here\n")
    heard.close()
    assert heard.last() == ["still here"]
    os.close(writing)


# where its calls are


@pytest.fixture
def shared() -> Iterator[tuple[Board, Board]]:
    """The board as the worker and as the tool process see it."""
    descriptor = board.memory()
    ours, theirs = Board(descriptor), Board(descriptor)
    os.close(descriptor)
    yield ours, theirs
    ours.close()
    theirs.close()


def test_what_a_process_notes_its_worker_reads(shared: tuple[Board, Board]) -> None:
    ours, theirs = shared
    assert (ours.exited, ours.stepping, ours.place(7)) == (0, 0, None)
    theirs.begins(7, ThreadPlace(11, 12))
    theirs.steps(7)
    theirs.exits(9)
    assert (ours.place(7), ours.stepping, ours.exited) == (ThreadPlace(11, 12), 7, 9)


def test_a_call_that_took_anothers_slot_is_not_taken_for_it(shared: tuple[Board, Board]) -> None:
    ours, theirs = shared
    theirs.begins(7, ThreadPlace(11, 12))
    theirs.begins(7 + board.SLOTS, ThreadPlace(21, 22))
    assert ours.place(7) is None
    assert ours.place(7 + board.SLOTS) == ThreadPlace(21, 22)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=board.SLOTS // 64, unique=True))
def test_calls_of_different_slots_are_all_found(calls: list[int]) -> None:
    descriptor = board.memory()
    noted = Board(descriptor)
    os.close(descriptor)
    kept = list({call % board.SLOTS: call for call in calls}.values())
    for call in kept:
        noted.begins(call, ThreadPlace(call, call + 1))
    assert [noted.place(call) for call in kept] == [ThreadPlace(call, call + 1) for call in kept]
    noted.close()
