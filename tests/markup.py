"""Pages as tests read them: elements with their attributes and words, however the markup is laid
out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(("br", "hr", "img", "input", "link", "meta", "path", "rect", "use"))


@dataclass(slots=True)
class Element:
    """One element of a page, with those inside of it."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    parts: list["Element | str"] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Its text as people read it: white space of the markup counts once."""
        return " ".join("".join(self._texts()).split())

    @property
    def classes(self) -> set[str]:
        return set(self.attrs.get("class", "").split())

    def all(self, tag: str = "", *classes: str, **attrs: str) -> list["Element"]:
        """The elements inside of it with this tag, these classes and these attributes; a name
        written `data_cell` stands for `data-cell`, and `type_` for `type`.
        """
        asked = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            one
            for one in self._inside()
            if tag in ("", one.tag)
            and one.classes.issuperset(classes)
            and asked.items() <= one.attrs.items()
        ]

    def one(self, tag: str = "", *classes: str, **attrs: str) -> "Element":
        """The only such element."""
        (found,) = self.all(tag, *classes, **attrs)
        return found

    def _inside(self) -> Iterator["Element"]:
        for part in self.parts:
            if isinstance(part, Element):
                yield part
                yield from part._inside()

    def _texts(self) -> Iterator[str]:
        for part in self.parts:
            if isinstance(part, Element):
                yield from part._texts()
            else:
                yield part


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(found)
        if tag not in VOID:
            self.open.append(found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].parts.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if any(one.tag == tag for one in self.open[1:]):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def read(page: str | bytes) -> Element:
    """A page, or a fragment of one."""
    reader = _Reader()
    reader.feed(page.decode() if isinstance(page, bytes) else page)
    reader.close()
    return reader.open[0]
