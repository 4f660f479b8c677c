"""People and groups, in place of Django's own forms for them; one way in for all: the admin's
sign-in page leads to the console's; its tables by what people do with them; and no list that can be
asked about what it does not show.
"""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin as django_admin
from django.contrib.admin.templatetags import admin_list
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console import admin_places
from console.people import admin

admin.register()
django_admin.site.login = secure_admin_login(  # type: ignore[method-assign]
    django_admin.site.login
)

_by_app = django_admin.site.get_app_list


def _by_use(request: HttpRequest, app_label: str | None = None) -> list[Any]:
    """The list by what people do; the page of one app stays Django's."""
    found = _by_app(request, app_label)
    return found if app_label else admin_places.grouped(found)


django_admin.site.get_app_list = _by_use  # type: ignore[method-assign]


def _in_words(value: bool | None) -> SafeString:
    """Yes or no as a word, in place of Django's green and red: what is off is no mistake."""
    word = "–" if value is None else "yes" if value else "no"
    return format_html('<span class="said-{}">{}</span>', word, word)


admin_list._boolean_icon = _in_words  # type: ignore[attr-defined]  # noqa: SLF001  as below

_lookup_allowed: Any = django_admin.ModelAdmin.lookup_allowed


def _offered(place: Any, lookup: str, value: str, request: HttpRequest) -> bool:
    """Whether a list may be narrowed by this part of its address: by its filters and its key alone.
    Django takes any column of the table, so that what a page hides could be guessed at by how many
    rows begin with it.
    """
    offered = {"pk", place.opts.pk.name}
    for each in place.get_list_filter(request):
        offered.add(str(getattr(each, "parameter_name", None) or each))
    stem = lookup.partition("__")[0]
    return stem in offered and bool(_lookup_allowed(place, lookup, value, request))


django_admin.ModelAdmin.lookup_allowed = _offered  # type: ignore[method-assign, assignment]

BY_PAGES_OF_THEIR_OWN = {"account", "mfa", "socialaccount", "usersessions"}
"""Apps of django-allauth: sessions, second factors and the like are for their owners, and for the
page of a person.
"""
for _model in [*django_admin.site._registry]:  # noqa: SLF001  Django has no other list
    if _model._meta.app_label in BY_PAGES_OF_THEIR_OWN:
        django_admin.site.unregister(_model)
