"""Effect keys that are taken over all runs of the house: one row a call, written in the transaction
of its intent. One row of a key holds it, so that of two runs with one key only one gets it.

A row is deleted in the transaction that records that its call did not happen or was undone; the one
that had made way for it, because a person was told of that, holds the key again. It holds a digest
and no content.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from policies.gate.effect_keys import EarlierEffect
from runs.engine.actions import Statement
from runs.engine.kept_calls import KeyedCall
from runs.engine.state import RunState

ONCE = "runs_effect_held_once"
"""The constraint by which the second of two claims fails, and its whole commit with it."""
OVER = """DELETE FROM runs_effectclaim WHERE (key = %s AND until <= now())
    OR id IN (SELECT id FROM runs_effectclaim WHERE until <= now() LIMIT 20
        FOR UPDATE SKIP LOCKED)"""
"""Forgets the rows of the key whose window is over, and some others."""
GIVE_WAY = """UPDATE runs_effectclaim SET holds = false WHERE key = %s AND holds
    AND (run = %s OR run::text || '/' || call = ANY(string_to_array(%s, ' ')))"""
"""Has the run's own call make way, or one that a person was told of."""
TAKE = """INSERT INTO runs_effectclaim (key, run, call, step, done, holds, at, until)
    VALUES (%s, %s, %s, %s, false, true, now(), %s)"""
DONE = "UPDATE runs_effectclaim SET done = true WHERE key = %s AND run = %s AND call = %s"
FREE = """WITH gone AS (DELETE FROM runs_effectclaim WHERE key = %s AND run = %s AND call = %s
        RETURNING key, holds)
    UPDATE runs_effectclaim SET holds = true WHERE id = (
        SELECT before.id FROM gone JOIN runs_effectclaim before USING (key)
        WHERE gone.holds AND NOT before.holds AND before.until > now()
        ORDER BY before.at DESC, before.id DESC LIMIT 1)"""
"""Deletes the call's row. If it held the key, the newest that had made way holds it again."""
FIND = """SELECT run::text, call, step, done, at FROM runs_effectclaim
    WHERE key = %s AND holds AND until > now() AND run <> %s"""


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
        giving_way = (call.key, run, call.repeats)
        return (OVER, (call.key,)), (GIVE_WAY, giving_way), (TAKE, taking)
    return ((DONE, (call.key, run, call.call)),) if call.done and not was.done else ()


def free(run: UUID, call: KeyedCall) -> Statement:
    return FREE, (call.key, run, call.call)


def earlier(row: Sequence[Any] | None) -> EarlierEffect | None:
    """The call of another run that a row found by `FIND` tells of."""
    if row is None:
        return None
    run, call, step, done, at = row
    return EarlierEffect(call, step, done, run, at)
