"""allauth's forms for passkeys, whose answers of browsers are looked at before anything is made of
them: what is none is a wrong answer, not an error of the console's.
"""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

UNREADABLE = (TypeError, ValueError, KeyError, AttributeError, IndexError)


class AnswerField(forms.JSONField):
    """A browser's answer as JSON, of the form that `kind` reads."""

    def __init__(self, kind: Any) -> None:
        super().__init__(widget=forms.HiddenInput)
        self.kind = kind

    def clean(self, value: Any) -> Any:
        answer = super().clean(value)
        try:
            self.kind.from_dict(answer)
            answer["response"].get("userHandle")
        except UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return answer


class AddForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    name = forms.CharField(required=False, max_length=60)
    credential = AnswerField(RegistrationResponse)


class SecondForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    credential = AnswerField(AuthenticationResponse)


class SignInForm(LoginWebAuthnForm):  # type: ignore[misc]
    credential = AnswerField(AuthenticationResponse)


class ConfirmForm(ReauthenticateWebAuthnForm):  # type: ignore[misc]
    credential = AnswerField(AuthenticationResponse)
