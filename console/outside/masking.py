"""Finds known secrets in texts and JSON values, even when they are encoded, and puts their names in
their place. Pure, and linear in the text.
"""

import base64
import html
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, quote_plus

from console.json_value import Json

SHORTEST = 6
SCHEMES = frozenset({"bearer", "basic", "token", "apikey", "api-key", "digest"})
LONG_LINE = 20
PLAIN = (list, tuple, int, float, type(None))


class Mask:
    """Masks `secrets`, values by the names that take their place. A value of less than six
    characters is left, since it would mask half of any text.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        known = {
            form: f"[{name}]"
            for value, name in secrets.items()
            for secret in (value, *credentials(value))
            if len(secret) >= SHORTEST
            for form in forms(secret)
        }
        # whole before part
        self._names = dict(sorted(known.items(), key=lambda pair: -len(pair[0])))
        self._forms = tuple(reversed(self._names))
        self._lengths = [len(form) for form in self._forms]

    def __bool__(self) -> bool:
        return bool(self._names)

    def text(self, text: str) -> str:
        """The text with each secret replaced by its name in brackets."""
        for form in self._found(text):
            text = text.replace(form, self._names[form])
        return text

    def json(self, value: Json) -> Json:
        """The value with every text in it masked, including names of fields, and secrets that run
        on from one text into the next.
        """
        if isinstance(value, str):
            return self.text(value)
        if not self._names or not isinstance(value, Mapping | list | tuple):
            return value
        texts: list[str] = []
        names: list[str] = []
        _gather(value, texts, names)
        if not self._found("\n".join(("".join(texts), *names))):
            return value
        return self._rebuilt(value, iter(self._across([self.text(text) for text in texts])))

    def _found(self, text: str) -> list[str]:
        """The forms of secrets that are in the text, the longest first. Forms longer than the text
        are not looked for.
        """
        fitting = self._forms[: bisect_right(self._lengths, len(text))]
        return [form for form in fitting if form in text][::-1]

    def _across(self, texts: list[str]) -> list[str]:
        """The texts without secrets that are spread over several of them: the name takes the place
        of the first piece, the others are removed.
        """
        whole = "".join(texts)
        spans = sorted(span for form in self._found(whole) for span in self._spans(whole, form))
        return list(_cut(texts, spans)) if spans else texts

    def _spans(self, whole: str, form: str) -> Iterator[tuple[int, int, str]]:
        start = whole.find(form)
        while start >= 0:
            yield start, start + len(form), self._names[form]
            start = whole.find(form, start + len(form))

    def _rebuilt(self, value: Json, texts: Iterator[str]) -> Json:
        if isinstance(value, str):
            return next(texts)
        if isinstance(value, Mapping):
            return {
                self.text(str(name)): self._rebuilt(each, texts) for name, each in value.items()
            }
        return (
            [self._rebuilt(each, texts) for each in value]
            if isinstance(value, list | tuple)
            else value
        )


def credentials(header: str) -> Iterator[str]:
    """The secrets within the value of an `Authorization` header: its token, and behind `Basic` what
    that says, with the password alone. Whoever repeats them leaves the scheme out.
    """
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() not in SCHEMES or not token:
        return
    yield token
    if scheme.lower() == "basic":
        try:
            said = base64.b64decode(token, validate=True).decode()
        except ValueError:
            return
        yield from (said, said.partition(":")[2])


def forms(value: str) -> set[str]:
    """The ways in which a secret may be written: as it is, in URLs, JSON, HTML and Python, in
    hexadecimal, and within base64.
    """
    raw, percent = value.encode("utf-8", "surrogatepass"), quote(value, safe="", errors="replace")
    written = {
        value,
        percent,
        quote(value, errors="replace"),
        quote_plus(value, errors="replace"),
        _lower_escapes(percent),
        html.escape(value),
        repr(value)[1:-1],
    }
    written |= {
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        raw.hex(),
        raw.hex().upper(),
    }
    lines = {line.strip() for line in value.splitlines() if len(line.strip()) >= LONG_LINE}
    return {form for form in written | lines | set(_in_base64(raw)) if len(form) >= SHORTEST}


def _lower_escapes(percent: str) -> str:
    first, *rest = percent.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])


def _in_base64(raw: bytes) -> Iterator[str]:
    """The parts of a secret's base64 that are certain wherever in a longer text it begins: one form
    for each of three alignments.
    """
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + raw).decode()[first:last]


def _gather(value: Json, texts: list[str], names: list[str]) -> None:
    """Collect every text in the value, in order, and every name of a field. The most frequent types
    are checked first.
    """
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, dict) or (not isinstance(value, PLAIN) and isinstance(value, Mapping)):
        names.extend(map(str, value))
        for each in value.values():
            _gather(each, texts, names)
    elif isinstance(value, list | tuple):
        for each in value:
            _gather(each, texts, names)


def _cut(texts: Iterable[str], spans: Sequence[tuple[int, int, str]]) -> Iterator[str]:
    """The texts without the given spans of their concatenation, with the name where each span
    began. One walk over both.
    """
    at, due = 0, 0
    for text in texts:
        kept, end, place = [], at + len(text), at
        while due < len(spans) and spans[due][0] < end:
            start, stop, name = spans[due]
            if start >= at:
                kept += [text[place - at : max(start, place) - at], name if start >= place else ""]
            place = min(max(place, stop), end)
            if stop > end:
                break
            due += 1
        yield "".join([*kept, text[place - at :]])
        at = end
