"""Edits in Django's admin that record themselves: what was, what is, who did it, in the edit's own
transaction. Any app may build on it.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import conditional_escape

from console.journal import acting, database_clock, edits, looking
from console.journal.records import Actor


class KnowingForm(forms.ModelForm):  # type: ignore[type-arg]  # Django 5.2 cannot be asked for it
    """Remembers what the row was before the edit. A form that comes back stands at what is wrong
    first.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.before = edits.stored_facts(self.instance)

    def full_clean(self) -> None:
        super().full_clean()
        if wrong := next((name for name in self.fields if name in self.errors), ""):
            self.fields[wrong].widget.attrs["autofocus"] = True


class Journalled(admin.ModelAdmin):  # type: ignore[type-arg]  # Django 5.2 cannot be asked for it
    """Notes additions, changes and deletions on the house chain, last in the request's transaction.

    Its `form` is a KnowingForm.
    """

    def formfield_for_dbfield(self, *args: Any, **kwargs: Any) -> Any:
        """The field; what helps with it is words, whatever signs are in them: Django takes them for
        markup.
        """
        field = super().formfield_for_dbfield(*args, **kwargs)
        if field is not None:
            field.help_text = conditional_escape(field.help_text)
        return field

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        after = edits.stored_facts(form.instance)
        if form.before != after:
            verb = "changed" if change else "added"
            edits.note(
                verb=verb,
                row=form.instance,
                before=form.before,
                after=after,
                actor=who(request),
                at=database_clock.now(),
            )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """What is always hidden is shown to whoever edits it, and each look is itself an event."""
        response = super().render_change_form(request, context, *args, **kwargs)
        row = kwargs.get("obj")
        if row is not None and request.method == "GET":
            looking.note_row(row, actor=who(request), at=database_clock.now())
        return response

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self.delete_queryset(request, type(obj)._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        gone = [(row, edits.facts_of(row)) for row in queryset]
        super().delete_queryset(request, queryset)
        for row, before in gone:
            edits.note(
                verb="deleted",
                row=row,
                before=before,
                after={},
                actor=who(request),
                at=database_clock.now(),
            )


def who(request: HttpRequest) -> Actor:
    return acting.of(request.user)
