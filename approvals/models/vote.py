"""A vote on a request: who said what, in which stage, on which arguments. Written once, with the
decision it belongs to.
"""

from django.conf import settings
from django.db import models

from approvals.models.request import Request
from runs.engine.vocabulary import AnswerAct
from runs.models.run import choices


class Vote(models.Model):
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="votes")
    voter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="votes"
    )
    stage = models.PositiveSmallIntegerField(default=0)
    act = models.CharField(max_length=16, choices=choices(AnswerAct))
    args = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    at = models.DateTimeField()
    waited = models.FloatField(default=0, help_text="Seconds from the question to this answer")

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        indexes = [models.Index(fields=["voter", "-at"], name="vote_of")]

    def __str__(self) -> str:
        return f"{self.voter}: {self.act}"
