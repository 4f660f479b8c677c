"""Seals: what a file of them is believed to say, and what is not believed."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from console.journal import seal
from console.journal.seal import BadSeals, ChainHead, SealLine, Signer

FIRST, OTHER = (
    Ed25519PrivateKey.from_private_bytes(bytes(31) + b"1"),
    Ed25519PrivateKey.from_private_bytes(bytes(31) + b"2"),
)
A, B = UUID(int=1), UUID(int=2)
STEPS = [
    {A: ChainHead(2, b"a2")},
    {A: ChainHead(2, b"a2"), B: ChainHead(1, b"b1")},
    {A: ChainHead(5, b"a5"), B: ChainHead(1, b"b1")},
    {A: ChainHead(6, b"a6")},
]


def made(signers: list[Signer] | None = None) -> list[SealLine]:
    """A seal a minute over what happened meanwhile; the last one after B was retired."""
    found: list[SealLine] = []
    before: dict[UUID, ChainHead] = {}
    for number, now in enumerate(STEPS, 1):
        signer = signers[number - 1] if signers else Signer(FIRST)
        last = found[-1] if found else None
        facts: Any = {
            "before": before,
            "now": now,
            "retired": before.keys() - now.keys(),
            "last": last,
        }
        found.append(
            seal.sealed(signer, number=number, at=f"2026-11-20T15:4{number}:00+00:00", **facts)
        )
        before = now
    return found


def test_what_is_sealed_is_believed_as_it_stood_last() -> None:
    found = seal.believed(made())
    assert (found.heads, found.retired, found.number) == (
        {A: ChainHead(6, b"a6")},
        {B: ChainHead(1, b"b1")},
        4,
    )
    assert found.said[A] == "2026-11-20T15:44:00+00:00"


def test_lines_read_back_as_they_were_written() -> None:
    seals = made()
    assert list(seal.read(each.line for each in seals)) == seals


def test_a_line_that_is_no_seal_is_named() -> None:
    with pytest.raises(BadSeals, match="line 1 is no seal"):
        list(seal.read(["nonsense\n"]))


@pytest.mark.parametrize("place", range(4))
def test_a_changed_letter_is_not_believed(place: int) -> None:
    seals = made()
    seals[place] = replace(seals[place], text=seals[place].text.replace('"chains":', '"chains" :'))
    with pytest.raises(BadSeals, match=f"seal {place + 1} was not signed"):
        seal.believed(seals)


@pytest.mark.parametrize("place", range(3))
def test_a_seal_left_out_of_the_middle_is_noticed(place: int) -> None:
    seals = made()
    del seals[place]
    with pytest.raises(BadSeals, match="does not follow"):
        seal.believed(seals)


def test_another_key_is_believed_only_when_the_key_before_it_handed_over() -> None:
    old, new = Signer(FIRST), Signer(OTHER, seal.handover(FIRST, Signer(OTHER).public))
    assert seal.believed(made([old, old, new, new])).key == new.public
    with pytest.raises(BadSeals, match="did not hand over"):
        seal.believed(made([old, old, Signer(OTHER), Signer(OTHER)]))


def test_a_root_that_is_not_of_the_heads_named_is_noticed() -> None:
    lying = seal.sealed(
        Signer(FIRST),
        number=1,
        at="",
        before={B: ChainHead(1, b"b1")},
        now=STEPS[1],
        retired=(),
        last=None,
    )
    with pytest.raises(BadSeals, match="root"):
        seal.believed([lying])
