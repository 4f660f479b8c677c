"""Who may change what about whom: nobody raises their own rights, takes over somebody who may more,
or removes the last owner. Queries only.
"""

from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet


def may_more(person: User, editor: User) -> bool:
    """Whether this person holds a right that the editor lacks. Owners hold every right, even those
    that do not exist yet.
    """
    if editor.is_superuser:
        return False
    return person.is_superuser or not person.get_all_permissions() <= editor.get_all_permissions()


def last_owner(person: User) -> bool:
    """Whether nobody else could let anybody in again."""
    owners = User.objects.filter(is_active=True, is_superuser=True)
    return person.is_active and person.is_superuser and not owners.exclude(pk=person.pk).exists()


def permissions_of(editor: User) -> QuerySet[Permission]:
    """Permissions that the editor may give to others."""
    if editor.is_superuser:
        return Permission.objects.all()
    return Permission.objects.filter(group__user=editor).union(
        Permission.objects.filter(user=editor)
    )


def to_hand_on(editor: User) -> QuerySet[Group]:
    """Groups all of whose permissions the editor holds."""
    if editor.is_superuser:
        return Group.objects.all()
    held = list(permissions_of(editor).values_list("pk", flat=True))
    beyond = Group.objects.filter(permissions__in=Permission.objects.exclude(pk__in=held))
    return Group.objects.exclude(pk__in=beyond)
