"""Pictures in results: told from all else by their own bytes, taken out and kept once, and sent to
models that see and to no others.
"""

import hashlib
import struct
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.types import CallToolResult

from console.journal import encoding, spill
from console.journal.records import JournalRecord, Stored
from policies.verdicts import Meaning
from runs.engine import codec, pictures, tokens
from runs.engine.events import CallReturned
from runs.engine.outcomes import call_outcomes
from runs.engine.pictures import Picture, Sniffed
from runs.engine.ports import ContextMessage, Returned, Speaker, ToolCall
from runs.engine.vocabulary import Outcome, Verdict
from runs.planners import anthropic_wire, conversation, openai_wire, sight
from runs.planners.conversation import Conversation
from runs.reading import shown_pictures
from runs.runtime import run_ledger
from runs.tools import mcp_results, results
from tests.core.folding import BUSY, NOW, changes
from tests.picture_files import SVG, fixed, gif, jpeg, png, text, webp

SEEN = Picture("png", 90, 640, 480, "ab" * 32, tokens=772)
UNSEEN = replace(SEEN, sha256="cd" * 32, tokens=0)
VP8 = b"\x00" * 6 + struct.pack("<HH", 320 | 0x4000, 240)
VP8L = b"/" + struct.pack("<I", (99 << 14) | 199)
VP8X = b"\x00" * 4 + struct.pack("<HBHB", 1023, 0, 767, 0)
ADDRESS = st.builds(lambda number: f"{number:064x}", st.integers(0, 2**256 - 1))
KEPT = st.builds(
    Picture,
    st.sampled_from(["png", "jpeg", "gif", "webp"]),
    st.integers(1, 5_000_000),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    ADDRESS,
    st.integers(0, 2_500),
)


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (png(640, 480), Sniffed("png", 640, 480)),
        (gif(12, 34), Sniffed("gif", 12, 34)),
        (jpeg(800, 600), Sniffed("jpeg", 800, 600)),
        (jpeg(800, 600)[:12], Sniffed("jpeg")),
        (webp(b"VP8 ", VP8), Sniffed("webp", 320, 240)),
        (webp(b"VP8L", VP8L), Sniffed("webp", 200, 100)),
        (webp(b"VP8X", VP8X), Sniffed("webp", 1024, 768)),
        (webp(b"ALPH", b""), Sniffed("webp")),
    ],
)
def test_a_picture_is_told_by_its_own_bytes(content: bytes, seen: Sniffed) -> None:
    assert pictures.sniffed(content) == seen


@pytest.mark.parametrize(
    "content",
    [SVG, b"", b"GIF89a", png()[:12], b"%PDF-1.7", b"<html>", b"RIFF0000WAVE", b"BM" + b"\0" * 40],
)
def test_what_is_no_picture_that_every_browser_draws_safely_is_none(content: bytes) -> None:
    assert pictures.sniffed(content) is None
    assert pictures.inlined(content) is None


HEADS = [b"", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"\xff\xd8\xff", b"RIFF0000WEBPVP8 "]


@given(st.sampled_from(HEADS), st.binary(max_size=64))
def test_no_bytes_whatever_break_the_look_at_them(begin: bytes, rest: bytes) -> None:
    found = pictures.sniffed(begin + rest)
    assert found is None or found.kind in {"png", "jpeg", "gif", "webp"}


def taken(result: Any) -> tuple[Any, tuple[Picture, ...]]:
    return pictures.taken_out(result, fixed)


def test_a_mark_stands_in_the_result_for_each_picture_and_its_bytes_are_kept_once() -> None:
    one, two = png(3, 2), gif(4, 5)
    left, found = taken(
        {"says": "two", "all": [pictures.inlined(one), {"inner": pictures.inlined(two)}]}
    )
    assert [each.content for each in found] == [one, two]
    assert [each.kind for each in found] == ["png", "gif"]
    marks = [left["all"][0], left["all"][1]["inner"]]
    assert [mark["$picture"] for mark in marks] == [1, 2]
    assert marks[0]["type"] == "image/png"
    assert (marks[1]["width"], marks[1]["height"], marks[1]["size"]) == (4, 5, len(two))
    assert text(one) not in str(left)
    assert left["says"] == "two"


def test_equal_pictures_look_equal_in_results_and_their_addresses_cannot_be_guessed() -> None:
    salts = iter([b"1" * 16, b"2" * 16])
    both = [pictures.taken_out(pictures.inlined(png()), lambda _: next(salts)) for _ in range(2)]
    (one, [first]), (other, [second]) = both
    assert one == other
    assert first.sha256 != second.sha256
    assert first.sha256 == hashlib.sha256(b"1" * 16 + png()).hexdigest()


@pytest.mark.parametrize("result", [None, "text", 5, [], {}, {"a": [1, {"b": "c"}]}])
def test_a_result_without_a_picture_stays_the_very_same(result: Any) -> None:
    left, found = taken(result)
    assert left is result
    assert found == ()


@pytest.mark.parametrize(
    "odd",
    [
        {"$bytes": 3, "base64": "no base64"},
        {"$bytes": 3, "base64": 7},
        {"$bytes": len(SVG), "base64": text(SVG)},
    ],
)
def test_bytes_that_are_no_picture_stay_as_they_are(odd: dict[str, Any]) -> None:
    assert taken([odd]) == ([odd], ())


def test_a_picture_that_is_too_large_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pictures.inlined(png())
    monkeypatch.setattr(pictures, "LARGEST", 20)
    left, found = taken({"shot": whole})
    assert found == ()
    assert left["shot"]["$left_out"].startswith("a picture (png, ")
    inlined = pictures.inlined(png())
    assert inlined is not None
    assert "base64" not in inlined
    assert inlined["$left_out"] == left["shot"]["$left_out"]


def test_no_more_than_ten_pictures_of_one_result_are_kept() -> None:
    left, found = taken([pictures.inlined(png(each + 1, 1)) for each in range(12)])
    assert len(found) == pictures.MOST
    assert ["$left_out" in each for each in left] == [False] * 10 + [True] * 2


def test_a_result_that_is_nested_without_end_breaks_nothing() -> None:
    deep: Any = pictures.inlined(png())
    for _ in range(5_000):
        deep = [deep]
    left, found = taken(deep)
    assert left is deep
    assert found == ()


def test_a_picture_of_an_mcp_server_and_one_of_an_own_tool_are_taken_out_alike() -> None:
    image = {"type": "image", "data": text(png()), "mimeType": "image/svg+xml"}
    resource = {"uri": "file:///a.gif", "blob": text(gif(1, 1))}
    raw = {"content": [image, {"type": "resource", "resource": resource}]}
    mcp_results.sieve(raw)
    of_server = mcp_results.result_of(CallToolResult.model_validate(raw, by_name=False))
    left, found = taken(of_server)
    assert [each.kind for each in found] == ["png", "gif"]
    assert left[0]["data"]["type"] == "image/png"
    assert left[1]["resource"]["blob"]["$picture"] == 2
    _, [own] = taken(results.jsonable({"chart": png()}))
    assert (own.kind, own.content) == ("png", png())


def test_a_picture_of_an_own_tool_may_be_larger_than_other_bytes_that_are_kept() -> None:
    large = png() + b"\x00" * results.INLINE_BYTES
    _, [own] = taken(results.jsonable([large]))
    assert own.content == large
    _, none = taken(results.jsonable([b"\xff" * results.INLINE_BYTES * 2]))
    assert none == ()


def test_a_drawing_that_may_hold_a_script_is_only_a_digest() -> None:
    raw = {"content": [{"type": "image", "data": text(SVG), "mimeType": "image/png"}]}
    mcp_results.sieve(raw)
    [part] = mcp_results.result_of(CallToolResult.model_validate(raw, by_name=False))
    assert part["data"]["$left_out"] == "binary content"
    assert taken([part])[1] == ()


def test_a_model_takes_a_picture_for_its_pixels_and_not_for_its_bytes() -> None:
    def cost(width: int, height: int) -> int:
        return pictures.tokens(Picture("png", 4_000_000, width, height, ""))

    assert cost(16, 16) == pictures.LEAST_TOKENS
    assert cost(1024, 768) > cost(640, 480) > cost(320, 240)
    assert cost(9_000, 9_000) == cost(0, 0) == pictures.MOST_TOKENS


def test_a_picture_too_large_for_a_model_is_not_counted_as_sent() -> None:
    small, large = replace(SEEN, tokens=0), replace(SEEN, tokens=0, size=pictures.SENT + 1)
    assert pictures.counted(small).tokens == pictures.tokens(small) > 0
    assert pictures.counted(large) is large


def returned(*found: Picture, **facts: Any) -> CallReturned:
    return CallReturned(
        at=NOW, step=3, tool="mail", call="3.2", outcome=Outcome.OK, verdict=Verdict.SUCCEEDED,
        pictures=found, **facts,
    )  # fmt: skip


@given(st.lists(KEPT, max_size=3))
def test_what_an_event_keeps_of_its_pictures_comes_back_the_same(found: list[Picture]) -> None:
    event = returned(*found)
    columns, data = codec.encode(event)
    assert codec.decode(event.kind, columns, data) == event
    assert codec.decode(event.kind, columns, {**data, "pictures": []}) == returned()


def test_an_event_of_before_there_were_pictures_has_none() -> None:
    columns, data = codec.encode(returned())
    older = {name: value for name, value in data.items() if name != "pictures"}
    assert codec.decode("call.returned", columns, older) == returned()


def test_the_planner_is_told_the_result_with_its_pictures_and_pays_for_them() -> None:
    flight = BUSY.flights[0]
    event = replace(returned(SEEN, UNSEEN, result="shot"), call=flight.call)
    told = changes(event)["history"][-1]
    assert told.pictures == (SEEN, UNSEEN)
    bare = replace(told, pictures=())
    lines = 2 * pictures.LINE
    assert tokens.of_message(told) == tokens.of_message(bare) + SEEN.tokens + lines


def test_the_pictures_of_what_came_back_are_on_its_event() -> None:
    flight = BUSY.flights[0]
    back = Returned(Outcome.OK, {"a": 1}, pictures=(SEEN,))
    event = call_outcomes.as_returned(
        BUSY, flight, back, Meaning(Verdict.SUCCEEDED), None, None, NOW
    )
    assert event.pictures == (SEEN,)


ORIGIN = run_ledger.EventOrigin(UUID(int=5), UUID(int=7), "desk", "")


def test_the_journal_keeps_the_bytes_beside_the_event_which_owns_them() -> None:
    _, found = taken(pictures.inlined(png()))
    [row], [event] = run_ledger.rows([returned(*found)], ORIGIN)
    [blob] = row.blobs
    assert blob.content == png()
    assert blob.sha256 == hashlib.sha256(blob.salt + blob.content).digest()
    [(_, params)] = row.insertions()
    assert params[1] == row.digest
    assert isinstance(event, CallReturned)
    [kept] = event.pictures
    assert (kept.content, kept.sha256) == (b"", found[0].sha256)
    assert row.record.beside == ()
    assert [mark["sha256"] for mark in spill.references(row.record.data)] == [found[0].sha256]
    assert spill.read(blob.content, kept.mark) == text(png())


def test_a_large_result_is_spilled_and_its_pictures_are_kept_all_the_same() -> None:
    _, found = taken(pictures.inlined(png()))
    row = encoding.row(
        run_ledger.record(returned(*found, result="x" * 300_000), ORIGIN), lambda size: b"r" * size
    )
    assert [blob.size for blob in row.blobs] == [300_000, len(png())]
    assert len(spill.references(row.record.data)) == 2


@pytest.mark.parametrize(
    "model",
    [
        "claude-3-5-sonnet-latest", "claude-haiku-4-5", "claude-opus-5", "gpt-4o-mini", "gpt-4.1",
        "gpt-5-mini", "o3", "o4-mini", "gemini-3-pro", "pixtral-large", "openai/gpt-4o",
        "qwen2.5-vl-72b", "Qwen3-VL-8B", "llama-3.2-11b-vision-instruct", "llava", "gemma-3-27b-it",
        "us.anthropic.claude-sonnet-4-5",
    ],
)  # fmt: skip
def test_a_model_whose_maker_says_so_takes_pictures(model: str) -> None:
    assert sight.sees(model)


@pytest.mark.parametrize(
    "model",
    [
        "gpt-3.5-turbo", "o3-mini", "o1-mini", "deepseek-chat", "smollm2", "llama-3.3-70b",
        "mistral-large-latest", "qwen3-32b", "claude-2.1", "my-own", "gemma-2-9b", "phi-4", "",
    ],
)  # fmt: skip
def test_of_every_other_model_nobody_knows_and_it_is_sent_none(model: str) -> None:
    assert not sight.sees(model)


def test_an_agents_own_word_goes_before_the_models_name() -> None:
    assert sight.sees("my-own", "yes")
    assert not sight.sees("gpt-4o", "no")


def messages(*found: Picture) -> list[ContextMessage]:
    call = ToolCall("c1", "shot", {})
    return [
        ContextMessage(Speaker.USER, "Look."),
        ContextMessage(Speaker.ASSISTANT, "", calls=(call,)),
        ContextMessage(Speaker.TOOL, "a page", call_id="c1", tool="shot", pictures=found),
    ]


def test_a_request_carries_the_newest_pictures_up_to_a_bound() -> None:
    many = [replace(SEEN, sha256=f"{each:064x}") for each in range(30)]
    told = [message for each in many for message in messages(each)]
    carried = sight.carried(told)
    assert [each.sha256 for each in carried] == [each.sha256 for each in many[:-21:-1]]
    heavy = [replace(each, size=9_000_000) for each in many]
    assert len(sight.carried([m for each in heavy for m in messages(each)])) == 2
    assert sight.carried(messages(UNSEEN, SEEN, SEEN)) == [SEEN]


async def test_a_picture_that_was_erased_meanwhile_is_told_of_in_words() -> None:
    async def gone(_: Picture) -> str:
        raise LookupError("erased")

    assert await sight.loaded([SEEN], gone) == {}
    assert await sight.loaded([SEEN], None) == {}


def talk(*found: Picture) -> Conversation:
    return conversation.conversation(messages(*found), {SEEN.sha256: "QUJD"})


NAMED = conversation.Names({"shot": "shot"})
BLIND = "a page\n[an image (png, 90 bytes) that this model cannot see]"


def test_the_messages_format_carries_a_picture_within_its_result() -> None:
    [*_, told] = anthropic_wire.messages(talk(SEEN, UNSEEN), NAMED, "maker")
    [result] = told["content"]
    source = {"type": "base64", "media_type": "image/png", "data": "QUJD"}
    assert result["content"] == [
        {"type": "text", "text": BLIND},
        {"type": "image", "source": source},
    ]


def test_the_chat_format_carries_it_in_a_turn_of_its_own_after_all_results() -> None:
    *_, result, shown = openai_wire.messages(talk(SEEN, UNSEEN), NAMED, "maker")
    assert result == {"role": "tool", "tool_call_id": "c1", "content": BLIND}
    assert shown["role"] == "user"
    said, image = shown["content"]
    assert said == {"type": "text", "text": "[1 image of the result of c1]"}
    assert image == {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}


def test_a_model_that_cannot_see_is_told_so_on_both_wires() -> None:
    blind = conversation.conversation(messages(SEEN))
    [*_, told] = anthropic_wire.messages(blind, NAMED, "maker")
    assert told["content"][0]["content"] == [{"type": "text", "text": BLIND}]
    assert openai_wire.messages(blind, NAMED, "maker")[-1]["content"] == BLIND


def test_a_page_tells_what_each_picture_is() -> None:
    _, data = codec.encode(returned(SEEN, replace(SEEN, kind="jpeg", width=0, size=5_000_000)))
    record = JournalRecord("call.returned", datetime.now(UTC), "tool", UUID(int=1), data=data)
    found = shown_pictures.of([Stored(9, UUID(int=2), 4, record)])
    assert [(each.seq, each.place) for each in found] == [(4, 1), (4, 2)]
    assert [each.title for each in found] == ["png, 640 × 480, 90 bytes", "jpeg, 5 MB"]
