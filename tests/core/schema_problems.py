"""What is wrong with a value by a schema, as one text."""

from typing import Any

from policies.json_schema import ready, words


def said(schema: Any, value: Any, **formats: Any) -> list[str]:
    made = ready.compiled(schema, formats, strict=True)
    return [words.sentence(problem) for problem in made.problems(value)]
