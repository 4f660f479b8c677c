"""The roof's own tables: one-time links to sign in with, and tokens for programs."""

from django.conf import settings
from django.db import models


class OneTimeLink(models.Model):
    """A way in for one person, once, until `expires_at`. Only the digest of its token is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"link for {self.user} until {self.expires_at:%H:%M}"


class ApiToken(models.Model):
    """What lets a program act for its owner until `expires_at` or until it is revoked. Only the
    digest of its secret is kept.

    `ready_at` paces its requests: the moment by which those made so far would be paid for.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=40)
    digest = models.BinaryField(unique=True)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-made_at"]
        constraints = (
            models.UniqueConstraint(
                fields=("user", "name"),
                condition=models.Q(revoked_at=None),
                name="a_token_name_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


class FailedSignIn(models.Model):
    """A password that was tried, until it proves right: what slows the next try. `name` is a
    digest; `place` is a network, or the mark of a browser that `known` says the name is known in.
    """

    name = models.BinaryField()
    place = models.CharField(max_length=64)
    known = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = (models.Index(fields=("place", "at"), name="a_place_lately"),)

    def __str__(self) -> str:
        return f"from {self.place} at {self.at:%H:%M:%S}"
