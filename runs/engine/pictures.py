"""Pictures in the results of tools: which bytes are one, what stands for it in the result, and what
it costs a model. The bytes themselves are kept beside the journal. Pure.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from console import figures
from console.json_value import Json

LARGEST: Final = 5_000_000
"""Bytes of a picture that is kept."""
MOST: Final = 10
"""Pictures of one result that are kept."""
SENT: Final = 3_750_000
"""Bytes of a picture that a model is sent: as base64 that is the five million providers take."""
MARK: Final = "$picture"
LINE: Final = 24
"""Tokens of the line by which a model is told of a picture that it is not shown."""
LEAST_TOKENS, MOST_TOKENS, PIXELS_PER_TOKEN = 260, 2_500, 600
SALT: Final = 16
DEEPEST: Final = 48
"""Levels of a result in which pictures are looked for."""
PNG, GIFS, JPEG, RIFF = b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a"), b"\xff\xd8\xff", b"RIFF"
FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Segments of a JPEG that say how large it is."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a tool gave, as its event keeps it.

    `kind` is png, jpeg, gif or webp; `size` is in bytes, `width` and `height` in pixels, 0 where
    the file does not tell. `sha256` is the address of its salt and bytes beside the journal.
    `tokens` is what a model takes it for, 0 where the model that called the tool cannot see.
    `content` and `salt` are only there until it is kept.
    """

    kind: str
    size: int
    width: int
    height: int
    sha256: str
    tokens: int = 0
    content: bytes = field(default=b"", repr=False, compare=False)
    salt: bytes = field(default=b"", repr=False, compare=False)

    @property
    def title(self) -> str:
        """What it is, in words: `png, 12.3 kB`."""
        return f"{self.kind}, {figures.file_size(self.size)}"

    @property
    def fields(self) -> dict[str, Json]:
        """What its event keeps of it."""
        return {
            "kind": self.kind, "size": self.size, "width": self.width, "height": self.height,
            "sha256": self.sha256, "tokens": self.tokens,
        }  # fmt: skip

    @property
    def mark(self) -> dict[str, Json]:
        """The mark by which its bytes, as base64, are found beside the journal."""
        return {"sha256": self.sha256, "size": self.size, "form": "base64"}


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the first bytes of a picture say of it."""

    kind: str
    width: int = 0
    height: int = 0


def sniffed(content: bytes) -> Sniffed | None:
    """What picture these bytes are, by themselves and nobody's word; None for all else, drawings
    that may hold scripts (SVG) among them.
    """
    try:
        if content.startswith(PNG):
            return Sniffed("png", *struct.unpack_from(">II", content, 16))
        if content.startswith(GIFS):
            return Sniffed("gif", *struct.unpack_from("<HH", content, 6))
        if content.startswith(JPEG):
            return Sniffed("jpeg", *jpeg_size(content))
        if content.startswith(RIFF) and content[8:12] == b"WEBP":
            return Sniffed("webp", *webp_size(content))
    except struct.error:  # cut off before it says how large it is
        return None
    return None


def jpeg_size(content: bytes) -> tuple[int, int]:
    """Width and height by its frame segment; 0, 0 when none is found."""
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], struct.unpack_from(">H", content, place + 2)[0]
        if marker in FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        place += 2 + max(length, 2)
    return 0, 0


def webp_size(content: bytes) -> tuple[int, int]:
    """Width and height by the first chunk; 0, 0 where that says nothing of it."""
    match content[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            bits = struct.unpack_from("<I", content, 21)[0]
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            low, high, more, last = struct.unpack_from("<HBHB", content, 24)
            return (low | high << 16) + 1, (more | last << 16) + 1
    return 0, 0


def tokens(picture: Picture) -> int:
    """An upper estimate of the tokens that a model takes it for; nobody charges by its bytes."""
    pixels = picture.width * picture.height
    guess = LEAST_TOKENS + pixels // PIXELS_PER_TOKEN if pixels else MOST_TOKENS
    return min(guess, MOST_TOKENS)


def counted(picture: Picture) -> Picture:
    """The picture as one that a model which sees is sent; one that is too large for that stays
    uncounted, and is told of in words.
    """
    return replace(picture, tokens=tokens(picture)) if picture.size <= SENT else picture


def inlined(content: bytes) -> dict[str, Json] | None:
    """The JSON by which a tool hands a picture on; None when the bytes are no picture."""
    if (found := sniffed(content)) is None:
        return None
    marked: dict[str, Json] = {
        "$bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if len(content) > LARGEST:
        return {**marked, "$left_out": too_large(found.kind, len(content))}
    return {**marked, "base64": base64.b64encode(content).decode()}


def of_base64(payload: str) -> dict[str, Json] | None:
    """The JSON by which a tool hands a picture on that it had as base64; None when it is none."""
    try:
        return inlined(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError):
        return None


def too_large(kind: str, size: int) -> str:
    most = figures.file_size(LARGEST)
    return f"a picture ({kind}, {figures.file_size(size)}), more than the {most} that are kept"


def taken_out(result: Json, random: Callable[[int], bytes]) -> tuple[Json, tuple[Picture, ...]]:
    """The result with a small mark in the place of each picture, and the pictures in the order of
    their marks; the very same result where there is none.
    """
    found: list[Picture] = []
    return without(result, found, random, DEEPEST), tuple(found)


def without(node: Json, found: list[Picture], random: Callable[[int], bytes], deeper: int) -> Json:
    if not deeper:
        return node
    if isinstance(node, Mapping):
        if "base64" in node and "$bytes" in node:
            return marked(node, found, random)
        inner: Json = {
            name: without(each, found, random, deeper - 1) for name, each in node.items()
        }
        same = all(inner[name] is each for name, each in node.items())
    elif isinstance(node, list):
        inner = [without(each, found, random, deeper - 1) for each in node]
        same = all(map(is_same, inner, node))
    else:
        return node
    return node if same else inner


def is_same(one: Json, other: Json) -> bool:
    return one is other


def marked(node: Mapping[str, Json], found: list[Picture], random: Callable[[int], bytes]) -> Json:
    """What stands in the result for one picture, which joins those that were found. Bytes that are
    no picture stay as they are.
    """
    try:
        content = base64.b64decode(node["base64"], validate=True)
    except (binascii.Error, ValueError, TypeError):
        return node
    seen = sniffed(content)
    if seen is None:
        return node
    plain = hashlib.sha256(content).hexdigest()
    if len(content) > LARGEST:
        return {"$left_out": too_large(seen.kind, len(content)), "sha256": plain}
    if len(found) == MOST:
        return {"$left_out": f"a picture: {MOST} of one result are kept", "sha256": plain}
    salt = random(SALT)
    address = hashlib.sha256(salt + content).hexdigest()
    found.append(
        Picture(seen.kind, len(content), seen.width, seen.height, address, 0, content, salt)
    )
    return {
        MARK: len(found), "type": f"image/{seen.kind}", "size": len(content), "sha256": plain,
        "width": seen.width, "height": seen.height,
    }  # fmt: skip
