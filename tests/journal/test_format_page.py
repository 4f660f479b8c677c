"""The page about the journal's form says what the code does: every value on it is computed here."""

import hashlib
import re
from uuid import UUID

from console.journal import encoding
from console.journal.export import ENVELOPE
from console.stack.places import ROOT

PAGE = (ROOT / "console" / "docs" / "journal-format.md").read_text()
VALUES: dict[str, str] = dict(re.findall(r"^\| ([^|]+?) \| `(.+)` \|$", PAGE, re.MULTILINE))


def value(begin: str) -> str:
    return next(text for name, text in VALUES.items() if name.startswith(begin))


def test_the_fields_of_the_envelope_are_those_on_the_page() -> None:
    assert " ".join(ENVELOPE) in PAGE


def test_body_digest_and_link_of_the_example_are_what_the_code_makes() -> None:
    salt, data, envelope = (
        bytes.fromhex(value("salt")),
        value("data").encode(),
        value("envelope").encode(),
    )
    body = encoding.body_of(salt, data)
    digest = encoding.digest_of(envelope, body)
    link = hashlib.sha256(UUID("00000000-0000-0000-0000-000000000009").bytes + digest).digest()
    assert (value("body"), value("digest"), value("link")) == (body.hex(), digest.hex(), link.hex())
