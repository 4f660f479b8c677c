"""The form of the sign-in page."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.internal import flows
from django.http import HttpRequest, HttpResponse


class PasswordForm(LoginForm):  # type: ignore[misc]  # allauth has no types
    """Name and password, under the names that browsers and programs know the fields by. How long
    the session lasts is not this form's business.
    """

    def add_prefix(self, field_name: str) -> str:
        return str(super().add_prefix("username" if field_name == "login" else field_name))

    def login(self, request: HttpRequest, redirect_url: Any = None) -> HttpResponse:
        self._login.redirect_url = redirect_url
        done: HttpResponse = flows.login.perform_password_login(
            request, self.user_credentials(), self._login
        )
        return done
