"""People and groups in the admin:

Django's own forms, with the rules of `rights` and `naming`, each edit journalled by the person's
id.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from console.journal import append, database_clock, edits
from console.journal.editing import Journalled, StandingForm, who
from console.people import house_roles, naming, rights, second_person
from console.people.house_roles import RolesField
from console.people.second_person import facts
from console.signing_in import confirming
from console.signing_in.confirming import Confirmed
from console.signing_in.oidc import STAFF
from policies.current import group_uses, policy_reach
from policies.current.four_eyes import proposals, row_acts, taking_two, widened_rights
from policies.current.four_eyes.admin_holds import FourEyes, RowEdit, TakingTwo
from policies.current.four_eyes.rules import RowFacts, Widening, WideningKind
from policies.current.four_eyes.taking_two import WantedChange

OWNERS_ONLY = ("is_superuser", "user_permissions")
OFFBOARD = (
    "Offboarding takes somebody’s access as well and keeps what is theirs: it ends sessions and"
    " tokens, and hands over runs. Deleting is for an account that was made by mistake."
)
OWNS_RUNS = "is whom runs work or worked for, and these are kept: offboard them instead."
NOT_OF_ONESELF = ("is_active", "is_staff", "groups")


# Django 5.2 cannot be asked for it
class NewPersonForm(AdminUserCreationForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["usable_password"].initial = "false"

    def clean_username(self) -> str:
        name = str(super().clean_username())
        naming.told_apart(name)
        return name


class PersonForm(StandingForm, UserChangeForm):  # type: ignore[type-arg]  # as above
    def clean_username(self) -> str:
        stored = (
            User.objects.filter(pk=self.instance.pk).values_list("username", flat=True).first()
            or ""
        )
        name = str(self.cleaned_data["username"])
        if name != stored:
            naming.told_apart(name, own=stored)
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        stays = data.get("is_active", self.instance.is_active) and data.get(
            "is_superuser", self.instance.is_superuser
        )
        if not stays and rights.last_owner(User.objects.get(pk=self.instance.pk)):
            raise ValidationError(second_person.LAST)
        return data


def note(
    request: HttpRequest, verb: str, person: User, before: dict[str, Any], after: dict[str, Any]
) -> None:
    second_person.noted(verb, person, before, after, who(request), database_clock.now())


def note_password(request: HttpRequest, person: User) -> None:
    """Whoever sets a password may sign in with it."""
    data = {"user": person.get_username(), "id": person.pk}
    append.note(kind="user.password_set", actor=who(request), at=database_clock.now(), data=data)


def editor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


class PersonAdmin(Confirmed, TakingTwo, UserAdmin):  # type: ignore[type-arg]  # as above
    """Owners are changed by owners only; others get only groups whose rights their editor holds."""

    form = PersonForm
    four_eyes = WideningKind.ROLE
    add_form = NewPersonForm
    list_display = ("username", "holds", "is_active", "last_login")
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ("user_permissions",)
    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        ("Role", {"fields": ("groups",)}),
        (
            "Name and address",
            {"fields": ("first_name", "last_name", "email"), "classes": ("collapse",)},
        ),
        ("Here since", {"fields": (("date_joined", "last_login"),)}),
    )
    for_owners = (
        "Single permissions",
        {
            "fields": ("is_superuser", "is_staff", "user_permissions"),
            "classes": ("collapse",),
            "description": "Beside the role. An owner may everything.",
        },
    )
    add_fieldsets = (
        (None, {"fields": ("username",)}),
        ("Role", {"fields": ("groups",)}),
        (
            "How they sign in",
            {
                "fields": ("usable_password", "password1", "password2"),
                "description": "Without a password you are offered a one-time link to hand over.",
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        found = super().get_fieldsets(request, obj)
        return [*found, self.for_owners] if obj and editor(request).is_superuser else found

    @admin.display(description="role")
    def holds(self, person: User) -> str:
        mine = [group.name for group in person.groups.all()]
        return ", ".join(["owner", *mine] if person.is_superuser else mine) or "none"

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Lead to the page where a link is made, for whoever has no password."""
        if obj.has_usable_password():
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, f"{obj} was added, and comes in by a link that you make here.")
        if not obj.groups.exists() and not proposals.waiting_for(
            obj, reader=editor(request), at=database_clock.now()
        ):
            messages.warning(request, f"{obj} has no role yet, and sees nothing: give them one.")
        return HttpResponseRedirect(reverse("person_access", args=[obj.pk]))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (
            obj and obj.is_superuser and not editor(request).is_superuser
        )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and self.kept(request, obj))

    def kept(self, request: HttpRequest, person: User) -> str:
        """Why this editor cannot delete that person; empty when they can."""
        if rights.last_owner(person):
            return second_person.LAST
        if person.pk == editor(request).pk:
            return f"{person}: nobody deletes themself."
        return (
            f"{person} holds rights that you do not."
            if rights.may_more(person, editor(request))
            else ""
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        kept = [why for person in objs if (why := self.kept(request, person))]
        kept += [f"{person} {OWNS_RUNS}" for person in objs if person.runs.exists()]
        return deleted, counts, set() if kept else lacking, kept or protected

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Where somebody has to stay, an owner who asks is led to their page, which says why."""
        person = self.get_object(request, object_id)
        asks = request.method == "GET" and editor(request).is_superuser
        if asks and person is not None and (why := self.kept(request, person)):
            messages.error(request, f"Not deleted. {why}")
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[person.pk]))
        more = {"follows": [OFFBOARD]} | (extra_context or {})
        return super().delete_view(request, object_id, more)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        if editor(request).is_superuser:
            return super().get_readonly_fields(request, obj)
        own = NOT_OF_ONESELF if obj and obj.pk == editor(request).pk else ()
        return (*super().get_readonly_fields(request, obj), *OWNERS_ONLY, *own)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            offered = house_roles.in_order(rights.to_hand_on(editor(request)))
            return RolesField(offered, required=False, label="Several may be combined")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Groups are made on a page of their own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "groups" and field is not None:
            field.widget.can_add_related = False
        return field

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  Django's name
        form_url: str = "",
    ) -> HttpResponse:
        if asked := confirming.wanted(request):
            return asked
        person = self.get_object(request, id)
        if person is not None and rights.may_more(person, editor(request)):
            raise PermissionDenied("whoever sets a password may sign in with it")
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            if (
                person is not None
                and request.method == "POST"
                and answer.status_code == HTTPStatus.FOUND
            ):
                note_password(request, person)
        return answer

    def widened(self, row: User, before: RowFacts, after: RowFacts) -> Sequence[Widening]:
        return widened_rights.person(before, after)

    def stood(self, edit: RowEdit) -> RowFacts:
        return {name: edit[1][name] for name in second_person.FACTS}

    def asks_reason(self, request: HttpRequest, row: Any) -> bool:
        return row is not None and super().asks_reason(request, row)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        stored = User.objects.filter(pk=obj.pk).first()
        form.before = facts(stored) if stored else {}
        form.columns = {**edits.facts_of(stored), **form.before} if stored else {}
        form.held = house_roles.names(stored.groups) if stored else frozenset()
        form.withheld = (
            list(stored.groups.exclude(pk__in=rights.to_hand_on(editor(request)))) if stored else []
        )
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the groups; those that the editor may not give, they may not take away either. Where
        a role takes a second person, somebody new is here at once and their role is proposed.
        """
        given = [] if change else self.proposed_roles(form)
        super().save_related(request, form, formsets, change)
        person = form.instance
        person.groups.add(*form.withheld)
        house_roles.give_staff(person, form.held)
        if change:
            after = {**edits.stored_facts(person), **facts(person)}
            self.held(request, [(person, form.columns, after)])
        note(request, "changed" if change else "added", person, form.before, facts(person))
        if not change and person.has_usable_password():
            note_password(request, person)
        if given:
            self.propose(request, person, given)

    def proposed_roles(self, form: Any) -> list[Group]:
        """The roles of somebody new that wait for a second person, taken out of the form."""
        given = list(form.cleaned_data.get("groups") or ())
        if not given or not taking_two.switched_on(WideningKind.ROLE):
            return []
        form.cleaned_data["groups"] = Group.objects.none()
        return given

    def propose(self, request: HttpRequest, person: User, given: list[Group]) -> None:
        names = [each.name for each in given]
        staff = bool(STAFF & set(names))
        fields = {"groups": [each.pk for each in given], "is_staff": staff}
        edit = {"model": "auth.user", "pk": person.pk, "gone": False, "fields": fields}
        before = facts(person)
        wanted = WantedChange(
            kind=WideningKind.ROLE,
            act=row_acts.NAME,
            args={"rows": [edit]},
            rests_on=row_acts.resting([edit], [before]),
            what=f"User {person}",
            widens=widened_rights.person(before, {**before, "is_staff": staff, "groups": names}),
        )
        kept = proposals.kept(
            taking_two.held(wanted), actor=editor(request), at=database_clock.now()
        )
        messages.warning(request, f"{person} is here without a role: {kept.what} is proposed.")

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self.delete_queryset(request, User.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        gone = [(person, facts(person)) for person in queryset]
        super().delete_queryset(request, queryset)
        for person, before in gone:
            note(request, "deleted", person, before, {})


class GroupForm(StandingForm):
    """The group's name, by which others name it, and its rights."""

    def clean_name(self) -> str:
        name, was = str(self.cleaned_data["name"]), str(self.before.get("name", ""))
        if was and name != was and (needed := rested_on(was)):
            raise ValidationError(f"It keeps its name: {needed}")
        return name


class RightsOfGroups(Confirmed, FourEyes, Journalled, GroupAdmin):
    """Nobody edits a group they are in, or one that may more than they; only rights they hold are
    offered.
    """

    form = GroupForm
    four_eyes = WideningKind.ROLE

    def widened(self, row: Group, before: RowFacts, after: RowFacts) -> Sequence[Widening]:
        return widened_rights.group(before, after)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and self.open_to(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self.open_to(request, obj)

    def open_to(self, request: HttpRequest, group: Group | None) -> bool:
        if group is None or editor(request).is_superuser:
            return True
        mine = editor(request)
        return (
            rights.to_hand_on(mine).filter(pk=group.pk).exists()
            and not mine.groups.filter(pk=group.pk).exists()
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return (
            deleted,
            counts,
            lacking,
            [
                *protected,
                *(str(group) for group in objs if not self.open_to(request, group)),
                *(needed for group in objs if (needed := rested_on(group.name))),
            ],
        )

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if (
            db_field.name == "permissions"
            and field is not None
            and not editor(request).is_superuser
        ):
            field.queryset = Permission.objects.filter(
                pk__in=list(rights.permissions_of(editor(request)).values_list("pk", flat=True))
            )
        return field


def rested_on(group: str) -> str:
    """Why a group has to stay, as a sentence; empty where nothing rests on it."""
    if group in house_roles.WORDS:
        return f"“{group}” is a role that the house ships and asks by this name."
    uses = group_uses.of(group)
    return f"“{group}” is named by {policy_reach.listed(uses)}." if uses else ""


def register() -> None:
    """Put these in the place of Django's own."""
    places: tuple[tuple[Any, Any], ...] = ((User, PersonAdmin), (Group, RightsOfGroups))
    for model, place in places:
        admin.site.unregister(model)
        admin.site.register(model, place)
