"""What tools said to a run: the numbers, addresses and words in their results, each with the result
that it stands in.
"""

import re
from collections.abc import Iterator

from policies.taint.block import Block, ValueOrigin
from policies.taint.normal_form import numbers, worded
from policies.taint.search_terms import SearchTerms, addresses

BLOCK = 64_000  # characters that are searched in one go
DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d")
HALF = 6  # characters of an account number that are worth looking for


class HeardTexts:
    """The untrusted texts of one run; `characters` is how much a search goes through."""

    def __init__(self) -> None:
        self.characters = 0
        self._blocks: list[Block] = [Block()]
        self._numbers: dict[str, dict[ValueOrigin, None]] = {}
        self._addresses: dict[str, dict[ValueOrigin, None]] = {}

    def add(self, plain: str, origin: ValueOrigin) -> None:
        self.characters += len(plain)
        self._open_block().add(worded(plain), origin)
        for number in numbers(plain):
            self._numbers.setdefault(number, {})[origin] = None
        for address in addresses(plain):
            self._addresses.setdefault(address, {})[origin] = None

    def _open_block(self) -> Block:
        if len(self._blocks[-1].words) > BLOCK:
            self._blocks.append(Block())
        return self._blocks[-1]

    def seen(self, pattern: SearchTerms) -> Iterator[ValueOrigin]:
        """Results with the value in any form. Loose, since a doubt costs a question to a person,
        and a miss costs money.
        """
        for number in pattern.numbers:
            yield from self._numbers.get(number, ())
        for phrase in pattern.phrases:
            yield from self._places(phrase)
        if pattern.compact:
            yield from self._places(pattern.compact, compact=True)
        if pattern.together:
            parts = [next(self._places(part), None) for part in pattern.together]
            yield from (part for part in parts[-1:] if part is not None and None not in parts)
        yield from self._halves(pattern.account)

    def _halves(self, account: str) -> Iterator[ValueOrigin]:
        """Results that have an account number between them: the one with its second half, when
        another has the first.
        """
        if DATE.match(account):
            return
        for cut in range(HALF, len(account) - HALF + 1):
            if next(self._places(account[:cut], compact=True), None) is not None:
                yield from self._places(account[cut:], compact=True)

    def stated(self, pattern: SearchTerms) -> dict[ValueOrigin, None]:
        """Results with the value in its own form, without those that only have an address
        resembling it.
        """
        if pattern.numbers:
            having = [self._numbers.get(number, {}) for number in pattern.numbers]
            return {origin: None for origin in having[0] if all(origin in each for each in having)}
        if pattern.literal:
            return self._addresses.get(pattern.literal, {})
        return dict.fromkeys(self._places(pattern.phrases[0]))

    def _places(self, pattern: str, compact: bool = False) -> Iterator[ValueOrigin]:
        for block in self._blocks:
            yield from block.places(pattern, compact)
