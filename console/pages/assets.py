"""Styles, scripts, fonts and pictures under names that change with their content, so that browsers
keep them for good.

A script or a style sheet is sent with all that it imports as one file. Nothing is built beforehand:
the files of `static/` also work as they are.
"""

import gzip
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.exceptions import SuspiciousFileOperation
from django.core.signing import Signer
from django.templatetags.static import static
from django.utils.crypto import constant_time_compare

from console.pages import modules

SHRINKS = (".css", ".js", ".svg", ".txt", ".map")
RELEASED = re.compile(r"r-([0-9a-f]{12})/(.+)")
STYLE_IMPORT = re.compile(
    r"""^@import url\(["']([^"']+)["']\)(?: layer\((\w+)\))?;\n""", re.MULTILINE
)
RELATIVE = re.compile(r"""url\(["']?(?!data:|/|https?:|#)([^"')]+)["']?\)""")
JOINED, BESIDE = "joined/", "~"
KEPT = 512


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent. `packed` is its gzip, where that is smaller."""

    kind: str
    content: bytes
    packed: bytes | None
    current: bool


class ReleasedFiles(StaticFilesStorage):
    """Addresses of static files, with the release in front of the name: relative addresses inside
    of the files lead to the same release.
    """

    def url(self, name: str | None) -> str:
        return super().url(f"r-{release()}/{name}")


@lru_cache(maxsize=1)
def release() -> str:
    """Twelve hexadecimal digits of a digest over all static files, as this process found them when
    it first asked.
    """
    digest = sha256()
    for finder in finders.get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            digest.update(f"{name}\0".encode())
            digest.update(sha256(Path(storage.path(name)).read_bytes()).digest())
    return digest.hexdigest()[:12]


def asked_for(path: str) -> Asset | None:
    """What stands at this path, if it is the address of a released file; None for any other."""
    released = RELEASED.fullmatch(path.removeprefix(settings.STATIC_URL))
    if released is None or not path.startswith(settings.STATIC_URL):
        return None
    return _read(released[2], current=released[1] == release())


@lru_cache(maxsize=KEPT)
def _read(name: str, *, current: bool) -> Asset | None:
    """The file with what it imports. Whoever asks for another release gets this one's, and is told
    not to keep it: its page came from a process that is older or newer.
    """
    if (text := content(name)) is None:
        return None
    small = gzip.compress(text, 9, mtime=0) if name.endswith(SHRINKS) else text
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(kind, text, small if len(small) < len(text) else None, current)


def address_of(names: Sequence[str]) -> str:
    """The address of several files of one kind, sent as one. It is signed, so that nobody can have
    others put together.
    """
    told = BESIDE.join(names)
    return static(f"{JOINED}{_signer().signature(told)}/{told}")


def _signer() -> Signer:
    return Signer(salt=JOINED)


def _together(told: str) -> bytes | None:
    """Each of the files after the one before; None for a list that this house did not sign."""
    signature, _, names = told.partition("/")
    if not constant_time_compare(signature, _signer().signature(names)):
        return None
    parts = [_placed(name, content(name)) for name in names.split(BESIDE)]
    # a script may leave its last statement open; a style sheet's next rule must stand alone
    between = b"\n;\n" if names.endswith(".js") else b"\n"
    return None if None in parts else between.join(part for part in parts if part is not None)


def _placed(name: str, part: bytes | None) -> bytes | None:
    """The file; a style sheet's relative addresses lead to where they did before."""
    if part is None or not name.endswith(".css"):
        return part
    return _there(name, part.decode()).encode()


def content(name: str) -> bytes | None:
    """The bytes of the file of that name, its imports put in; None where there is no such file."""
    if name.startswith(JOINED):
        return _together(name.removeprefix(JOINED))
    if (file := _found(name)) is None:
        return None
    if name.endswith(".js"):
        return modules.joined(name, _source).encode()
    if name.endswith(".css"):
        return _sheet(name).encode()
    return file.read_bytes()


def _sheet(name: str) -> str:
    """The style sheet of that name with all that it imports."""
    return STYLE_IMPORT.sub(lambda found: _imported(name, found), _source(name))


def _imported(name: str, found: re.Match[str]) -> str:
    """The sheet that the one of that name imports, in its layer: what stands in one gives way to
    every rule outside.
    """
    address, layer = found.groups()
    there = urljoin(name, address)
    text = _there(there, _sheet(there))
    return f"@layer {layer} {{\n{text}}}\n" if layer else text


def _there(name: str, text: str) -> str:
    """A sheet whose relative addresses lead from anywhere to where they lead from its own place."""
    return RELATIVE.sub(lambda found: f'url("{static(urljoin(name, found[1]))}")', text)


def _source(name: str) -> str:
    file = _found(name)
    if file is None:
        raise FileNotFoundError(name)
    return file.read_text(encoding="utf-8")


def _found(name: str) -> Path | None:
    try:
        path = finders.find(name)
    except SuspiciousFileOperation:
        return None
    return Path(path) if isinstance(path, str) and Path(path).is_file() else None
