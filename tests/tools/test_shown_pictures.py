"""A picture that a real MCP server gives: sent to a model that sees, shown to who may see the
result, and gone when the run is erased.
"""

import json
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from console.journal import append as journal
from console.journal import proof
from console.journal.models import Blob
from runs import run_erasure, services
from runs.engine.vocabulary import RunStatus
from runs.models import Agent, McpServer, Run
from runs.runtime import loop, worker_process
from runs.tools import mcp_sessions
from tests.pages.people import person, signed_in
from tests.picture_files import SVG, png, text
from tests.planners.speaking import Speaker, speaking

pytestmark = pytest.mark.django_db(transaction=True)
PROGRAM = Path(__file__).with_name("parts_server.py")
SHOT = png(40, 30)
IMAGE = {"type": "image", "data": text(SHOT), "mimeType": "image/png"}
DRAWING = {"type": "image", "data": text(SVG), "mimeType": "image/svg+xml"}
GIVEN = {"answer": {"result": {"content": [{"type": "text", "text": "a page"}, IMAGE, DRAWING]}}}


@pytest.fixture(autouse=True)
def _rest(transactional_db: None) -> Iterator[None]:
    yield
    loop.run(mcp_sessions.close_all(), 10)
    worker_process.rest()


def chatting(body: dict[str, Any]) -> tuple[int, Any]:
    """A server of the chat format that wants the picture, and then has seen enough."""
    usage = {"prompt_tokens": 900, "completion_tokens": 9}
    if any(each["role"] == "assistant" for each in body["messages"]):
        message: dict[str, Any] = {"content": "Seen."}
    else:
        function = {"name": "parts_give", "arguments": json.dumps(GIVEN)}
        message = {"tool_calls": [{"function": function}]}
    return 200, {"choices": [{"message": message}], "model": body["model"], "usage": usage}


def anthropic(body: dict[str, Any]) -> tuple[int, Any]:
    usage = {"input_tokens": 900, "output_tokens": 9}
    if any(each["role"] == "assistant" for each in body["messages"]):
        content: list[dict[str, Any]] = [{"type": "text", "text": "Seen."}]
    else:
        content = [{"type": "tool_use", "id": "t1", "name": "parts_give", "input": GIVEN}]
    return 200, {"content": content, "stop_reason": "end_turn", "usage": usage}


def played(speaker: Speaker, planner: str, **facts: Any) -> Run:
    """A run that took the picture and ended."""
    server = McpServer.objects.create(
        name="parts",
        command=f"{sys.executable} {shlex.quote(str(PROGRAM))}",
        overrides={"give": {"effect": "read", **facts.pop("tool", {})}},
    )
    agent = Agent.objects.create(
        name="eye", title="Eye", planner=planner, base_url=speaker.base_url, **facts
    )
    agent.mcp_servers.add(server)
    run = services.start(
        agent=agent,
        goal="what is on the page?",
        principal=User.objects.create_user("olga"),
        at=datetime.now(UTC),
    )
    worker_process.advance(run.pk)
    run.refresh_from_db()
    assert (run.status, run.stop_detail) == (RunStatus.COMPLETED, "")
    return run


def returned(run: Run) -> Any:
    [found] = [
        each for each in journal.read(connection, run.pk) if each.record.kind == "call.returned"
    ]
    return found


def test_a_model_of_the_chat_format_that_sees_is_sent_the_picture_itself() -> None:
    with speaking(chatting) as speaker:
        run = played(speaker, "openai:gpt-4o")
    shown = speaker.asked[1]["messages"][-1]
    assert shown["content"][1]["image_url"]["url"] == f"data:image/png;base64,{text(SHOT)}"
    kept = returned(run).record.data
    assert kept["pictures"][0]["tokens"] > 0
    assert text(SHOT) not in json.dumps(kept)
    assert journal.read(connection, run.pk)[-1].record.kind == "run.completed"


def test_a_model_of_the_messages_format_that_sees_is_sent_it_within_the_result() -> None:
    with speaking(anthropic) as speaker:
        played(speaker, "anthropic:claude-opus-5")
    [result] = [
        block
        for block in speaker.asked[1]["messages"][-1]["content"]
        if block["type"] == "tool_result"
    ]
    assert result["content"][1]["source"]["data"] == text(SHOT)


@pytest.mark.parametrize(
    ("planner", "facts"),
    [("openai:my-own", {}), ("openai:gpt-4o", {"sees_pictures": "no"})],
)
def test_a_model_that_cannot_see_is_told_what_it_is(planner: str, facts: dict[str, str]) -> None:
    with speaking(chatting) as speaker:
        played(speaker, planner, **facts)
    told = speaker.asked[1]["messages"][-1]
    assert told["role"] == "tool"
    assert f"[an image (png, {len(SHOT)} bytes) that this model cannot see]" in told["content"]
    assert "image_url" not in json.dumps(speaker.asked)


def test_who_may_see_the_result_sees_its_picture_alone_in_a_sandbox() -> None:
    with speaking(chatting) as speaker:
        run = played(speaker, "openai:gpt-4o")
    address = f"/runs/{run.pk}/events/{returned(run).seq}/pictures/1/"
    operator = signed_in("operator")
    assert f'src="{address}"' in operator.get(f"/runs/{run.pk}/").content.decode()
    answer = operator.get(address)
    assert (answer.content, answer["Content-Type"]) == (SHOT, "image/png")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Disposition"].startswith("inline; filename=")
    assert "no-store" in answer["Cache-Control"]
    assert operator.get(address.replace("/1/", "/2/")).status_code == 404
    assert operator.get(address.replace("/1/", "/0/")).status_code == 404
    assert "an image (png" in operator.get(f"/runs/{run.pk}/steps/2/").content.decode()


def test_who_may_not_see_the_result_is_neither_shown_nor_told_of_it() -> None:
    with speaking(chatting) as speaker:
        run = played(speaker, "openai:gpt-4o")
    address = f"/runs/{run.pk}/events/{returned(run).seq}/pictures/1/"
    viewer = signed_in("viewer")
    assert viewer.get(address).status_code == 404
    assert "/pictures/" not in viewer.get(f"/runs/{run.pk}/").content.decode()
    assert Client().get(address).status_code == 302


def test_a_picture_that_is_always_hidden_is_nobodys_to_see() -> None:
    with speaking(chatting) as speaker:
        run = played(speaker, "openai:gpt-4o", tool={"visibility": "always_hidden"})
    address = f"/runs/{run.pk}/events/{returned(run).seq}/pictures/1/"
    assert [signed_in(each).get(address).status_code for each in ("operator", "admin")] == [404] * 2


def test_a_picture_is_erased_with_its_event_and_the_journal_still_proves() -> None:
    with speaking(chatting) as speaker:
        run = played(speaker, "openai:gpt-4o")
    address = f"/runs/{run.pk}/events/{returned(run).seq}/pictures/1/"
    assert [each.content for each in Blob.objects.all()] == [SHOT]
    proved = proof.prove(journal.raw_connection(connection))
    assert (proved.faults, proved.blobs) == ([], 1)
    run_erasure.erase(run_id=run.pk, actor="user:ada", reason="asked for", at=datetime.now(UTC))
    assert [each.content for each in Blob.objects.all()] == [None]
    assert proof.prove(journal.raw_connection(connection)).faults == []
    operator = Client()
    operator.force_login(person("operator"), backend="django.contrib.auth.backends.ModelBackend")
    assert operator.get(address).status_code == 404
    assert operator.get(f"/runs/{run.pk}/").status_code == 200
