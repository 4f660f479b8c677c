"""The table of agents."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from runs.engine.vocabulary import Compensation, Priority
from runs.models.mcp import McpServer
from runs.planners.model_settings import EFFORTS, MOST_FIELDS, SIGHT

COMPENSATIONS = [
    (Compensation.UNDO.value, "undo it, newest first"),
    (Compensation.LEAVE.value, "leave it as it is"),
    (Compensation.ASK.value, "ask a person"),
]
PRIORITIES = [
    (Priority.INTERACTIVE.value, "people wait for it"),
    (Priority.BATCH.value, "batch, after those"),
]


class Agent(models.Model):
    """What an admin edits; a run pins a snapshot of it at its start."""

    name = models.SlugField(unique=True)
    title = models.CharField(max_length=80)
    description = models.TextField(blank=True, help_text="One sentence for whoever starts a run")
    prompt = models.TextField(
        blank=True, help_text="System prompt; never shown to viewers or operators"
    )
    planner = models.CharField(
        max_length=200, default="scripted", help_text="openai:MODEL, anthropic:MODEL or scripted"
    )
    base_url = models.CharField(
        max_length=500, blank=True, help_text="OpenAI-compatible endpoint: Ollama, vLLM, a gateway"
    )
    key_variable = models.CharField(
        max_length=80,
        blank=True,
        help_text="Environment variable that holds the API key; the key itself is never stored",
    )
    price_in = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="USD per million input tokens, over the known price",
    )
    price_out = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="USD per million output tokens, over the known price",
    )
    price_cached = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=(
            "USD per million input tokens read from the provider's cache; empty: in the known"
            " proportion to the price of the others"
        ),
    )
    fallback_price = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=(
            "USD per million tokens either way, counted as an estimate where nobody knows the"
            " model's price; empty: the USD limit does not hold then, and everybody is told so"
        ),
    )
    unpriced = models.CharField(
        max_length=8,
        blank=True,
        choices=[("refuse", "does not start")],
        default="",
        db_default="",
        verbose_name="without any price",
        help_text="Empty: it goes on, and its USD limit does not hold",
    )
    window = models.PositiveIntegerField(
        null=True, blank=True, help_text="Context window in tokens, over the known one"
    )
    reasoning_effort = models.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",
        choices=[(each, each) for each in EFFORTS],
        help_text="How much the model thinks before it answers; empty: as the model does by itself",
    )
    temperature = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="From 0 to 2; empty: the model's own, and some models take none",
    )
    prompt_caching = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Marks for anthropic what its cache may keep; others do it by themselves",
    )
    sees_pictures = models.CharField(
        max_length=3,
        blank=True,
        default="",
        db_default="",
        choices=[(each, each) for each in SIGHT],
        help_text="Whether it is sent pictures that tools give; empty: by the model's name",
    )
    max_tokens_field = models.CharField(
        max_length=24,
        blank=True,
        default="",
        db_default="",
        choices=[(each, each) for each in MOST_FIELDS],
        verbose_name="field of the most tokens",
        help_text="openai: what the server calls it; empty: by the model's name",
    )
    key_header = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text=(
            "Header that carries the key; empty: Authorization, x-api-key for anthropic, api-key"
            " for an address of Azure"
        ),
    )
    extra_headers = models.JSONField(
        default=dict,
        blank=True,
        db_default={},
        help_text=(
            'Further headers of each request: {"x-team": "refunds"}; a value such as'
            " $GATEWAY_API_KEY is the variable's"
        ),
    )
    extra_body = models.JSONField(
        default=dict,
        blank=True,
        db_default={},
        help_text='Further fields of each request: {"top_p": 0.9}',
    )
    max_tokens_out = models.PositiveIntegerField(
        default=2_000, help_text="Most tokens of one answer"
    )
    summarise = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        default="",
        verbose_name="model for summaries",
        help_text=(
            "Sums older steps up when a run gets too long for its model: openai:MODEL or"
            " anthropic:MODEL; empty: the agent's own; digest: one line a step, without any model"
        ),
    )
    tiers = models.JSONField(
        default=dict,
        blank=True,
        db_default={},
        help_text="Other models of this agent, by what they are asked for: plan, judge",
    )
    script = models.TextField(blank=True, help_text="scripted: the script")
    tools = models.JSONField(
        default=list, blank=True, help_text='Names or patterns: ["get_order", "kb_*"]'
    )
    mcp_servers = models.ManyToManyField(McpServer, blank=True)
    max_steps = models.PositiveIntegerField(default=50)
    max_tokens = models.PositiveIntegerField(default=200_000)
    max_usd = models.DecimalField(max_digits=12, decimal_places=4, default=2)
    max_seconds = models.PositiveIntegerField(
        default=3_600,
        help_text=(
            "Most running time in seconds; while it waits for people, is paused or queued its clock"
            " stands"
        ),
    )
    parallel_calls = models.PositiveSmallIntegerField(
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(32)],
        verbose_name="parallel calls",
        help_text=(
            "How many calls that only read may be under way at the same time; what changes the"
            " world is always alone and in order. 1: its model is told to ask for one call at a"
            " time"
        ),
    )
    priority = models.CharField(
        max_length=12,
        choices=PRIORITIES,
        default=Priority.INTERACTIVE.value,
        db_default=Priority.INTERACTIVE.value,
        help_text="Of its runs, unless whoever starts one chooses otherwise",
    )
    max_active = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        verbose_name="runs at work",
        help_text="Most of its runs at work at the same time; further ones are queued. Empty: any",
    )
    acceptance = models.JSONField(
        default=list,
        blank=True,
        help_text=(
            "What done means: a list of {name, cel or schema}; cel over final, run and calls, such"
            " as called('send_email') > 0"
        ),
    )
    answers_refused = models.PositiveSmallIntegerField(
        default=3, help_text="How many unacceptable answers go back before the run stops"
    )
    person_may_accept = models.BooleanField(
        default=False,
        verbose_name="a person may accept it anyway",
        help_text=(
            "After that many the run pauses and asks an approver instead of stopping: "
            "accept the answer as it is, send it back with a word, or stop the run"
        ),
    )
    after_kill = models.CharField(
        max_length=8,
        choices=COMPENSATIONS,
        default=Compensation.UNDO.value,
        db_default=Compensation.UNDO.value,
        help_text="What becomes of what a run did when a person kills it, who may choose otherwise",
    )
    after_stop = models.CharField(
        max_length=8,
        choices=COMPENSATIONS,
        default=Compensation.LEAVE.value,
        db_default=Compensation.LEAVE.value,
        verbose_name="after any other stop",
        help_text=(
            "What becomes of what a run did when a budget, a rule or a failure stops it. A run that"
            " was undone cannot be continued"
        ),
    )
    after_reasons = models.JSONField(
        default=dict,
        blank=True,
        db_default={},
        verbose_name="after single stop reasons",
        help_text='Otherwise for these: {"DRIFTED": "undo", "BUDGET_EXCEEDED": "ask"}',
    )
    enabled = models.BooleanField(default=True)
    demo = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.title
