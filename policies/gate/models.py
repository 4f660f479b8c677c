"""One rule of the tool gate as an administrator writes it.

What it means is decided in `policies.gate.rules`, not here.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from policies.current.policy_table import OrderedPolicy
from policies.decision import DecisionKind
from policies.gate.gate_facts import ASKING
from policies.verdicts import Effect


class ToolPolicy(OrderedPolicy):
    """Who may call what, under which condition.

    Of all policies that fit a call the one with the lowest priority decides; none: denied.
    """

    class Effects(models.TextChoices):
        ANY = "any", "whatever it does"
        READ = Effect.READ.value, "reads"
        REVERSIBLE = Effect.REVERSIBLE.value, "can be undone"
        IRREVERSIBLE = Effect.IRREVERSIBLE.value, "cannot be undone"

    class Verdicts(models.TextChoices):
        ALLOW = DecisionKind.ALLOW.value, "allow"
        ALLOW_WITH_CAPS = DecisionKind.ALLOW_WITH_CAPS.value, "allow with caps"
        ASK = DecisionKind.ASK.value, "require approval"
        DENY = DecisionKind.DENY.value, "deny"

    class OverCap(models.TextChoices):
        ASK = DecisionKind.ASK.value, "require approval"
        DENY = DecisionKind.DENY.value, "deny"

    class OnExpiry(models.TextChoices):
        DENY = "deny", "deny the call, the run goes on"
        STOP = "stop", "stop the run"
        ESCALATE = "escalate", "ask the next group"

    priority = models.PositiveIntegerField(
        default=100, db_index=True, help_text="Lowest first; the first policy that fits decides"
    )
    agent = models.CharField(
        max_length=300,
        default="*",
        help_text="Names or patterns of agents, separated by spaces: refund-desk bug-*",
    )
    tool = models.CharField(
        max_length=500,
        default="*",
        help_text="Names or patterns of tools, separated by spaces: issue_refund kb_* time.*",
    )
    effect = models.CharField(
        max_length=16,
        choices=Effects.choices,
        default=Effects.ANY,
        help_text="What the tool does to the world",
    )
    group = models.CharField(
        "principal's group",
        max_length=150,
        blank=True,
        help_text="Only for people of this group; empty: for everybody",
    )
    condition = models.TextField(
        blank=True, help_text="CEL; the policy fits only when it is true. Empty: always"
    )
    verdict = models.CharField(max_length=20, choices=Verdicts.choices, default=Verdicts.ASK)
    caps = models.TextField(
        blank=True, help_text="CEL that must hold, such as args.amount <= 50; for “allow with caps”"
    )
    cap_per_run = models.PositiveIntegerField(
        "calls per run", null=True, blank=True, help_text="That this policy allows in one run"
    )
    cap_per_hour = models.PositiveIntegerField(
        "calls per hour",
        null=True,
        blank=True,
        help_text="That this policy allows to one agent in one hour of the clock (UTC)",
    )
    over_cap = models.CharField(
        "over a cap", max_length=20, choices=OverCap.choices, default=OverCap.ASK
    )
    approver_group = models.CharField(
        "who decides",
        max_length=300,
        default=ASKING.group,
        help_text=(
            "Group whose members decide when a person is asked; several, separated by commas, are"
            " stages one after the other"
        ),
    )
    quorum = models.PositiveSmallIntegerField(
        default=ASKING.quorum,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="How many of them must agree, in each stage",
    )
    ttl_seconds = models.PositiveIntegerField(
        "time to decide",
        null=True,
        blank=True,
        default=ASKING.ttl,
        help_text="Seconds a question stays open. Empty: without a limit",
    )
    on_expiry = models.CharField(
        "when nobody decides",
        max_length=12,
        choices=OnExpiry.choices,
        default=OnExpiry.DENY,
        help_text="What happens when that time is over",
    )
    escalate_to = models.CharField(
        "escalated to",
        max_length=150,
        default=ASKING.escalate_to,
        help_text="Group that is asked next, by the clock or by whoever was asked",
    )
    four_eyes = models.BooleanField(
        default=ASKING.four_eyes, help_text="Whoever started the run may not decide"
    )
    effect_key = models.CharField(
        "the same effect",
        max_length=300,
        blank=True,
        help_text=(
            "Arguments that tell one effect from another, separated by spaces: order_id amount."
            " Empty: those that the tool names itself, if it does"
        ),
    )
    effect_hours = models.PositiveIntegerField(
        "hours that it counts",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(8_760)],
        help_text="In which no run has the same effect again unasked. Empty: within one run only",
    )
    sentence = models.TextField(
        blank=True,
        help_text=(
            "What people read when it denies or asks; {args.amount}, {tool}, {agent} and"
            " {principal} are filled in"
        ),
    )

    class Meta(OrderedPolicy.Meta):
        verbose_name_plural = "tool policies"


class Tally(models.Model):
    """How many calls a policy allowed to an agent within an hour of the clock.

    Written only by `policies.gate.rows`.
    """

    policy = models.CharField(max_length=80)
    agent = models.CharField(max_length=50)
    hour = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("policy", "agent", "hour"), name="policies_tally_once")
        ]

    def __str__(self) -> str:
        return f"{self.policy} for {self.agent}: {self.calls}"
