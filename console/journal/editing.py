"""Edits in Django's admin that record themselves: what was, what is, who did it, in the edit's own
transaction. Any app may build on it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from django.utils.html import conditional_escape
from django.utils.text import slugify

from console import plain_decimals
from console.journal import acting, database_clock, edits, looking, meanwhile
from console.journal.records import Actor

OVERTAKEN = (
    "Somebody else saved this while you had it open: {}. What you typed stays; saving once more"
    " puts all of it in place of theirs."
)
UNCHANGED = "Nothing was changed: everything is as it was before."
AS_IT_WAS = "saved_as_it_was"
NOT_JOINED = "Letters, digits, hyphens and underscores alone, without a space{}."


def joined(name: str) -> None:
    """Check that it is a name in one piece. Raises ValidationError, with one that would do."""
    try:
        validate_slug(name)
    except ValidationError as wrong:
        instead = slugify(name)
        raise ValidationError(
            NOT_JOINED.format(f": “{instead}” would do" if instead else "")
        ) from wrong


class StandingForm(forms.ModelForm):  # type: ignore[type-arg]  # Django 5.2 cannot be asked for it
    """Is refused once when the row is not as it was when the form was shown, and says what became
    of it. Its texts have plain line ends, as they are stored: browsers send others.
    """

    writes_too: ClassVar[frozenset[str]] = frozenset()
    """Facts of the row that its fields write under other names."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(with_plain_lines(data), *args, **kwargs)
        self.label_suffix = ""
        self.before = edits.stored_facts(self.instance)
        self.overtaken = False
        for field in self.fields.values():
            if isinstance(field, forms.SlugField):
                field.validators = [joined if each is validate_slug else each
                                    for each in field.validators]  # fmt: skip
        for name, each in self.initial.items():
            if isinstance(each, Decimal):
                self.initial[name] = plain_decimals.plain(f"{each:f}")

    @property
    def as_it_is(self) -> str:
        """What the row was when the form was shown first, or has been told of since, for the form
        to carry; empty for a new row.
        """
        if self.carried and not self.overtaken:
            return self.carried
        return meanwhile.mark(self.before, self.shown) if self.before else ""

    @property
    def shown(self) -> set[str]:
        """The names of the facts that the form lets be read."""
        return (self.fields.keys() | self.writes_too) - {"password"}

    @property
    def carried(self) -> str:
        return str(self.data.get(meanwhile.FIELD, ""))

    def full_clean(self) -> None:
        super().full_clean()
        seen = {name: fact for name, fact in self.before.items() if name in self.shown}
        if moved := list(meanwhile.moved(self.carried, seen)):
            self.overtaken = True
            self.add_error(None, OVERTAKEN.format(", ".join(map(self.became, moved))))

    def became(self, name: str) -> str:
        """`amount is 1500 now`; what is always hidden is only named."""
        field = self.fields.get(name)
        called = str((field and field.label) or name.replace("_", " ")).lower()
        if name in edits.HIDDEN:
            return f"{called} is another now"
        return f"{called} is {meanwhile.stands(self.before[name])} now"


def with_plain_lines(data: Any) -> Any:
    """What was sent, with the line ends that texts are stored with."""
    if isinstance(data, MultiValueDict):
        plain = data.copy()
        for name, values in data.lists():
            plain.setlist(name, [plain_lines(each) for each in values])
        return plain
    if isinstance(data, Mapping):
        return {name: plain_lines(each) for name, each in data.items()}
    return data


def plain_lines(value: Any) -> Any:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class KnowingForm(StandingForm):
    """Remembers what the row was before the edit. A form that comes back stands at what is wrong
    first.
    """

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

    def message_user(
        self,
        request: HttpRequest,
        message: Any,
        level: Any = messages.INFO,
        *args: Any,
        **more: Any,
    ) -> None:
        said = self.as_saved(request, message) if level == messages.SUCCESS else message
        if said:
            super().message_user(request, said, level, *args, **more)

    def as_saved(self, request: HttpRequest, message: Any) -> Any:
        """What is said of a save: the message, unless it changed nothing; nothing where it is said
        later.
        """
        return UNCHANGED if hasattr(request, AS_IT_WAS) else message

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        after = edits.stored_facts(form.instance)
        if form.before == after and not any(each.has_changed() for each in formsets):
            setattr(request, AS_IT_WAS, True)
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

    def follows(self, row: Any) -> list[str]:
        """What comes of it once the row is deleted, for whoever is asked whether it is to be."""
        return []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        follows = self.follows(row) if row is not None else []
        return super().delete_view(
            request, object_id, {"follows": follows, **(extra_context or {})}
        )

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
