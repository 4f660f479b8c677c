"""What a model said, told from what it only thought and from the marks of its template. Pure."""

import re
from typing import Final

TAGS: Final = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
)
BARE_CHANNELS: Final = ("analysis", "assistantfinal")
"""The channels of gpt-oss, where a server took the marks away and left their names."""
LONGEST_MARK: Final = 40
END_MARKS: Final = re.compile(
    r"(?:<[|｜](?:im_end|eo[st]|eo[tm]_id|end|return|call|end[_▁]?of[_▁]?(?:text|turn|sentence)"
    r"|end_response|end_of_turn_token)[|｜]>|</s>|<end_of_turn>|<\|start\|>assistant)\Z",
    re.IGNORECASE,
)
"""How the templates of the field end a turn."""


def without_thinking(text: str) -> tuple[str, str]:
    """What was said, and what was only thought: servers that do not part them leave the model's
    thinking in its words, between tags.
    """
    text = without_end(text)
    opening, closing = BARE_CHANNELS
    if text.startswith(opening) and closing in text:
        thought, _, said = text.removeprefix(opening).partition(closing)
        return said.strip(), thought.strip()
    for opening, closing in TAGS:
        thought, closed, said = text.partition(closing)
        # the opening tag stands in the prompt of some templates, so that only the other one comes
        if closed:
            return said.strip(), without_end(thought.removeprefix(opening))
        if text.startswith(opening):  # it never came to an end: all of it is thought
            return "", text.removeprefix(opening).strip()
    return text, ""


def without_end(text: str) -> str:
    """The text without the marks by which a template ends it."""
    text = text.strip()
    while found := END_MARKS.search(text[-LONGEST_MARK:]):
        text = text[: len(text) - len(found[0])].rstrip()
    return text
