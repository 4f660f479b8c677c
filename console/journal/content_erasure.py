"""Taking content out of the journal for good, so that the chain still proves and says who did it,
when and why.

The database itself erases (`journal_erase`): only what a `content.erased` event of that very chain
orders, only salt and content, and never of a chain that is still being written. Whoever keeps
content elsewhere (a run's row, a request, a delivery) registers how it is blanked there.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from console.journal import append, content_index
from console.journal.ledger import Ledger
from console.journal.records import VISIBLE, JournalRecord

KIND = "content.erased"
ERASED = KIND.encode()
Blank = Callable[[UUID], None]
_blanks: list[Blank] = []


def also(blank: Blank) -> Blank:
    """Register a function that blanks an app's own copies of a chain's content, in the same
    transaction. Usable as a decorator.
    """
    if blank not in _blanks:
        _blanks.append(blank)
    return blank


def erase(
    ledger: Ledger,
    chain: UUID,
    *,
    last: int,
    correlation_id: UUID,
    actor: str,
    reason: str,
    at: datetime,
) -> int:
    """Erase the content of the chain's events up to seq `last`; gives how many had content.

    Raises psycopg's `RestrictViolation` (through Django's IntegrityError) for a chain that is still
    being written.
    """
    facts = {"last": last, "reason": reason}
    order = JournalRecord(KIND, at, actor, correlation_id, visibility=VISIBLE, data=facts)
    with transaction.atomic():
        append.append(connection, ledger, chain, [order], epoch=None, projection={})
        with connection.cursor() as cursor:
            cursor.execute("SELECT journal_erase(%s)", [chain])
            erased = int(cursor.fetchone()[0])
        content_index.erased(chain)
        for blank in _blanks:
            blank(chain)
    return erased


def retire(chain: UUID, *, ledger: Ledger, actor: str, reason: str, at: datetime) -> None:
    """Delete all events of an ended chain. One `run.retired` on the house's chain keeps how many
    there were, and their head.

    Call it in the transaction that deletes the ledger's own row, before that.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT seq, encode(head, 'hex') FROM {ledger.table} WHERE id = %s FOR UPDATE", [chain]
        )
        seq, head = cursor.fetchone()
        facts = {"run": str(chain), "events": seq, "head": head, "reason": reason}
        append.note(kind="run.retired", actor=actor, at=at, data=facts)
        content_index.forget(chain)
        cursor.execute("SELECT journal_retire(%s)", [chain])
