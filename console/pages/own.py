"""The person behind a request that needed a sign-in."""

from django.contrib.auth.models import User
from django.http import HttpRequest


def own(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
