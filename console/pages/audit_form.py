"""The search form of the audit page, and its content as a query of the journal."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User

from console.journal.query import SHORTEST_PREFIX, BadQuery, JournalQuery, uuid_range
from console.journal.records import PEOPLE

PERSON = "person:"
"""Prefix of a person's id in a search."""
MACHINES = frozenset({"supervisor", "planner", "tool", "system", "visitor", "judge", "clock"})


class Moment(forms.DateTimeField):
    """A field for a time in UTC as people type it: a day, a minute or a second."""

    input_formats = [
        "%Y-%m-%d",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d %H:%M:%S",
    ]
    widget = forms.DateTimeInput(
        format="%Y-%m-%dT%H:%M:%S", attrs={"type": "datetime-local", "step": "1"}
    )


def words(label: str, longest: int, hint: str = "", **attributes: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=longest,
        label=label,
        widget=forms.TextInput(attrs={"placeholder": hint, **attributes}),
    )


class SearchForm(forms.Form):
    """All fields are optional. `q` is the search box of every page: it takes an id, a person, a
    kind or a tool, and finds out which.
    """

    q = words("Anything", 200, "An id, user:anna, call.returned, a tool")
    correlation = words("Correlation id", 40, "8 characters or more")
    run = words("Run", 40, "8 characters or more")
    kind = words("Kind", 80, "run.paused, or call. for all", list="kinds")
    actor = words("Who", 200, "user:anna, person:17, or user: for all")
    tool = words("Tool", 200)
    since = Moment(required=False, label="From (UTC)")
    until = Moment(required=False, label="Before (UTC)")

    def clean(self) -> dict[str, Any]:
        for name in ("correlation", "run"):
            try:
                if typed := self.cleaned_data.get(name):
                    uuid_range(typed, name)
            except BadQuery as bad:
                self.add_error(name, bad.sentence)
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since >= until:
            self.add_error("until", "This is not after the time it should begin.")
        return self.cleaned_data

    def query(self) -> JournalQuery:
        """The query of a valid form."""
        found = {name: value for name, value in self.cleaned_data.items() if value and name != "q"}
        if typed := self.cleaned_data.get("q"):
            field, value = understood(typed)
            found = {field: value, **found}
        if found.get("actor"):
            found |= acting(found.pop("actor"))
        return JournalQuery(**found)


def acting(who: str) -> dict[str, str]:
    """The people that are searched for: `anna` is everybody who is or was called so, `person:17`
    one person.
    """
    if who.startswith(PERSON):
        return {"person": who.removeprefix(PERSON).strip()}
    named = who if ":" in who or who in MACHINES else f"{PEOPLE}{who}"
    name = named.removeprefix(PEOPLE) if named.startswith(PEOPLE) else ""
    now = User.objects.filter(username=name).values_list("pk", flat=True).first() if name else None
    return {"actor": named, "called": "" if now is None else str(now)}


PREFIXES = {"tool:": "tool", "kind:": "kind", "actor:": "actor", "run:": "any_id"}
SOUGHT = {
    "any_id": "events of a run or a correlation id that begins with “{}”",
    "actor": "events by “{}”",
    "kind": "events of the kind “{}”",
    "tool": "events of a tool named “{}”",
}


def understood(typed: str) -> tuple[str, str]:
    """The field that a word in the search box is for, and its value there: by its prefix, or
    guessed.
    """
    for prefix, field in PREFIXES.items():
        value = typed.removeprefix(prefix).strip()
        if typed.startswith(prefix) and value and (field != "any_id" or guessed(value) == "any_id"):
            return field, value
    return guessed(typed), typed


def sought(typed: str) -> str:
    """What the journal was searched for, told to readers of an empty result; empty without a word
    in the search box.
    """
    field, value = understood(typed.strip())
    return SOUGHT[field].format(value) if value else ""


def guessed(typed: str) -> str:
    """The field that a word in the search box is most likely for."""
    digits = typed.strip().lower().replace("-", "")
    if (
        len(digits) >= SHORTEST_PREFIX
        and all(digit in "0123456789abcdef" for digit in digits)
        and len(digits) <= 32
    ):
        return "any_id"
    if typed.startswith((PEOPLE, PERSON)) or typed in MACHINES:
        return "actor"
    return "kind" if "." in typed and " " not in typed else "tool"


def typed_address(form: forms.Form) -> dict[str, str]:
    """The fields that are filled in, for links to other pages of this search."""
    values = {name: form.cleaned_data.get(name) for name in form.fields}
    return {
        name: f"{value:%Y-%m-%dT%H:%M:%S}" if isinstance(value, datetime) else str(value)
        for name, value in values.items()
        if value
    }
