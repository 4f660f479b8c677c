"""Which widenings wait for a second person, and those that wait or waited.

Proposed changes are written only by `policies.current.four_eyes.proposals`.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from policies.current.four_eyes.rules import WORDS, ChangeStatus, WideningKind

ALONE = "What one person alone may raise to; 0: every raise waits"


class FourEyesRule(models.Model):
    """One row for each kind of widening, shipped switched off. `hours`: how long a proposed change
    waits for its second person.
    """

    kind = models.CharField(
        max_length=16, choices=[(each.value, WORDS[each]) for each in WideningKind], unique=True
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    enabled = models.BooleanField(
        "takes a second person",
        default=False,
        help_text="What widens this is proposed, and somebody else confirms it",
    )
    hours = models.PositiveSmallIntegerField(
        "hours to confirm",
        default=72,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
        help_text="After which a change that nobody confirmed is over",
    )
    alone_usd = models.DecimalField(
        "US dollars", max_digits=18, decimal_places=6, default=0, help_text=ALONE
    )
    alone_tokens = models.PositiveBigIntegerField("tokens", default=0)
    alone_steps = models.PositiveBigIntegerField("steps", default=0)
    alone_seconds = models.PositiveBigIntegerField("seconds", default=0)
    note = models.TextField(blank=True, help_text="Why, for whoever edits it next")

    class Meta:
        verbose_name = "four-eyes rule"
        default_permissions = ("view", "change")
        ordering = ("kind",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(alone_usd__gte=0), name="policies_foureyes_not_negative"
            ),
        )

    def __str__(self) -> str:
        return f"Four eyes for {self.get_kind_display()}"

    @property
    def name(self) -> str:
        """How the journal calls the row."""
        return self.kind


class ProposedChange(models.Model):
    """Something that widens rights, as somebody saved it, and who decided about it. `act` with
    `args` is what will be done, `lines` what becomes wider in words, `saved` everything that an
    edit writes, `digest` what it rests on.
    Names are as they were then, with the people's ids beside them.
    """

    kind = models.CharField(max_length=16)
    act = models.CharField(max_length=32)
    args = models.JSONField()
    digest = models.CharField(max_length=64)
    what = models.CharField(max_length=300)
    lines = models.JSONField()
    saved = models.JSONField(default=list)
    reason = models.TextField(blank=True, default="")
    rights = models.JSONField()
    status = models.CharField(
        max_length=12,
        choices=[(each.value, each.value) for each in ChangeStatus],
        default=ChangeStatus.OPEN.value,
    )
    proposed_by = models.CharField(max_length=150)
    proposed_by_id = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True, default="")
    decided_by_id = models.CharField(max_length=64, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("-proposed_at", "-id")
        default_permissions = ("view",)
        indexes = (models.Index(fields=("status", "expires_at"), name="policies_change_open"),)

    def __str__(self) -> str:
        return self.what
