"""Whose call it was that ended, froze or filled a tool process, told from its board."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from runs.toolprocess import board, suspicion
from runs.toolprocess.board import Board, ThreadPlace

HERE = ThreadPlace(ident=0xABC, native=1)


@dataclass(frozen=True)
class Call:
    tool: str


CALLS = {1: Call("refund"), 2: Call("search"), 3: Call("search"), 4: Call("mail")}


@pytest.fixture
def noted() -> Iterator[Board]:
    descriptor = board.memory()
    found = Board(descriptor)
    os.close(descriptor)
    yield found
    found.close()


def begin(noted: Board, *numbers: int, ident: int = 7) -> None:
    for number in numbers:
        noted.begins(number, ThreadPlace(ident + number, number))


def test_suspects_are_tools_each_once_and_in_order() -> None:
    assert suspicion.tools(CALLS, set(CALLS)) == ("mail", "refund", "search")


def test_a_call_that_still_waits_for_a_thread_is_no_suspect(noted: Board) -> None:
    begin(noted, 1, 2)
    assert suspicion.of_end([], noted, CALLS) == {1, 2}


def test_who_said_that_it_ends_the_process_did_it(noted: Board) -> None:
    begin(noted, 1, 2, 4)
    noted.exits(4)
    assert suspicion.of_end([], noted, CALLS) == {4}


def test_a_word_of_an_earlier_call_says_nothing_of_those_at_work(noted: Board) -> None:
    begin(noted, 1, 2)
    noted.exits(99)
    assert suspicion.of_end([], noted, CALLS) == {1, 2}


def test_the_thread_that_a_dump_names_is_whose_call_it_was(noted: Board) -> None:
    begin(noted, 1, 2)
    noted.begins(4, HERE)
    dump = ["Fatal Python error: Segmentation fault", "Current thread 0x0000000abc (most recent):"]
    assert suspicion.of_end(dump, noted, CALLS) == {4}


def test_on_the_threads_event_loop_it_was_the_call_that_had_it(noted: Board) -> None:
    for number in (1, 2, 4):
        noted.begins(number, HERE)
    noted.steps(2)
    dump = ["Current thread 0x0000000abc (most recent call first):"]
    assert suspicion.of_end(dump, noted, CALLS) == {2}


def test_a_loop_that_nobody_had_leaves_all_of_its_calls(noted: Board) -> None:
    noted.begins(1, HERE)
    noted.begins(4, HERE)
    begin(noted, 2)
    dump = ["Current thread 0x0000000abc (most recent call first):"]
    assert suspicion.of_end(dump, noted, CALLS) == {1, 4}


def test_a_dump_of_a_thread_of_nobodys_leaves_everybody_at_work(noted: Board) -> None:
    begin(noted, 1, 2)
    dump = ["Current thread 0x0000000fff (most recent call first):"]
    assert suspicion.of_end(dump, noted, CALLS) == {1, 2}


def test_who_does_not_give_the_loop_back_is_the_silent_one(noted: Board) -> None:
    begin(noted, 1, 2)
    noted.steps(2)
    assert suspicion.of_silence(os.getpid(), noted, CALLS) == {2}


def test_of_threads_the_one_on_the_processor_is_the_silent_one(noted: Board) -> None:
    noted.begins(
        1, ThreadPlace(1, os.getpid())
    )  # this very thread is running while it is asked about
    noted.begins(2, ThreadPlace(2, 2**30))  # there is no such thread
    assert suspicion.of_silence(os.getpid(), noted, CALLS) == {1}


def test_where_nobody_runs_nobody_can_tell(noted: Board) -> None:
    noted.begins(2, ThreadPlace(2, 2**30))
    assert suspicion.of_silence(os.getpid(), noted, CALLS) == frozenset()


def test_a_process_that_runs_was_not_stopped_and_one_that_is_gone_neither() -> None:
    assert suspicion.stopped(os.getpid()) is False
    assert suspicion.stopped(2**30) is False
