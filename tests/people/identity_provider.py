"""An identity provider to test against: django-allauth's own, in a process of its own.

`python -m tests.people.identity_provider PORT FOLDER BACK` serves it; `BACK` is where people return
to. Its groups are rows, which a test changes through `/groups/NAME/?in=a,b`.
"""

import sys
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

CLIENT, SECRET, PASSWORD = "signalbox", "between-us", "correct horse"


def configure(folder: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    settings.configure(
        SECRET_KEY="of the provider",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.people.identity_provider_urls",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "db"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "allauth",
            "allauth.account",
            "allauth.idp.oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        ACCOUNT_LOGIN_METHODS={"username"},
        ACCOUNT_SIGNUP_FIELDS=["username*", "password1*"],
        ACCOUNT_EMAIL_VERIFICATION="none",
        IDP_OIDC_PRIVATE_KEY=key.decode(),
        IDP_OIDC_ADAPTER="tests.people.identity_provider_urls.Groups",
    )


def furnish(back: str) -> None:
    """The people that tests sign in as, and the console as a client."""
    from allauth.idp.oidc.models import Client  # noqa: PLC0415  needs Django set up
    from django.contrib.auth.models import User  # noqa: PLC0415

    for name in ("ada", "bert"):
        User.objects.create_user(name, email=f"{name}@example.com", password=PASSWORD)
    client: Any = Client(id=CLIENT, name="Signalbox", skip_consent=True)
    client.set_secret(SECRET)
    client.set_redirect_uris([back])
    client.set_scopes(["openid", "profile", "email"])
    client.save()


def main(port: str, folder: str, back: str) -> None:
    configure(Path(folder))
    django.setup()
    call_command("migrate", verbosity=0)
    furnish(back)
    with make_server("127.0.0.1", int(port), get_wsgi_application()) as server:
        sys.stdout.write("serving\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
