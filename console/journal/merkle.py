"""The root of a Merkle tree over byte strings, as RFC 6962 section 2.1 defines it. Pure.

A leaf is hashed with a zero byte before it and a node with a one, so that neither can stand for the
other.
"""

from collections.abc import Sequence
from hashlib import sha256


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaves in their order; without leaves, the digest of nothing."""
    if not leaves:
        return sha256().digest()
    level = [sha256(b"\0" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\1" + left + right).digest() for left, right in pairs]
        if len(level) % 2:
            # without a neighbour it rises as it is: what splitting at powers of two comes to
            above.append(level[-1])
        level = above
    return level[0]
