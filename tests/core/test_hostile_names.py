"""An argument's name is written by a planner like its value: in a headline it is cut and stays on
its line.
"""

import pytest

from approvals.rules.vocabulary import Kind
from approvals.rules.wording import headline


@pytest.mark.parametrize(
    "name", ["x\nBcc: evil@example.com\n_id", "x\r\nSubject: nothing to see", "n" * 5_000 + "_id"]
)
def test_a_name_of_an_argument_neither_breaks_the_headline_nor_fills_it(name: str) -> None:
    words = "".join(piece.words for piece in headline(Kind.CALL, "evil.pay", {name: "1"}))
    assert "\n" not in words
    assert len(words) < 80
