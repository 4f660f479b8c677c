"""Forms that look up what they name. What cannot be is refused beside its field; what may come
later is asked back once, and saved when somebody ticks that it is meant.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from console.journal.editing import KnowingForm
from policies.current import known_names
from policies.current.known_names import Naming

MEANT = "meant"
ASKED = "Mend it, or tick that this is meant."
NotMeant = tuple[str | None, str]


class LookingForm(KnowingForm):
    """Only what an edit says anew is looked up, all of it where it puts the row in force.
    `asks_meant`: there is a doubt, and nobody has said that it is meant.
    """

    naming: ClassVar[Mapping[str, Naming]] = {}
    asks_meant = False
    asks = True
    """False for a form that nobody looks at: what may come later is taken as it is."""

    def names(self) -> Mapping[str, Naming]:
        """The fields that name something, each with what."""
        return self.naming

    def doubts(self, anew: frozenset[str]) -> Iterable[NotMeant]:
        """What else may not be meant, by field, of an edit of these fields."""
        return ()

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own hook after `clean`
        self.look_up(self.anew())

    def anew(self) -> frozenset[str]:
        """The fields that were edited; all of them where the row is put in force."""
        switched_on = self.cleaned_data.get("enabled") and "enabled" in self.changed_data
        return frozenset(self.fields if switched_on else self.changed_data)

    def look_up(self, anew: frozenset[str]) -> None:
        names = {name: each for name, each in self.names().items() if name in anew}
        for name, naming in names.items():
            if not naming.kind.may_come:
                self.refuse(name, self.missing(name, naming))
        if self.errors or MEANT in self.data or not self.cleaned_data.get("enabled", True):
            return
        later = [
            (name, sentence)
            for name, naming in names.items()
            if self.asks and naming.kind.may_come
            for sentence in self.missing(name, naming)
        ]
        found = [*later, *self.doubts(anew)]
        self.asks_meant = bool(found)
        for field, sentence in found:
            self.add_error(field, f"{sentence} {ASKED}")

    def missing(self, name: str, naming: Naming) -> Iterator[str]:
        said = self.cleaned_data.get(name) or ""
        words = [said] if isinstance(said, str) else said
        for each in words:
            yield from known_names.missing(naming, each)

    def refuse(self, name: str, sentences: Iterable[str]) -> None:
        for sentence in list(sentences):
            self.add_error(name, sentence)
