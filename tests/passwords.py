"""Passwords that cost nothing to set."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

QUICK = ["tests.passwords.OneRound"]


class OneRound(PBKDF2PasswordHasher):
    """The product's own way with one round of its million: what it makes is read by every process,
    also by those that hash as in production.
    """

    iterations = 1
