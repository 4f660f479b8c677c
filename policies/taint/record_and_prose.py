"""What stands in fields of its own in results of tools, apart from all that is running text: the
record that a tool keeps is not what somebody wrote.
"""

from policies.taint import fields
from policies.taint.normal_form import decoded, spaced, worded

LONGEST_FIELD = 200


class RecordAndProse:
    """The values in fields, and the texts in words, that one run has read."""

    def __init__(self) -> None:
        self._fields: set[str] = set()
        self._prose: list[str] = []

    def add(self, text: str, *, table: bool) -> None:
        """Take in a result; `table`: it may be the record that a tool keeps."""
        values = fields.of_text(text) if table else None
        for value in [text] if values is None else values:
            plain = decoded(value)
            if values is not None and len(plain) <= LONGEST_FIELD:
                self._fields.add(spaced(plain))
            if values is None or " " in plain.strip():
                self._prose.append(worded(plain))

    def has(self, leaf: object) -> bool:
        """Whether some field holds this text or number and nothing else."""
        return spaced(decoded(str(leaf))) in self._fields

    def speaks_of(self, leaf: object) -> bool:
        """Whether some running text has it among other words."""
        words = worded(decoded(str(leaf)))
        return any(words in text and words != text for text in self._prose)
