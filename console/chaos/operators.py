"""`python -m console.chaos.operators`: the hand of the house's people, and eyes on its journal.

Reads one JSON command a line, says one JSON answer a line. That the database is away is an answer:
taking it away is what chaos is about.
"""

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import django
import psycopg
from django.db import Error, connection

from console.stack import house


def serve(verbs: Mapping[str, Callable[..., Any]]) -> None:
    """Until nobody asks any more.

    An answer is {"said": …}, or {"away": why} where the database could not be asked.
    """
    for line in sys.stdin:
        asked = json.loads(line)
        verb = verbs[asked.pop("verb")]
        sys.stdout.write(json.dumps(answer(partial(verb, **asked)), default=str) + "\n")
        sys.stdout.flush()


def answer(act: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"said": act()}
    except (Error, psycopg.Error) as error:
        connection.close()
        return {"away": str(error)}


def main() -> None:
    with house.borrowed():
        django.setup()
        from console.chaos.acts import VERBS  # noqa: PLC0415  models are there only now

        serve(VERBS)


if __name__ == "__main__":
    main()
