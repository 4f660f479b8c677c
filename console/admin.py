"""People and groups, in place of Django's own forms for them; and one way in for all: the admin's
sign-in page leads to the console's.
"""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin as django_admin

from console.people import admin

admin.register()
django_admin.site.login = secure_admin_login(  # type: ignore[method-assign]
    django_admin.site.login
)

BY_PAGES_OF_THEIR_OWN = {"account", "mfa", "socialaccount", "usersessions"}
"""Apps of django-allauth: sessions, second factors and the like are for their owners, and for the
page of a person.
"""
for _model in [*django_admin.site._registry]:  # noqa: SLF001  Django has no other list
    if _model._meta.app_label in BY_PAGES_OF_THEIR_OWN:
        django_admin.site.unregister(_model)
