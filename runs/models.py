"""Tables of what happens: agents, their runs, MCP servers.

A run's row is a projection of its journal and its lease. Nothing here decides: writes go through
`runs.services` and `runs.runtime`, reads through `runs.selectors`.
"""

import uuid
from enum import StrEnum

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from runs.engine.vocabulary import Control, RunPhase, RunStatus, StopReason, Waiting
from runs.planners.model_settings import EFFORTS, MOST_FIELDS


def choices(vocabulary: type[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in vocabulary]


class McpServer(models.Model):
    """A Model Context Protocol server whose tools agents may use.

    What it says of them is a proposal that an admin accepts or does not.

    `offered`, `left_out`, `trouble` and `tried_at` are what came of the last look, for people and
    as proposals; no run waits for one.
    """

    class Transport(models.TextChoices):
        STDIO = "stdio", "stdio: a command on the worker's machine"
        HTTP = "http", "streamable HTTP"
        SSE = "sse", "SSE, the HTTP transport of older servers"

    name = models.SlugField(unique=True, help_text="Prefix of its tools: name.tool")
    transport = models.CharField(max_length=8, choices=Transport.choices, default=Transport.STDIO)
    command = models.CharField(max_length=500, blank=True, help_text="stdio: the command line")
    url = models.CharField(max_length=500, blank=True, help_text="HTTP and SSE: the endpoint")
    environment = models.JSONField(
        default=dict,
        blank=True,
        help_text='Names of environment variables handed on: {"TOKEN": "MY_TOKEN_VARIABLE"}',
    )
    overrides = models.JSONField(
        default=dict,
        blank=True,
        help_text=(
            'Per tool, over the server\'s hints: {"tool": {"effect": "read", "idempotent": true,'
            ' "timeout": 10}}'
        ),
    )
    trust_hints = models.BooleanField(
        default=False,
        verbose_name="trust what it says of its tools",
        help_text=(
            "As listed below, at the last look. Off: a tool that nobody described here is"
            " irreversible and not idempotent"
        ),
    )
    trust_changes = models.BooleanField(
        default=False,
        verbose_name="let its tools change",
        help_text=(
            "On: a tool that it changes, or adds later, may be called at once. Off: it is held"
            " until somebody has looked at the change"
        ),
    )
    per_run = models.BooleanField(
        db_default=False,
        default=False,
        verbose_name="a process for each run",
        help_text="For a server that remembers: what one run does, no other run meets",
    )
    enabled = models.BooleanField(default=True)
    offered = models.JSONField(default=list, editable=False)
    left_out = models.JSONField(default=list, editable=False)
    trouble = models.TextField(blank=True, default="", editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "MCP server"

    def __str__(self) -> str:
        return self.name


class ServedTool(models.Model):
    """A tool as its MCP server defined it when a worker last asked, and as it was accepted.

    Held, and called by no run, while the two differ. `accepted_digest` is empty for one that nobody
    has accepted yet. A definition is the JSON of `runs.tools.definitions`.
    """

    server = models.ForeignKey(McpServer, on_delete=models.CASCADE, related_name="served")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    definition = models.JSONField(default=dict)
    accepted_digest = models.CharField(max_length=64, blank=True, default="")
    accepted = models.JSONField(default=dict, blank=True)
    accepted_by = models.CharField(max_length=200, blank=True, default="")
    gone = models.BooleanField(default=False, help_text="Not in its server's last list")
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("server", "name"), name="a_served_tool_once"),
        )

    def __str__(self) -> str:
        return f"{self.server.name}.{self.name}"

    @property
    def held(self) -> bool:
        return self.digest != self.accepted_digest


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
    enabled = models.BooleanField(default=True)
    demo = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.title


class Run(models.Model):
    """One supervised run.

    `seq`, `head` and every column of the projection change only by a journal append.

    No column has a CHECK, though no number here is ever negative: PostgreSQL reads those of a table
    anew in each statement that updates it, and every commit of a step is one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="runs")
    snapshot = models.JSONField(help_text="The agent as it was at the start")
    goal = models.TextField()
    principal = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="runs"
    )
    by_right = models.BooleanField(
        db_default=False,
        default=False,
        help_text="They might start runs when they started it: it pauses once they may not",
    )
    correlation_id = models.UUIDField(default=uuid.uuid4)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    max_steps = models.IntegerField()
    max_tokens = models.BigIntegerField()
    max_usd = models.DecimalField(max_digits=12, decimal_places=4)
    max_seconds = models.IntegerField()
    created_at = models.DateTimeField()

    # the ledger
    seq = models.BigIntegerField(default=0)
    head = models.BinaryField(default=bytes)

    # the projection: project(fold(events)) of everything up to `seq`
    status = models.CharField(max_length=16, choices=choices(RunStatus), default=RunStatus.QUEUED)
    waiting_for = models.CharField(max_length=16, choices=choices(Waiting), blank=True, default="")
    stop_reason = models.CharField(
        max_length=24, choices=choices(StopReason), blank=True, default=""
    )
    stop_detail = models.TextField(blank=True, default="")
    phase = models.CharField(max_length=16, choices=choices(RunPhase), default=RunPhase.IDLE)
    phase_at = models.DateTimeField(null=True)
    control = models.CharField(max_length=8, choices=choices(Control), blank=True, default="")
    step = models.IntegerField(default=0)
    calls = models.IntegerField(default=0)
    tool = models.CharField(max_length=200, blank=True, default="")
    tokens_in = models.BigIntegerField(default=0)
    tokens_out = models.BigIntegerField(default=0)
    usd = models.DecimalField(max_digits=20, decimal_places=9, default=0)
    usd_unknown = models.BooleanField(
        default=False, help_text="Some call had no known price: the true cost is higher"
    )
    estimated = models.BooleanField(
        db_default=False,
        default=False,
        help_text="Some tokens, or their price, are an estimate: nobody told of them",
    )
    saved = models.DecimalField(
        max_digits=20,
        decimal_places=9,
        db_default=0,
        default=0,
        help_text="USD that the provider's cache has spared",
    )
    reserved_tokens = models.BigIntegerField(default=0)
    reserved_usd = models.DecimalField(max_digits=20, decimal_places=9, default=0)
    undone = models.IntegerField(default=0)
    to_undo = models.IntegerField(default=0)
    late = models.IntegerField(
        db_default=0,
        default=0,
        help_text="Calls that came back after the lease had ended, and that nobody has looked into",
    )
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    active_seconds = models.FloatField(
        default=0, help_text="Running time up to `clock_since`, in seconds"
    )
    clock_since = models.DateTimeField(
        null=True, help_text="Since when its clock runs; empty while it stands"
    )

    # the lease
    lease_owner = models.CharField(max_length=120, blank=True, default="")
    lease_epoch = models.IntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    takes = models.IntegerField(
        default=0, help_text="Workers in a row that took the lease and never had the run in hand"
    )

    # the workers that were lost with it
    crashes = models.IntegerField(
        db_default=0,
        default=0,
        help_text="Workers in a row that were lost with it, without a step forward",
    )
    blamed = models.BooleanField(
        db_default=False, default=False, help_text="Its call may have ended the last one"
    )
    suspect = models.BooleanField(
        db_default=False,
        default=False,
        help_text="It is driven by a process that holds nothing else",
    )
    lost_after = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        default="",
        help_text="What became of the last one",
    )
    lost_words = models.TextField(
        blank=True, db_default="", default="", help_text="What it said last, masked"
    )

    class Meta:
        ordering = ["-created_at"]
        # never a column that a step changes: an index on one, partial ones too, makes each step's
        # update write every index anew
        indexes = [
            models.Index(fields=["-created_at", "id"], name="run_newest"),
            models.Index(fields=["correlation_id"], name="run_correlation"),
            models.Index(
                fields=["stop_reason", "-ended_at"],
                name="run_stopped",
                condition=models.Q(status="stopped"),
            ),
            models.Index(fields=["created_at"], name="run_late", condition=models.Q(late__gt=0)),
            models.Index(
                fields=["created_at"], name="run_suspect", condition=models.Q(suspect=True)
            ),
            models.Index(
                fields=["status", "wake_at"],
                name="run_live",
                condition=~models.Q(status__in=["completed", "stopped"]),
            ),
        ]
        permissions = [("operate_run", "Can start, pause, resume and kill runs")]

    def __str__(self) -> str:
        return f"{self.goal[:60]} ({self.id})"


class ToolCrash(models.Model):
    """How often a tool ended, froze or filled the process it ran in, and how the last time. Written
    by workers.
    """

    tool = models.CharField(max_length=200, primary_key=True)
    times = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(help_text="Of the last one")
    how = models.TextField(help_text="What became of its process the last time")
    words = models.TextField(blank=True, default="", help_text="The last lines of that process")

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = "tool crashes"

    def __str__(self) -> str:
        return self.tool
