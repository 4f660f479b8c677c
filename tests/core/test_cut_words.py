"""Somebody else's words are cut to size when they hold no secret any more: wherever the cut falls,
not even a piece of a key is left of it.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from pydantic_ai import exceptions

from console.outside import confidential
from console.stack import inheritance
from runs.engine import call_progress
from runs.planners import answer, faults
from runs.toolprocess.captured_output import OutputReader, joined
from runs.tools import broken_tools, mcp_sessions, results
from runs.tools.mcp_sieve import LeftOut, flaw
from runs.tools.mcp_streams import LastWords

KEY = "sk-planted-0123456789abcdef"
PIECE = 8


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        confidential.mask()
        yield
    confidential.mask()


def pieces() -> list[str]:
    return [KEY[place : place + PIECE] for place in range(len(KEY) - PIECE + 1)]


def clean(said: object) -> bool:
    return not [piece for piece in pieces() if piece in str(said)]


def around(limit: int) -> list[str]:
    """Words in which the key stands astride the limit, a little further each time."""
    return ["x" * (limit - before) + KEY + " and more" for before in range(0, len(KEY) + 8, 3)]


class Odd:
    """What no tool should give back."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return self.words


def left_out(words: str) -> dict[str, str]:
    found = LeftOut()
    found.name("look", words)
    found.name(words, "it is no object")
    return found.sentences


def of_protocol(words: str) -> str:
    return mcp_sessions.words_of(MCPError(code=-32_603, message="no", data={"detail": words}))


def of_provider(words: str) -> str:
    return faults.words(exceptions.ModelHTTPError(401, "a-model", {"error": {"message": words}}))


def progressed(words: str) -> str:
    """As it goes from a tool to the page."""
    told: list[str] = []
    before = call_progress.listener.set(told.append)
    try:
        call_progress.tell(words)
    finally:
        call_progress.listener.reset(before)
    return call_progress.one_short_line(confidential.current().text(told[0]))


@pytest.mark.parametrize(
    ("shown", "limit"),
    [
        (lambda words: confidential.shortened(words, 50), 50),
        (lambda words: results.jsonable(Odd(words)), 500),
        (left_out, 500),
        (left_out, 128),
        (of_protocol, 500),
        (of_provider, faults.LONGEST),
        (lambda words: answer.with_words("Cut off.", words), answer.LONGEST_WORDS),
        (lambda words: broken_tools.words(ValueError(words)), broken_tools.LONGEST),
        (inheritance.shown, inheritance.TOLD),
        (progressed, call_progress.LONGEST),
        (progressed, call_progress.READ),
    ],
)
def test_no_piece_of_a_key_is_left_by_a_cut(shown: Callable[[str], Any], limit: int) -> None:
    assert clean("nothing")
    assert not clean(KEY)
    for words in around(limit):
        assert clean(shown(words)), words


async def heard(reader: Callable[[int], Any], *written: bytes) -> Any:
    """What is kept of these pieces, each read by itself."""
    reading, writing = os.pipe()
    found = reader(reading)
    for each in written:
        os.write(writing, each)
        await asyncio.sleep(0)
        found._read()
    os.close(writing)
    return found


@pytest.mark.parametrize("cut", [5, 12, 20])
async def test_what_a_tool_prints_is_masked_before_it_is_passed_on_kept_and_cut(
    capfd: pytest.CaptureFixture[str], cut: int
) -> None:
    line = f"the key is {KEY[:cut]}".encode()
    for words in around(500):
        found = await heard(OutputReader, line, f"{KEY[cut:]}\n{words}\n".encode())
        kept = found.last()
        assert clean(joined(kept))
        assert len(kept) == 2
    assert clean(capfd.readouterr())


@pytest.mark.parametrize("cut", [5, 12, 20])
@pytest.mark.parametrize("end", ["\n", ""])
async def test_the_last_words_of_a_server_are_whole_lines_before_they_are_cut(
    cut: int, end: str
) -> None:
    for words in (KEY, *around(300)):
        found = LastWords()
        for piece in (words[:-cut], words[-cut:] + end):
            found.writing.write(piece)
            found.writing.flush()
            found._read()
        said = str(found)
        found.close()
        assert said
        assert clean(said)


async def test_the_last_of_several_lines_is_the_last_word() -> None:
    found = LastWords()
    found.writing.write("first\nsecond\n\n")
    found.writing.flush()
    assert str(found) == "second"
    found.writing.write("third, unended")
    found.writing.flush()
    assert str(found) == "third, unended"
    found.close()


def test_a_tool_whose_name_is_a_key_is_none() -> None:
    assert flaw({"name": KEY, "inputSchema": {"type": "object"}}) == (
        "its name holds a secret of this house"
    )
    assert flaw({"name": "look", "inputSchema": {"type": "object"}}) == ""
