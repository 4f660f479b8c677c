"""Tables of MCP servers and of the tools they serve."""

from django.db import models


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
    has accepted yet. A definition is the JSON of `runs.tools.definitions`. `left_out_by` is who
    said that no run is offered it, empty while nobody does.
    """

    server = models.ForeignKey(McpServer, on_delete=models.CASCADE, related_name="served")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    definition = models.JSONField(default=dict)
    accepted_digest = models.CharField(max_length=64, blank=True, default="")
    accepted = models.JSONField(default=dict, blank=True)
    accepted_by = models.CharField(max_length=200, blank=True, default="")
    gone = models.BooleanField(default=False, help_text="Not in its server's last list")
    left_out_by = models.CharField(max_length=200, blank=True, default="", db_default="")
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

    @property
    def withheld(self) -> bool:
        """Whether no run may call it, held or left out."""
        return bool(self.held or self.left_out_by)
