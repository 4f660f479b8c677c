"""Effect keys that are taken over all runs of the house: one row a key, written in the transaction
of the intent that takes it, so that of two runs with one key only one gets it.

A row is deleted in the transaction that records that its call did not happen or was undone. It
holds a digest and no content.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from policies.gate.effect_keys import EarlierEffect
from runs.engine.actions import Statement
from runs.engine.state import KeyedCall, RunState

ONCE = "runs_effectclaim_pkey"
"""The constraint by which the second of two claims fails, and its whole commit with it."""
OVER = """DELETE FROM runs_effectclaim
    WHERE (key = %s AND (until <= now() OR run = %s
        OR run::text || '/' || call = ANY(string_to_array(%s, ' '))))
    OR key IN (SELECT key FROM runs_effectclaim WHERE until <= now() LIMIT 20
        FOR UPDATE SKIP LOCKED)"""
TAKE = """INSERT INTO runs_effectclaim (key, run, call, step, done, at, until)
    VALUES (%s, %s, %s, %s, false, now(), %s)"""
DONE = "UPDATE runs_effectclaim SET done = true WHERE key = %s AND run = %s AND call = %s"
FREE = "DELETE FROM runs_effectclaim WHERE key = %s AND run = %s AND call = %s"
FIND = """SELECT run::text, call, step, done, at FROM runs_effectclaim
    WHERE key = %s AND until > now() AND run <> %s"""


# the row that makes way is the run's own, one whose window is over, or the one that a person was
# told of; some others that are over are forgotten as well


class EffectTaken(Exception):
    """Another run was quicker to claim the effect of a call; this commit has changed nothing."""


def statements(run: UUID, before: RunState, after: RunState) -> Sequence[Statement]:
    """What a commit that leads from one state to the other does to claims; nearly always
    nothing.
    """
    if before.effects is after.effects:
        return ()
    were, now = claimed(before), claimed(after)
    gone = [free(run, each) for call, each in were.items() if call not in now]
    return [*gone, *(made for each in now.values() for made in changes(run, were, each))]


def claimed(state: RunState) -> Mapping[str, KeyedCall]:
    """The calls whose key is taken over all runs, by their names."""
    return {each.call: each for each in state.effects if each.until is not None}


def changes(run: UUID, were: Mapping[str, KeyedCall], call: KeyedCall) -> Sequence[Statement]:
    was = were.get(call.call)
    if was is None:
        taking = (call.key, run, call.call, call.step, call.until)
        return (OVER, (call.key, run, call.repeats)), (TAKE, taking)
    return ((DONE, (call.key, run, call.call)),) if call.done and not was.done else ()


def free(run: UUID, call: KeyedCall) -> Statement:
    return FREE, (call.key, run, call.call)


def earlier(row: Sequence[Any] | None) -> EarlierEffect | None:
    """The call of another run that a row found by `FIND` tells of."""
    if row is None:
        return None
    run, call, step, done, at = row
    return EarlierEffect(call, step, done, run, at)
