"""Signed-in sessions for benches that ask as a browser would."""

import time
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User

from console.signing_in import session_limits


def cookie_of(user: User) -> str:
    """A new session of this person, who signed in just now, as the cookie that a browser would
    send.
    """
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[session_limits.BEGAN] = time.time()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
