"""Forms and lists of the admin whose edits may take a second person: an edit is written, looked at
in its own transaction, and undone when it waits.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from console.journal import database_clock, edits
from console.json_value import Json
from policies.current.four_eyes import changed_parts, proposals, row_acts, taking_two
from policies.current.four_eyes.rules import RowFacts, Widening, WideningKind
from policies.current.four_eyes.taking_two import WantedChange

REASON = "four_eyes_reason"
MOST_REASON = 500
HIDDEN = "a text that is always hidden"
TOLD = (
    "What widens rights here is proposed, and somebody else who may edit this confirms it. What"
    " narrows them is in force at once; save it by itself."
)
RowEdit = tuple[Model, RowFacts, RowFacts]


class TakingTwo(admin.ModelAdmin):  # type: ignore[type-arg]  # Django 5.2 cannot be asked for it
    """What the admin of a table says of its edits, so that some of them can wait."""

    four_eyes: ClassVar[WideningKind]

    def widened(self, row: Any, before: RowFacts, after: RowFacts) -> Sequence[Widening]:
        """What an edit of this row widens."""
        raise NotImplementedError

    def kind_of(self, row: Any) -> WideningKind:
        return self.four_eyes

    def takes_two(self, row: Any, before: RowFacts) -> bool:
        """Whether an edit of this row that widens takes a second person."""
        return taking_two.switched_on(self.kind_of(row))

    def stood(self, edit: RowEdit) -> RowFacts:
        """What the row was, as `row_acts` reads it again when the edit is confirmed."""
        return edit[1]

    def held(self, request: HttpRequest, edited: Iterable[RowEdit]) -> None:
        """Raises Held when one of these edits widens something and that takes a second person: all
        of them wait together.
        """
        found = [(each, self.widened(*each)) for each in edited]
        waits = [each for each, wider in found if wider and self.takes_two(each[0], each[1])]
        if waits:
            rows = [row_acts.edited(*each) for each, _ in found]
            raise taking_two.held(
                WantedChange(
                    kind=self.kind_of(waits[0][0]),
                    act=row_acts.NAME,
                    args={"rows": rows},
                    rests_on=row_acts.resting(rows, [self.stood(each) for each, _ in found]),
                    what=titled([each for each, _ in found]),
                    widens=[line for _, wider in found for line in wider],
                    saved=[line for each, _ in found for line in saved(each, len(found) > 1)],
                    reason=request.POST.get(REASON, "")[:MOST_REASON],
                )
            )

    def asks_reason(self, request: HttpRequest, row: Any) -> bool:
        """Whether the form has room for why: for whoever may write in it, where edits may wait."""
        if row is None:
            may = self.has_add_permission(request)
        else:
            may = self.has_change_permission(request, row)
        return may and taking_two.switched_on(self.kind_of(row))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_fieldsets(request, obj), *self.with_reason(request, obj)]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, with what waits already for a second person to change this row."""
        row = kwargs.get("obj")
        if row is not None and isinstance(request.user, User):
            at = database_clock.now()
            context["waiting"] = proposals.waiting_for(row, reader=request.user, at=at)
        return super().render_change_form(request, context, *args, **kwargs)

    def with_reason(self, request: HttpRequest, row: Any) -> list[Any]:
        if not self.asks_reason(request, row):
            return []
        return [("Four eyes", {"fields": (REASON,), "description": TOLD})]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        base: Any = kwargs.get("form", self.form)
        if self.asks_reason(request, obj):
            kwargs["form"] = type(base.__name__, (base,), {REASON: reason_field()})
        return super().get_form(request, obj, change=change, **kwargs)


class FourEyes(TakingTwo):
    """Stands before the other admins among the bases of a class, after `Confirmed`. Its form
    remembers as `before` what the row was.
    """

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        form.save_m2m()
        row = form.instance
        self.held(request, [(row, form.before, edits.stored_facts(row))])
        super().save_related(request, form, formsets, change)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.held(request, [(row, edits.facts_of(row), {}) for row in queryset])
        super().delete_queryset(request, queryset)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Shows the list, or acts on it, in one transaction: an act that waits leaves nothing."""
        with transaction.atomic():
            return super().changelist_view(request, *args, **kwargs)


def reason_field() -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=MOST_REASON,
        label="Why",
        help_text="For whoever confirms it; kept in the journal",
        widget=forms.TextInput(attrs={"size": 80}),
    )


def saved(edit: RowEdit, one_of_many: bool) -> list[Widening]:
    """Everything that an edit writes, so that whoever confirms it sees all of it. What is always
    hidden is named and not shown. Nothing for a row that is to go.
    """
    row, before, after = edit
    of_row = f"{getattr(row, 'name', row)}: " if one_of_many else ""
    return [
        each
        for name in after
        if name not in row_acts.NOT_WRITTEN and before.get(name) != after[name]
        for each in shown(name, f"{of_row}{name.replace('_', ' ')}", before.get(name), after[name])
    ]


def shown(name: str, what: str, old: Json, new: Json) -> Iterable[Widening]:
    if name in edits.HIDDEN:
        return [Widening(what, HIDDEN, f"{HIDDEN}, and another")]
    return changed_parts.changed(what, old, new)


def titled(edited: Sequence[RowEdit]) -> str:
    """`Budget day-cap`, `Delete tool policy no-mail`, `3 tool policies`."""
    row, _, after = edited[0]
    meta = row._meta
    if len(edited) > 1:
        return f"{len(edited)} {meta.verbose_name_plural}"
    named = f"{meta.verbose_name} {getattr(row, 'name', row)}"
    return named[:1].upper() + named[1:] if after else f"Delete {named}"
