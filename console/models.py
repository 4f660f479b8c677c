"""The roof's own tables: one-time links to sign in with."""

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
