"""What a worker leaves behind of the tools that were at work in it: legible from outside, and gone
when a call has ended.
"""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runs.toolprocess import recorder
from runs.toolprocess.recorder import SLOTS, Recorder
from tests.patience import PATIENCE, turn, until


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """The guardian's view of this process's recorder."""
    descriptor = recorder.memory()
    monkeypatch.setattr(recorder, "_open", Recorder(descriptor))
    yield Recorder(descriptor)
    os.close(descriptor)


def tools(outside: Recorder) -> list[str]:
    return sorted(each.tool for each in outside.at_work())


def test_a_plain_function_is_on_record_while_it_is_at_work(outside: Recorder) -> None:
    assert recorder.noted("charge", lambda: tools(outside))() == ["charge"]
    assert tools(outside) == []


def test_a_call_that_fails_is_no_longer_at_work(outside: Recorder) -> None:
    def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        recorder.noted("charge", fails)()
    assert tools(outside) == []


def test_of_many_coroutines_the_one_that_has_the_loop_is_named(outside: Recorder) -> None:
    async def waits(over: asyncio.Event) -> str:
        await over.wait()
        return "done"

    async def holds(over: asyncio.Event) -> tuple[str, ...]:
        said = recorder.of_silence(outside, os.getpid())
        over.set()
        return said

    async def main() -> tuple[tuple[str, ...], list[str]]:
        over = asyncio.Event()
        waiting = [
            asyncio.ensure_future(recorder.awaited(f"wait{number}", waits(over)))
            for number in range(3)
        ]
        await turn()
        assert len(outside.at_work()) == len(waiting)
        return await recorder.awaited("hold", holds(over)), list(await asyncio.gather(*waiting))

    assert asyncio.run(main()) == (("hold",), ["done"] * 3)
    assert tools(outside) == []


def test_a_cancelled_coroutine_hears_of_it_and_is_no_longer_at_work(outside: Recorder) -> None:
    heard = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    async def main() -> None:
        task = asyncio.ensure_future(recorder.awaited("wait", waits()))
        await turn()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert heard == ["cancelled"]
    assert tools(outside) == []


def test_calls_beyond_its_size_are_made_and_not_told(outside: Recorder) -> None:
    inside = recorder._open
    assert inside is not None
    slots = [inside.begins("charge") for _ in range(SLOTS)]
    assert recorder.noted("one_more", lambda: len(outside.at_work()))() == SLOTS
    for slot in slots:
        inside.ends(slot)
    assert tools(outside) == []


def test_whose_thread_a_dump_names_is_the_culprit_among_all_at_work(outside: Recorder) -> None:
    over, idents = threading.Event(), dict[str, int]()

    def works(name: str) -> None:
        idents[name] = threading.get_ident()
        over.wait(PATIENCE)

    threads = [
        threading.Thread(target=recorder.noted(name, works), args=(name,))
        for name in ("charge", "look")
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(outside.at_work()) == len(threads), "both to be at work")
    dump = (
        f"Fatal Python error: Segmentation fault\n\nCurrent thread 0x{idents['look']:016x} (most"
        " recent call first):"
    )
    assert recorder.of_end(outside, dump.splitlines()) == ("look",)
    assert recorder.of_end(outside, ["Killed"]) == ("charge", "look")
    over.set()
    for thread in threads:
        thread.join(PATIENCE)


EXITS = """
import os, threading
from runs.toolprocess import recorder
recorder.start()
never = threading.Event()
threading.Thread(target=recorder.noted("innocent", never.wait), daemon=True).start()
recorder.noted("poison", lambda: os._exit(3))()
"""


def test_who_ended_the_process_is_named_when_it_is_gone() -> None:
    descriptor = recorder.memory()
    outside = Recorder(descriptor)
    given = {**os.environ, recorder.DESCRIPTOR: str(descriptor)}
    ended = subprocess.run(
        [sys.executable, "-c", EXITS],
        env=given,
        pass_fds=(descriptor,),
        timeout=PATIENCE,
        check=False,
    )
    os.close(descriptor)
    assert ended.returncode == 3
    assert recorder.of_end(outside, []) == ("poison",)


def test_where_nobody_watches_a_tool_is_called_as_it_is() -> None:
    def works() -> None:
        """A tool."""

    assert recorder.noted("charge", works) is works


def test_a_thread_that_calls_itself_by_bytes_of_no_encoding_has_a_state(tmp_path: Path) -> None:
    """Any tool may name its thread so; whoever asks what was at work must not fail at it."""
    (tmp_path / "stat").write_bytes(b"7 (\xff\xfe) R 1 7 7 0")
    assert recorder.state(tmp_path / "stat") == "R"
