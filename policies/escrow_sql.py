"""The one statement that moves the escrow, and the one that opens a pot. Text and parameters only; nothing is sent from here.

Every statement locks its pots in the order of their ids and a grant after its pot, so that no two of them can wait for each other.
It does not wait for the disk, or all runs of a budget would queue for it one by one: the journal's commit of whatever a grant is
spent on does, and carries all that was written before it. What a crash of the database can lose is a grant nobody has spent from
yet; the next move of its run counts from the mark that its purse remembers.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from policies.rules.budget_purse import Answer, Entry

SHARE = 128
"""A grant takes no more than this part of what is left for the calls after the next one: near its end a budget is granted call by call."""

MOVE = """
WITH entry AS (
    SELECT * FROM unnest(%(budget)s::bigint[], %(holder)s::text[], %(begun)s::timestamptz[], %(total)s::numeric[], %(mark)s::numeric[],
        %(kept)s::numeric[], %(estimate)s::numeric[], %(typical)s::numeric[], %(ahead)s::int[], %(until)s::timestamptz[],
        %(at_risk)s::numeric[], %(unpriced)s::int[])
        AS e(budget_id, holder, starts_at, total, mark, kept, estimate, typical, ahead, until, at_risk, unpriced)
), pot AS (
    SELECT e.*, p.id, p.spent, p.reserved, p.warned, b.amount AS most
    FROM entry e JOIN policies_escrow p USING (budget_id, holder, starts_at) JOIN policies_budget b ON b.id = p.budget_id
    ORDER BY p.id FOR UPDATE OF p
), held AS (
    SELECT g.escrow_id, g.amount, g.epoch, g.mark, g.call
    FROM pot JOIN policies_grant g ON g.escrow_id = pot.id AND g.run = %(run)s::uuid FOR UPDATE OF g
), counted AS (
    SELECT pot.*, coalesce(h.amount, 0) AS held, coalesce(h.epoch > %(epoch)s::int, false) AS superseded,
        pot.kept + coalesce(greatest(pot.total - coalesce(h.mark, pot.mark), 0), 0)
            + CASE WHEN h.epoch < %(epoch)s::int OR h.epoch IS NOT NULL AND %(lost)s::bool THEN h.call ELSE 0 END AS used
    FROM pot LEFT JOIN held h ON h.escrow_id = pot.id
), weighed AS (
    SELECT *, most - spent - used - (reserved - held) AS room FROM counted
), verdict AS (
    SELECT count(*) = cardinality(%(budget)s) AND NOT bool_or(superseded) AND bool_and(estimate IS NULL OR room >= estimate) AS yes
    FROM weighed
), given AS (
    SELECT w.*, CASE WHEN v.yes AND estimate > 0
        THEN estimate + typical * least(ahead, floor((room - estimate) / (%(share)s::int * typical))) ELSE 0 END AS part
    FROM weighed w CROSS JOIN verdict v
), moved AS (
    UPDATE policies_escrow p SET spent = g.spent + g.used, reserved = g.reserved - g.held + g.part, unpriced = p.unpriced + g.unpriced
    FROM given g WHERE p.id = g.id AND NOT g.superseded
), granted AS (
    INSERT INTO policies_grant (escrow_id, run, epoch, amount, mark, call, expires_at)
    SELECT id, %(run)s::uuid, %(epoch)s::int, part, total, least(part, at_risk), until
    FROM given WHERE (estimate IS NOT NULL OR %(lost)s::bool) AND NOT superseded
    ON CONFLICT (run, escrow_id) DO UPDATE SET epoch = excluded.epoch, amount = excluded.amount, mark = excluded.mark,
        call = excluded.call, expires_at = excluded.expires_at
), gone AS (
    DELETE FROM policies_grant d USING given g
    WHERE d.escrow_id = g.id AND d.run = %(run)s::uuid AND g.estimate IS NULL AND NOT %(lost)s::bool AND NOT g.superseded
)
SELECT budget_id, holder, starts_at, part, spent + used, reserved - held + part, warned, coalesce(room >= estimate, true), superseded,
    set_config('synchronous_commit', 'off', true)
FROM given
"""

OPEN = """
INSERT INTO policies_escrow (budget_id, holder, starts_at, spent, reserved, warned, unpriced)
SELECT b.id, e.holder, e.starts_at, 0, 0, 0, 0
FROM unnest(%(budget)s::bigint[], %(holder)s::text[], %(begun)s::timestamptz[]) AS e(budget_id, holder, starts_at)
JOIN policies_budget b ON b.id = e.budget_id
ON CONFLICT (budget_id, starts_at, holder) DO NOTHING RETURNING id
"""

Statement = tuple[str, Mapping[str, Any]]


def move(run: UUID, epoch: int, entries: Sequence[Entry], *, lost: bool = False) -> Statement:
    """Settle, give back and grant anew, all of it or only the first two. In autocommit: it is a transaction of its own.

    `lost`: nobody lives in that epoch of the run any more. Its grants are then emptied and stay, in case somebody does after all.
    """
    columns = {name: [getattr(entry, name) for entry in entries] for name in Entry.__dataclass_fields__}
    return MOVE, {**columns, "run": run, "epoch": epoch, "lost": lost, "share": SHARE}


def opening(entries: Sequence[Entry]) -> Statement:
    """Make the pots that are not there yet."""
    return OPEN, {name: [getattr(entry, name) for entry in entries] for name in ("budget", "holder", "begun")}


def answer(row: Sequence[Any]) -> Answer:
    budget, holder, begun, granted, spent, reserved, warned, fits, superseded, _ = row
    return Answer((budget, holder, begun), Decimal(granted), spent, reserved, warned, fits, superseded)
