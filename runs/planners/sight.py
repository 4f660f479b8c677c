"""Which models take pictures, and which of a context's pictures one request carries. Pure, except
that it asks for the bytes by the function it is given.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from runs.engine.pictures import Picture
from runs.engine.ports import ContextMessage
from runs.planners.model_settings import SIGHT

YES, NO = SIGHT
SEEING: Final = re.compile(
    r"claude-(?:3|opus|sonnet|haiku|fable|[4-9])|gpt-4o|gpt-4\.[15]|gpt-4-turbo|gpt-[5-9]|"
    r"chatgpt-4o|o1(?:-\d|$)|o1-pro|o3(?!-mini)|o4|gemini|pixtral|gemma-?[34]|llava|"
    r"llama-?3\.2-(?:11|90)b|llama-?4|qwen[\d.]*-?(?:vl|omni)|mistral-(?:small-3\.[1-9]|medium-3)|"
    r"grok-(?:[4-9]|2-vision)|minicpm-v|internvl|moondream|phi-[34](?:\.\d)?-(?:vision|multimodal)|"
    r"[-/:_.](?:vl|vision)(?:[-:_.]|$)"
)
"""Makers' names of models that are known to take pictures; of all others nobody knows."""
MOST: Final = 20
LARGEST: Final = 20_000_000
"""Pictures, and bytes of them, that one request carries at most: the newest."""

Seen = Mapping[str, str]
"""Pictures as base64 by their address."""


def sees(model: str, said: str = "") -> bool:
    """Whether the model takes pictures: as its agent says, else as its name tells."""
    if said in (YES, NO):
        return said == YES
    return SEEING.search(model.lower().rpartition("/")[2]) is not None


def carried(messages: Iterable[ContextMessage]) -> list[Picture]:
    """The pictures that a request carries: the newest of those that were counted for a model that
    sees, as many as providers take.
    """
    found: dict[str, Picture] = {}
    size = 0
    newest = (each for message in reversed([*messages]) for each in reversed(message.pictures))
    for picture in newest:
        if not picture.tokens or picture.sha256 in found:
            continue
        size += picture.size
        if len(found) == MOST or size > LARGEST:
            break
        found[picture.sha256] = picture
    return [*found.values()]


async def loaded(
    pictures: Iterable[Picture], ask: Callable[[Picture], Awaitable[str]] | None
) -> Seen:
    """The bytes of these pictures as base64, without those that were erased meanwhile."""
    found: dict[str, str] = {}
    if ask is None:
        return found
    for picture in pictures:
        try:
            found[picture.sha256] = await ask(picture)
        except LookupError:  # it is told of in words, as one that is not shown
            continue
    return found
