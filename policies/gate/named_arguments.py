"""Arguments that a policy names and that no tool it is for has, and tools that it names and that
nobody knows: what is said about them before they refuse anything. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from console import figures
from policies.cel import cel_source
from policies.cel.cel_source import BadExpression, Token
from policies.gate import effect_keys, known_tools
from policies.gate.gate_facts import ANY
from policies.gate.known_tools import KnownTool
from policies.gate.words import BLANK, NAME
from policies.patterns import fits, guess

COMPARING = cel_source.ORDERED | {"==", "!="}
DIRECT = (3, 4)
"""Words of `args.a` and of `args["a"]`."""
CHOOSING = frozenset({"&&", "||", "?"})
NAMED = 3  # tools that a sentence names
REFUSES_ALL = " As it stands it refuses all of them."
REFUSES_SOME = " Where it comes to that, the call is refused."


@dataclass(frozen=True, slots=True)
class NamingPolicy:
    """The parts of a policy that name tools and their arguments, as they are written."""

    tool: str = "*"
    agent: str = "*"
    effect: str = ANY
    condition: str = ""
    caps: str = ""
    effect_key: str = ""
    sentence: str = ""


def warnings(policy: NamingPolicy, tools: Sequence[KnownTool]) -> list[str]:
    """A sentence for each thing that is named and not there."""
    effect = "" if policy.effect == ANY else policy.effect
    fitting = known_tools.fitting(policy.tool, effect, tools)
    found = [*unknown_tools(policy.tool, tools)]
    if fitting and all(tool.arguments is not None for tool in fitting):
        found += [*missing(policy, fitting)]
    return list(dict.fromkeys(found))


def refusing_all(policy: NamingPolicy, tools: Sequence[KnownTool]) -> list[str]:
    """Find those warnings by which every call that the policy fits would be refused."""
    return [said for said in warnings(policy, tools) if said.endswith(REFUSES_ALL)]


def unknown_tools(patterns: str, tools: Sequence[KnownTool]) -> Iterator[str]:
    names = [tool.name for tool in tools]
    for pattern in patterns.split():
        if not any(fits(name, pattern) for name in names):
            yield f"No tool that is known here fits “{pattern}”{guess(pattern, names)}"


def missing(policy: NamingPolicy, tools: Sequence[KnownTool]) -> Iterator[str]:
    for source in (policy.condition, policy.caps):
        words = _words(source)
        always = not CHOOSING & {word.text for word in words}
        for name, asks_only in named(words):
            refuses = "" if asks_only else REFUSES_ALL if always else REFUSES_SOME
            yield from lacking(name, tools, refuses)
            if refuses == REFUSES_ALL and policy.agent == "*":
                yield from lacked_by_some(name, tools)
        yield from mixed(words, tools, always)
    for name in effect_keys.names_of(policy.effect_key):
        yield from lacking(name.partition(".")[0], tools, "")
    for inside in BLANK.findall(policy.sentence):
        if inside.startswith("args.") and NAME.fullmatch(inside):
            yield from lacking(inside.split(".")[1].partition(":")[0], tools, "")


def lacking(name: str, tools: Sequence[KnownTool], refuses: str) -> Iterator[str]:
    """What to say when no tool has the argument."""
    everything = {each for tool in tools for each in tool.arguments or ()}
    if name not in everything:
        told = guess(name, sorted(everything))
        yield f"No tool this policy fits has an argument “{name}”{told}{refuses}"


def lacked_by_some(name: str, tools: Sequence[KnownTool]) -> Iterator[str]:
    """What to say when only some have it, since a policy that cannot be asked refuses."""
    without = sorted(tool.name for tool in tools if name not in (tool.arguments or ()))
    if 0 < len(without) < len(tools):
        some = figures.plural(len(without), "tool has", "tools have")
        more = f" and {len(without) - NAMED} more" if len(without) > NAMED else ""
        shown = f"{', '.join(without[:NAMED])}{more}"
        yield f"{some} no argument “{name}”, and as it stands it refuses them: {shown}."


def mixed(words: Sequence[Token], tools: Sequence[KnownTool], always: bool) -> Iterator[str]:
    """What to say of a number that is held against a text: no order has them, and they are never
    equal.
    """
    for name, sign, text in against_texts(words):
        if tools and all(name in tool.numbers for tool in tools):
            ordered = REFUSES_ALL if always else REFUSES_SOME
            follows = ordered if sign in cel_source.ORDERED else " The two are never equal."
            yield f"“{name}” is a number, and {text} is a text: write it without quotes.{follows}"


def against_texts(words: Sequence[Token]) -> Iterator[tuple[str, str, str]]:
    """Each argument that is compared with a text as such: its name, the sign, and the text."""
    for _, start, end in cel_source.paths(words, "args"):
        beside = ((end, end + 1), (start - 1, start - 2))
        for sign, text in beside if end - start in DIRECT else ():
            if min(sign, text) < 0 or max(sign, text) >= len(words):
                continue
            if words[sign].text in COMPARING and words[text].kind == "string":
                yield words[start + 2].text.strip("'\""), words[sign].text, words[text].text


def named(words: Sequence[Token]) -> Iterator[tuple[str, bool]]:
    """Each argument that an expression reads, and whether it only asks if it is there."""
    for _, start, end in cel_source.paths(words, "args"):
        if end - start < 3:
            continue
        step = words[start + 2]
        name = step.text if step.kind == "name" else step.text.strip("'\"")
        asks = start > 1 and [word.text for word in words[start - 2 : start]] == ["has", "("]
        if step.kind != "number":
            yield name, asks


def _words(source: str) -> list[Token]:
    """The words of an expression; none of one that cannot be read, which its form says."""
    try:
        return cel_source.tokens(source)
    except BadExpression:
        return []
