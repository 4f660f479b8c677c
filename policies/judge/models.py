"""When a second model is asked whether a run gets nearer to its goal, as an administrator writes
it. Read by `policies.judge.rows`.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from policies.current import policy_table
from policies.current.policy_table import OrderedPolicy
from policies.judge.rules import JudgeEnding


class JudgePolicy(OrderedPolicy):
    """A policy that has agents' runs judged. Of all that fit an agent the one with the lowest
    priority decides; where none fits, its runs are not judged.
    """

    class Endings(models.TextChoices):
        PAUSE = JudgeEnding.PAUSE.value, "the run pauses and asks a person"
        STOP = JudgeEnding.STOP.value, "the run stops"

    enabled = models.BooleanField(
        default=False,
        help_text="Each question costs tokens, which count against the run's own budgets",
    )
    priority = policy_table.priority("fits an agent")
    agents = policy_table.names("agents", "refund-desk research-*")
    every = models.PositiveSmallIntegerField(
        "every so many steps",
        default=10,
        validators=[MinValueValidator(2)],
        help_text="It is shown these steps and asked about them",
    )
    hints = models.PositiveSmallIntegerField(
        "hints first",
        default=1,
        validators=[MinValueValidator(1)],
        help_text="So many negative verdicts in a row only bring a hint to the planner",
    )
    ending = models.CharField(
        "after the next no", max_length=8, choices=Endings.choices, default=Endings.PAUSE
    )
    planner = models.CharField(
        "model",
        max_length=200,
        blank=True,
        help_text=(
            "openai:MODEL or anthropic:MODEL. Empty: the agent's model for judging, else the run's"
            " own"
        ),
    )
    base_url = models.CharField(
        "base URL",
        max_length=500,
        blank=True,
        help_text="OpenAI-compatible endpoint of that model: Ollama, vLLM, a gateway",
    )
    key_variable = models.CharField(
        max_length=80,
        blank=True,
        help_text="Environment variable that holds the API key; the key itself is never stored",
    )
    price_in = models.DecimalField(
        "USD per million tokens in",
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Empty: the known price",
    )
    price_out = models.DecimalField(
        "USD per million tokens out",
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Empty: the known price",
    )
    max_tokens_out = models.PositiveIntegerField(
        "tokens of its answer",
        default=200,
        validators=[MinValueValidator(8), MaxValueValidator(8_000)],
        help_text="At most",
    )
    timeout_seconds = models.PositiveIntegerField(
        "waits for it",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text="Seconds; then the run goes on",
    )

    class Meta(OrderedPolicy.Meta):
        verbose_name_plural = "judge policies"
