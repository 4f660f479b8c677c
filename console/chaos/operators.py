"""`python -m console.chaos.operators`: the operators' process, which also reads the journal. Takes
one JSON command a line and answers with one JSON line.

An unreachable database is a valid answer, since chaos takes it away on purpose.
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
    """Answer commands until the input ends. An answer is {"said": …}, or {"away": why} where the
    database could not be asked.
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
