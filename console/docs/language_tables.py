"""The fields of the query language as Markdown tables: of runs and events, of requests, and the
words that a field takes.
"""

from collections.abc import Iterable, Iterator

from runs.language.query_fields import FIELDS, OF_REQUESTS, QueryField


def of_runs() -> str:
    return table(FIELDS.values())


def of_requests() -> str:
    return table(OF_REQUESTS.values())


def words() -> str:
    """The words of each field that takes a few which need an explanation."""
    told = [field for field in FIELDS.values() if any(meaning for _, meaning in field.words)]
    return "\n\n".join(part for field in told for part in explained(field))


def explained(field: QueryField) -> Iterator[str]:
    yield f"**`{field.name}:`**"
    yield "\n".join(f"- `{word}`: {meaning}" for word, meaning in field.words)


def table(fields: Iterable[QueryField]) -> str:
    rows = (f"| `{field.name}` | {field.meaning} | `{field.example}` |" for field in fields)
    return "\n".join(["| Field | What it is | As in |", "| --- | --- | --- |", *rows])
