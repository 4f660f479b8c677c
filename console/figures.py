"""Figures as people read them: durations, money, counts, arguments.
Pure text, no markup, no clock."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from console.outside import visible

NOTHING = "—"
CENT = Decimal("0.01")
PLAIN_NAME = re.compile(r"[^\W_](?:[\w-]*[^\W_])?", re.ASCII)
NO_QUOTES = {ord("“"): "'", ord("”"): "'"}
MOST_NAME = 40
"""Most characters of an argument's name in a line."""
LOOSE = 4  # characters of a text that may be needed for one of it on a line


def span(seconds: float) -> str:
    """4 ms, 0.8 s, 42 s, 4 min 10 s, 2 h 5 min."""
    if seconds < 0.1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return two_parts(int(seconds), 60, "min", "s")
    return two_parts(int(seconds) // 60, 60, "h", "min")


def allowance(seconds: float) -> str:
    """A limit somebody wrote: whole seconds stay whole, `5 s`, `15 min`, `2 h`, `1 h 30 min`."""
    return f"{seconds:g} s" if seconds < 60 else span(seconds)


def two_parts(whole: int, size: int, large: str, small: str) -> str:
    return (
        f"{whole // size} {large} {whole % size} {small}"
        if whole % size
        else f"{whole // size} {large}"
    )


def clock(seconds: float) -> str:
    """A running clock: 0:07, 3:12, 1:39:47, 2 d 4 h."""
    whole = max(int(seconds), 0)
    if whole >= 86_400:
        return f"{whole // 86_400} d {whole % 86_400 // 3600} h"
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def since(start: datetime | None, end: datetime) -> float:
    return max((end - start) / timedelta(seconds=1), 0.0) if start else 0.0


def iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else ""


def moment(at: datetime) -> str:
    """A time down to the second, in UTC, as an auditor quotes it."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def day(at: datetime, now: datetime) -> str:
    """` on 20 November` behind a time of another day than today, with its year when that is another
    as well; empty today. Days are those of UTC, as the times are.
    """
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    if at.date() == now.date():
        return ""
    return f" on {at.day} {at:%B}" if at.year == now.year else f" on {at.day} {at:%B %Y}"


def hour(at: datetime) -> str:
    """A time of day, in UTC: `15:47 UTC`."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def money(usd: Decimal) -> str:
    """USD in cents; finer when it is more than nothing and less than ten cents."""
    if usd and abs(usd) < Decimal("0.0001"):
        return "<$0.0001"
    step = (
        Decimal("0.01")
        if not usd or abs(usd) >= Decimal("0.1")
        else Decimal("0.001")
        if abs(usd) >= Decimal("0.01")
        else Decimal("0.0001")
    )
    return f"${usd.quantize(step, ROUND_HALF_UP):,}"


def exact_money(usd: Decimal) -> str:
    """`$9.90`; amounts that cents cannot show keep three significant digits: `$0.00125`."""
    sign, size = ("-" if usd < 0 else ""), abs(usd)
    if size >= 1 or size == size.quantize(CENT):
        return f"{sign}${size.quantize(CENT, ROUND_HALF_EVEN):,}"
    return f"{sign}${size.quantize(Decimal(1).scaleb(size.adjusted() - 2)).normalize():f}"


def count(number: int) -> str:
    return f"{number:,}"


def short_count(number: int) -> str:
    """A count, shortened where its last digits say little: 18,420 stays, but 1.2 M and 204 k."""
    if number < 100_000:
        return f"{number:,}"
    return f"{number / 1000:,.0f} k" if number < 1_000_000 else f"{number / 1_000_000:,.1f} M"


def plural(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def file_size(size: int) -> str:
    """So many bytes, as in `820 bytes`, `12.3 kB`, `5 MB` and `78.6 GB`."""
    if size < 1_000:
        return plural(size, "byte")
    if size >= 1_000_000_000:
        return f"{size / 1_000_000_000:,.1f}".removesuffix(".0") + " GB"
    large = size >= 1_000_000
    return f"{size / (1_000_000 if large else 1_000):,.1f}".removesuffix(".0") + (
        " MB" if large else " kB"
    )


def ordinal(number: int) -> str:
    ending = (
        "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, with a mark where something is missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def line(text: str, most: int) -> str:
    """A text on one line, of at most so many characters, with a mark where some are missing."""
    head = text.lstrip()[: most * LOOSE]  # nobody reads on: it may be millions of characters long
    flat = " ".join(head.split())
    whole = len(flat) <= most and len(head) < most * LOOSE
    return flat if whole else f"{flat[: most - 1].rstrip()}…"


def named(name: str, most: int) -> str:
    """A name that somebody else chose, such as an argument's, for use within a line. One that is
    more than a word is put in quotation marks, so that nothing in it is read as part of the
    sentence.
    """
    if PLAIN_NAME.fullmatch(name):
        return line(name, most)
    return f"“{line(visible.told(name).translate(NO_QUOTES), most)}”"


def sentence(text: str) -> str:
    """The text with a full stop at its end, unless it ends with a mark already."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def plain(value: Any) -> str:
    """A JSON value as a person reads it: text bare, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def pretty(value: Any) -> str:
    """A JSON value in full: text bare, structures indented when they are large."""
    text = plain(value)
    return (
        text
        if isinstance(value, str) or len(text) <= 100
        else json.dumps(value, ensure_ascii=False, indent=2)
    )


def arguments(args: Any, most: int = 80) -> str:
    """The arguments of a call in one line: `order_id: 1042, amount: 180`."""
    if not isinstance(args, Mapping):
        return cut(plain(args), most) if args else ""
    return cut(
        ", ".join(
            f"{named(str(name), MOST_NAME)}: {' '.join(plain(value).split())}"
            for name, value in args.items()
        ),
        most,
    )
