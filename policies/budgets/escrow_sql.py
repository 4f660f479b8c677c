"""The one statement that moves the escrow, and the one that opens a bucket.

Text and parameters only; nothing is sent from here.

Every statement locks its buckets in the order of their ids and a grant after its bucket, so that no
two of them can wait for each other. It does not wait for the disk, or all runs of a budget would
queue for it one by one: the journal's commit of whatever a grant is spent on does, and carries all
that was written before it. What a crash of the database can lose is a grant nobody has spent from
yet; the next move of its run counts from the mark that its allowance remembers.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from policies.budgets.escrow_entry import EscrowAnswer, EscrowEntry

SHARE = 128
"""A grant takes no more than this part of what is left for the calls after the next one: near its
end a budget is granted call by call.
"""

MOVE = """
WITH entry AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS e(budget_id bigint, holder text,
    starts_at timestamptz, total numeric, mark numeric,
        kept numeric, estimate numeric, typical numeric, ahead int, until timestamptz,
        at_risk numeric, unpriced int)
), bucket AS (
    SELECT e.*, p.id, p.spent, p.reserved, p.warned, b.amount AS most
    FROM entry e JOIN policies_escrow p USING (budget_id, holder, starts_at)
    JOIN policies_budget b ON b.id = p.budget_id
    ORDER BY p.id FOR UPDATE OF p
), held AS (
    SELECT g.escrow_id, g.amount, g.epoch, g.mark, g.call
    FROM bucket JOIN policies_grant g ON g.escrow_id = bucket.id AND g.run = $2::uuid
    FOR UPDATE OF g
), counted AS (
    SELECT bucket.*, h.escrow_id IS NOT NULL AS known, coalesce(h.amount, 0) AS held,
    coalesce(h.epoch > $3::int, false) AS superseded,
        bucket.kept + coalesce(greatest(bucket.total - coalesce(h.mark, bucket.mark), 0), 0)
            + CASE WHEN h.epoch < $3::int OR h.epoch IS NOT NULL AND $4::bool THEN h.call
            ELSE 0 END AS used
    FROM bucket LEFT JOIN held h ON h.escrow_id = bucket.id
), weighed AS (
    SELECT *, most - spent - used - (reserved - held) AS room FROM counted
), decision AS (
    SELECT count(*) = jsonb_array_length($1::jsonb) AND NOT bool_or(superseded)
    AND bool_and(estimate IS NULL OR room >= estimate) AS yes
    FROM weighed
), given AS (
    SELECT w.*, v.yes, CASE WHEN v.yes AND estimate > 0
        THEN estimate + typical * least(ahead, floor((room - estimate) / ($5::int * typical)))
        ELSE 0 END AS part
    FROM weighed w CROSS JOIN decision v
), moved AS (
    UPDATE policies_escrow p SET spent = g.spent + g.used, reserved = g.reserved - g.held + g.part,
    unpriced = p.unpriced + g.unpriced
    FROM given g WHERE p.id = g.id AND NOT g.superseded AND (g.used <> 0 OR g.held <> g.part
    OR g.unpriced > 0)
), granted AS (
    INSERT INTO policies_grant (escrow_id, run, epoch, amount, mark, call, expires_at)
    SELECT id, $2::uuid, $3::int, part, total, least(part, at_risk), until
    FROM given WHERE (known OR estimate IS NOT NULL AND yes OR $4::bool) AND NOT superseded
    ON CONFLICT (run, escrow_id) DO UPDATE
    SET epoch = excluded.epoch, amount = excluded.amount, mark = excluded.mark,
        call = excluded.call, expires_at = excluded.expires_at
)
SELECT budget_id, holder, starts_at, part, spent + used, reserved - held + part, warned,
    coalesce(room >= estimate, true), superseded,
    set_config('synchronous_commit', 'off', true)
FROM given
"""

OPEN = """
INSERT INTO policies_escrow (budget_id, holder, starts_at, spent, reserved, warned, unpriced)
SELECT b.id, e.holder, e.starts_at, 0, 0, 0, 0
FROM jsonb_to_recordset($1::jsonb) AS e(budget_id bigint, holder text, starts_at timestamptz)
JOIN policies_budget b ON b.id = e.budget_id
ON CONFLICT (budget_id, starts_at, holder) DO NOTHING RETURNING id
"""

EscrowStatement = tuple[str, Sequence[str]]
"""SQL and parameters for a raw cursor. All parameters are text, the entries one JSON array, so that
one prepared statement serves any number of them.
"""


def move(
    run: UUID, epoch: int, entries: Sequence[EscrowEntry], *, lost: bool = False
) -> EscrowStatement:
    """Settle, give back and grant anew; or, without an estimate, only the first two. In autocommit
    it is a transaction of its own.

    A grant that is given back is emptied and kept for a while with its epoch: a worker of an
    earlier lease that wakes up later finds that the run was taken over, and moves nothing. `lost`:
    no worker is known to hold the run under that epoch any more.
    """
    return MOVE, (encoded(entries), str(run), str(epoch), str(lost), str(SHARE))


def opening(entries: Sequence[EscrowEntry]) -> EscrowStatement:
    """Open the buckets that do not exist yet."""
    return OPEN, (encoded(entries),)


def encoded(entries: Sequence[EscrowEntry]) -> str:
    return json.dumps([columns(entry) for entry in entries], separators=(",", ":"))


def columns(entry: EscrowEntry) -> dict[str, str | int | None]:
    """The entry's columns, numbers as text, since JSON's own numbers would lose their
    last digits.
    """
    return {
        "budget_id": entry.budget,
        "holder": entry.holder,
        "starts_at": entry.begun.isoformat(),
        "total": str(entry.total),
        "mark": None if entry.mark is None else str(entry.mark),
        "kept": str(entry.kept),
        "estimate": None if entry.estimate is None else str(entry.estimate),
        "typical": str(entry.typical),
        "ahead": entry.ahead,
        "until": entry.until.isoformat(),
        "at_risk": str(entry.at_risk),
        "unpriced": entry.unpriced,
    }


def reservation(row: Sequence[Any]) -> EscrowAnswer:
    budget, holder, begun, granted, spent, reserved, warned, fits, superseded, _ = row
    return EscrowAnswer(
        (budget, holder, begun), Decimal(granted), spent, reserved, warned, fits, superseded
    )
