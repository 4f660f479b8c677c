"""The Merkle root is RFC 6962's: the values are those that Certificate Transparency's own tests
publish.
"""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.journal.merkle import root

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("count", ROOTS)
def test_the_root_of_so_many_leaves_is_the_published_one(count: int) -> None:
    assert root(LEAVES[:count]).hex() == ROOTS[count]


def by_definition(leaves: list[bytes]) -> bytes:
    """Section 2.1, word by word: split at the largest power of two smaller than the number of
    leaves.
    """
    if len(leaves) < 2:
        return sha256(b"\0" + leaves[0]).digest() if leaves else sha256().digest()
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + by_definition(leaves[:middle]) + by_definition(leaves[middle:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=40))
def test_the_root_is_what_the_definition_says(leaves: list[bytes]) -> None:
    assert root(leaves) == by_definition(leaves)
