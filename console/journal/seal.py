"""Seals: signed statements of where every chain stood, made each minute and kept outside the
database as well. Pure.

A seal names the chains that have moved since the seal before it, the Merkle root over the heads of
all chains, how many there are, and the digest of the seal before it. Who holds the public key and
the file of seals can tell a chain that was written anew, left out or cut short since, even by
somebody who owns the database.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from console.journal import merkle
from console.journal.canonical_json import canonical

FORMAT = 1
KEYS = {"at", "format", "handed_over", "heads", "key", "number", "previous", "retired", "root"}
"""What each seal says."""
HANDOVER = b"signalbox: from now on seals are signed by "


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How far a chain had come: how many events it had, and the link of the last."""

    seq: int
    link: bytes

    def leaf(self, chain: UUID) -> bytes:
        return chain.bytes + self.seq.to_bytes(8, "big") + self.link


@dataclass(frozen=True, slots=True)
class SealLine:
    """One line of the file: `text` is canonical JSON, `signature` is over its bytes."""

    text: str
    signature: bytes

    @property
    def digest(self) -> bytes:
        """The digest by which the next seal refers to this one."""
        return sha256(self.text.encode() + self.signature).digest()

    @property
    def line(self) -> str:
        return f"{self.signature.hex()} {self.text}\n"


class BadSeals(ValueError):
    """The file of seals is not as it was written: which line, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The private key that signs, and, when it has just followed another, the statement of the key
    before it.
    """

    private: Ed25519PrivateKey
    handed_over: str = ""

    @property
    def public(self) -> str:
        return self.private.public_key().public_bytes_raw().hex()


def root_of(heads: Mapping[UUID, ChainHead]) -> str:
    return merkle.root([heads[chain].leaf(chain) for chain in sorted(heads)]).hex()


def sealed(
    signer: Signer,
    *,
    number: int,
    at: str,
    before: Mapping[UUID, ChainHead],
    now: Mapping[UUID, ChainHead],
    retired: Iterable[UUID],
    last: SealLine | None,
) -> SealLine:
    """The seal over `now`, saying which chains have moved since `before`. `at` is ISO, UTC."""
    moved = [
        [str(chain), head.seq, head.link.hex()]
        for chain, head in sorted(now.items())
        if before.get(chain) != head
    ]
    facts = {
        "at": at,
        "chains": len(now),
        "format": FORMAT,
        "handed_over": signer.handed_over,
        "heads": moved,
        "key": signer.public,
        "number": number,
        "previous": last.digest.hex() if last else "",
        "retired": sorted(map(str, retired)),
        "root": root_of(now),
    }
    text = canonical(facts)
    return SealLine(text, signer.private.sign(text.encode()))


def handover(old: Ed25519PrivateKey, new: str) -> str:
    """The old key's signed statement that `new` (a public key, hex) follows it."""
    return old.sign(HANDOVER + bytes.fromhex(new)).hex()


@dataclass(slots=True)
class Sealed:
    """What a file of seals says, read from its first line to its last: how far every chain had
    come, and when that was said.
    """

    heads: dict[UUID, ChainHead] = field(default_factory=dict)
    said: dict[UUID, str] = field(default_factory=dict)
    retired: dict[UUID, ChainHead] = field(default_factory=dict)
    number: int = 0
    at: str = ""
    key: str = ""
    first_key: str = ""
    last: SealLine | None = None

    def take(self, seal: SealLine) -> None:
        """Check one more seal and take in what it says. Raises BadSeals."""
        facts = self.checked(seal)
        for name in facts["retired"]:
            chain = UUID(name)
            if chain in self.heads:
                self.retired[chain] = self.heads.pop(chain)
        for name, seq, link in facts["heads"]:
            self.heads[UUID(name)], self.said[UUID(name)] = (
                ChainHead(seq, bytes.fromhex(link)),
                facts["at"],
            )
        self.number, self.at, self.key, self.last = facts["number"], facts["at"], facts["key"], seal
        self.first_key = self.first_key or self.key

    def checked(self, seal: SealLine) -> dict[str, Any]:
        facts = json.loads(seal.text)
        where = f"seal {self.number + 1}"
        if facts.get("format") != FORMAT:
            raise BadSeals(
                f"{where} is of format {facts.get('format')}, which this version cannot read"
            )
        if facts["number"] != self.number + 1 or facts["previous"] != (
            self.last.digest.hex() if self.last else ""
        ):
            raise BadSeals(f"{where} does not follow the one before it")
        if not signed(facts["key"], seal.signature, seal.text.encode()):
            raise BadSeals(f"{where} was not signed by the key that it names")
        if (
            self.key
            and facts["key"] != self.key
            and not signed(
                self.key,
                bytes.fromhex(facts["handed_over"]),
                HANDOVER + bytes.fromhex(facts["key"]),
            )
        ):
            raise BadSeals(
                f"{where} is signed by another key, and the key before it did not hand over"
            )
        return facts  # type: ignore[no-any-return]

    def finish(self) -> None:
        """Check that the last seal's root is that of all that was said. Raises BadSeals."""
        if self.last is not None and root_of(self.heads) != json.loads(self.last.text)["root"]:
            raise BadSeals(
                f"the root of seal {self.number} is not that of the heads that the seals name"
            )


def signed(key: str, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def read(lines: Iterable[str]) -> Iterator[SealLine]:
    """The seals in a file. Raises BadSeals for a line that is not one."""
    for number, line in enumerate(lines, 1):
        signature, _, text = line.rstrip("\n").partition(" ")
        try:
            if not json.loads(text).keys() >= KEYS:
                raise ValueError
            yield SealLine(text, bytes.fromhex(signature))
        except (ValueError, AttributeError):
            raise BadSeals(f"line {number} is no seal") from None


def believed(seals: Iterable[SealLine]) -> Sealed:
    """Everything that the seals say. Raises BadSeals at the first that cannot be trusted."""
    found = Sealed()
    for seal in seals:
        found.take(seal)
    found.finish()
    return found
