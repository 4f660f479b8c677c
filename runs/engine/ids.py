"""Ids derived from a run and a place in it, so that every worker derives the same one."""

import hashlib
from collections.abc import Sequence

from runs.engine.ports import ToolCall


def call_id(step: int, index: int) -> str:
    """The name of a call within its run: step and place in the step's turn, both from 1."""
    return f"{step}.{index}"


MOST_RULED = 9
"""Calls of one turn that one commit rules on at most."""


def named(calls: Sequence[ToolCall], step: int, before: int = 0) -> dict[str, ToolCall]:
    """The next calls of one turn by their names, at most `MOST_RULED`; `before` calls of the turn
    are decided already.
    """
    ruled = calls[:MOST_RULED]
    return {call_id(step, place): call for place, call in enumerate(ruled, before + 1)}


def idempotency_key(run: str, call: str) -> str:
    """A key that all attempts of one call share, and no other call anywhere."""
    return f"{run}:{call}"


def undo_key(run: str, call: str) -> str:
    """A key that all attempts of one call's undo share. It differs from the call's own, so that the
    far side does not take the undo for the call repeated.
    """
    return f"{idempotency_key(run, call)}:undo"


def span_id(run: str, call: str) -> str:
    """A W3C trace-context span id (16 hex digits) for a call or a step."""
    return hashlib.blake2b(f"{run}:{call}".encode(), digest_size=8).hexdigest()


def dice(seed: int, *place: object) -> float:
    """A number in [0, 1) for one place of one run: the same each time it is asked for."""
    digest = hashlib.blake2b(f"{seed}:{place}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
