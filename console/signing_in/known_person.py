"""Who is signed in, with their rights: read anew for each request, so that one that was taken away
holds no longer than a page.
"""

from typing import TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

_Who = TypeVar("_Who", bound=AbstractBaseUser | AnonymousUser)
RIGHTS = """SELECT app_label || '.' || codename FROM auth_permission
    JOIN django_content_type ON django_content_type.id = content_type_id
    WHERE auth_permission.id IN (
        SELECT permission_id FROM auth_user_user_permissions WHERE user_id = %(user)s
        UNION ALL SELECT permission_id FROM auth_group_permissions
        JOIN auth_user_groups USING (group_id) WHERE user_id = %(user)s)"""


class KnownPerson(AuthenticationMiddleware):
    """Django's own, but the rights of the person and of their groups are one statement."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        # the stubs know no person who is looked up later
        request.user = SimpleLazyObject(  # type: ignore[assignment]
            lambda: with_rights(get_user(request))
        )


def with_rights(user: _Who) -> _Who:
    """The person, with what `ModelBackend` would else ask for in two statements. Owners hold every
    right without any.
    """
    if isinstance(user, User) and user.is_active and not user.is_superuser:
        with connection.cursor() as cursor:
            cursor.execute(RIGHTS, {"user": user.pk})
            vars(user)["_perm_cache"] = {row[0] for row in cursor.fetchall()}
    return user
