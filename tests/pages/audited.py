"""A story for the tests of the audit page."""

from dataclasses import replace
from uuid import UUID

from tests.journal.ledgers import chain, record, write

STORY = UUID("3f2a9c1e-0000-4000-8000-000000000001")


def written_story() -> UUID:
    """A run of six events: a system prompt, two calls of tools, a goal, an answer, a person's
    pause; and one of another story.
    """
    key = chain()
    secret = record(
        1,
        kind="run.briefed",
        visibility="always_hidden",
        data={"prompt": "the secret prompt"},
        tool="",
        actor="supervisor",
    )
    goal = record(
        0,
        kind="run.created",
        visibility="visible",
        data={"goal": "refund order 7"},
        tool="",
        actor="user:anna",
    )
    calls = [record(2), record(3, tool="charge_card", outcome="error", verdict="failed")]
    pause = record(
        4, kind="run.pause_requested", visibility="visible", tool="", actor="user:bert", data={}
    )
    answer = record(5, kind="run.completed", visibility="visible", tool="", data={"final": "done"})
    write(
        key,
        *(replace(each, correlation_id=STORY) for each in [goal, secret, *calls, pause, answer]),
    )
    write(chain(), record(3))
    return key
