"""What django-allauth is told of second factors: their secrets are encrypted under the console's
own key, so that a copy of the database alone gives no codes.
"""

import base64
import hashlib
import ipaddress

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

LABEL = b"signing_in.house_factors"


class HouseFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not right, or was used before.",
    }

    def encrypt(self, text: str) -> str:
        return key().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; one that fits no code once the console's key was changed."""
        try:
            return key().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(hashlib.sha256(encrypted_text.encode()).digest()).decode()

    def generate_authenticator_name(
        self,
        user: AbstractBaseUser,
        type: Authenticator.Type,  # noqa: A002  allauth's name
    ) -> str:
        return f"Passkey {Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}"

    def _get_site_name(self) -> str:
        return "Signalbox"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": host_of(context.request), "name": "Signalbox"}


def key() -> Fernet:
    secret = hashlib.sha256(LABEL + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def host_of(request: HttpRequest) -> str:
    host = request.get_host()
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def no_passkeys(request: HttpRequest) -> str:
    """Why passkeys cannot work where the console was opened; empty where they can. They are bound
    to a name, and to HTTPS or this machine.
    """
    host = host_of(request)
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
        if request.is_secure() or local:
            return ""
        return "Passkeys need HTTPS: open the console by its https:// address."
    port = request.get_host().removeprefix(host)
    there = f"http://localhost{port}" if host in ("127.0.0.1", "[::1]") else "its host name"
    return f"Passkeys are bound to a name, and this is an address: open the console at {there}."
