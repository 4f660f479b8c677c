"""The table of tools that crashed, in SQL: written by workers of tools in processes of their own,
and by guardians of lost workers.
"""

from datetime import timedelta

from runs.toolprocess.endings import ProcessEnding

WRITE = """INSERT INTO runs_toolcrash (tool, times, at, how, words)
    VALUES (%s, 1, clock_timestamp(), %s, %s)
    ON CONFLICT (tool) DO UPDATE
    SET times = runs_toolcrash.times + 1, at = excluded.at, how = excluded.how,
    words = excluded.words"""
READ = "SELECT tool FROM runs_toolcrash WHERE at > clock_timestamp() - %s"
LATELY = timedelta(days=1)
MOST_NAME = 200


def params(ending: ProcessEnding, words: str) -> list[tuple[str, str, str]]:
    """One row for each suspect. `words`: the last lines, masked."""
    return [(tool[:MOST_NAME], ending.what, words.replace("\0", "")) for tool in ending.suspects]
