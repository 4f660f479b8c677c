"""What one turn of a model cost, in words. Pure text."""

from decimal import Decimal

from console import figures
from console.journal.records import JournalRecord

MILLION = Decimal(1_000_000)


def tokens(record: JournalRecord) -> str:
    return f"{roughly(record)}{record.tokens_in:,} → {record.tokens_out:,}"


def cost(record: JournalRecord) -> str:
    return "no price" if record.usd is None else f"{roughly(record)}{figures.money(record.usd)}"


def in_words(record: JournalRecord) -> str:
    return "no price" if record.usd is None else f"{about(record)}{figures.money(record.usd)}"


def about(record: JournalRecord) -> str:
    """The word before a figure in a sentence that is our own estimate."""
    return "about " if record.data.get("estimated") else ""


def roughly(record: JournalRecord) -> str:
    """The mark before an estimate in a column, which has no room for a word."""
    return "~" if record.data.get("estimated") else ""


def paid(record: JournalRecord) -> str:
    """Tokens, the share of those sent that the provider had in its cache, cost, and the price for a
    million tokens that this comes to; empty for a turn of which nothing was counted.
    """
    count = record.tokens_in + record.tokens_out
    if not count:
        return ""
    cached = int(record.data.get("cached") or 0)
    share = f" ({cached / record.tokens_in:.0%} cached)" if cached and record.tokens_in else ""
    said = f"{about(record)}{record.tokens_in:,} tokens sent{share}, {record.tokens_out:,} answered"
    if not record.usd:
        return f"{said} · {in_words(record)}"
    price = figures.exact_money(record.usd * MILLION / count)
    return f"{said} · {in_words(record)}, {price} for a million"
