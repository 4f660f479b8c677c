"""Tools that the acceptance criteria of an agent name and that the agent does not have: what is
said about them, since nothing ever calls them. Pure.
"""

from collections.abc import Iterator, Sequence

from console.json_value import Json
from policies.cel import cel_source
from policies.cel.cel_source import BadExpression, Token
from policies.patterns import guess

EQUALS = frozenset({"==", "!="})


def warnings(
    criteria: Sequence[Json], tools: Sequence[str], unseen: tuple[str, ...] = ()
) -> list[str]:
    """A sentence for each name of a tool in a criterion that is not among the agent's tools. What
    begins as `unseen` does belongs to a server of whose tools nothing is known yet.
    """
    return [
        f"Criterion “{each.get('name')}” names “{name}”, and this agent has no such tool"
        f"{guess(name, tools)}"
        for each in criteria
        if isinstance(each, dict)
        for name in dict.fromkeys(named(str(each.get("cel") or "")))
        if name not in tools and not name.startswith(unseen)
    ]


def named(source: str) -> Iterator[str]:
    """The tools that an expression names: in `called("x")`, and beside `call.tool ==`."""
    words = _words(source)
    for index, word in enumerate(words):
        if word.kind == "string" and _is_tool(words, index):
            yield word.text.strip("'\"")


def _is_tool(words: Sequence[Token], index: int) -> bool:
    before, after = ([each.text for each in part] for part in (words[:index], words[index + 1 :]))
    return (
        before[-2:] == ["called", "("]
        or (before[-3:-1] == [".", "tool"] and before[-1] in EQUALS)
        or (after[:1] != [] and after[0] in EQUALS and after[2:4] == [".", "tool"])
    )


def _words(source: str) -> list[Token]:
    """The words of an expression; none of one that cannot be read, which its form says."""
    try:
        return cel_source.tokens(source)
    except BadExpression:
        return []
