"""The sums of Insights of a large data set: every agent has called each of its tools on each day of
the year, and in each hour of the last two weeks.
"""

from datetime import timedelta
from typing import Any

import psycopg

from console.bench import large_set_house, large_set_rows
from console.bench.large_set_house import BEGIN, LargeSet

YEAR, HOURS, MOST_PER_DAY = 365, 14 * 24, 100
TOOK = tuple(f"took:{bucket:02}" for bucket in range(14, 22))
MEASURES = {
    "call": ("succeeded", "no_success", "error", *TOOK[:6]),
    "turn": ("turns", "failed", "usd", *TOOK),
    "ask": ("asked", "decided", *TOOK[:4]),
    "end": ("ended",),
}
FILL = """INSERT INTO insights_rollup (span, at, noun, agent, name, measure, amount)
    SELECT %(span)s, at, noun, 'agent-' || lpad(agent::text, 2, '0'), name, measure, 3
    FROM generate_series(%(first)s::timestamptz, %(last)s, %(step)s) AS at,
        generate_series(0, %(agents)s - 1) AS agent,
        unnest(%(nouns)s::text[], %(names)s::text[], %(measures)s::text[])
            AS told (noun, name, measure)"""

MONTHS = """INSERT INTO insights_rollup (span, at, noun, agent, name, measure, amount)
    SELECT 'month', date_trunc('month', at, 'UTC'), noun, agent, name, measure, sum(amount)
    FROM insights_rollup WHERE span = 'day' GROUP BY 2, 3, 4, 5, 6"""


def fill(raw: psycopg.Connection[Any], house: LargeSet) -> None:
    """Fewer days in a house of fewer runs."""
    days = min(YEAR, house.runs // MOST_PER_DAY)
    last = BEGIN + timedelta(days=YEAR)
    told = list(sums())
    facts = {
        "agents": large_set_house.AGENTS,
        **{f"{name}s": [each[place] for each in told]
           for place, name in enumerate(("noun", "name", "measure"))},
    }  # fmt: skip
    spans = {"day": timedelta(days=1) * days, "hour": timedelta(hours=1) * min(HOURS, days)}
    for span, length in spans.items():
        step = timedelta(**{f"{span}s": 1})
        raw.execute(FILL, {**facts, "span": span, "first": last - length, "last": last - step,
                           "step": step})  # fmt: skip
    raw.execute(MONTHS)


def sums() -> list[tuple[str, str, str]]:
    """What is summed of each agent: noun, name, measure."""
    names = {
        "call": large_set_house.TOOLS,
        "turn": (large_set_house.MODEL,),
        "ask": large_set_rows.ASKED[:2],
        "end": ("COMPLETED", *large_set_house.BAD, *large_set_house.CALM),
    }
    return [
        (noun, name, measure)
        for noun, each in names.items()
        for name in each
        for measure in MEASURES[noun]
    ]
