"""Small picture files, made by hand."""

import base64
import struct
import zlib

SALT = b"s" * 16
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def png(width: int = 3, height: int = 2, shade: int = 200) -> bytes:
    """A picture that every browser draws, of one shade of grey."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    rows = b"".join(b"\x00" + bytes([shade]) * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x00" * 9


def jpeg(width: int, height: int) -> bytes:
    """With a segment before the one that says how large it is."""
    first = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00" + b"\x00" * 9
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\x00" * 9
    return b"\xff\xd8" + first + frame


def webp(chunk: bytes, content: bytes) -> bytes:
    whole = b"WEBP" + chunk + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(whole)) + whole


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def fixed(size: int) -> bytes:
    """In the place of random bytes."""
    return SALT[:size]
