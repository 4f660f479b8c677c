"""The journal's tables: events, large values beside them, the house's own chain. Rows are only ever
added, by `console.journal.append`.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models

# what every step writes: of these any walk finds some at once, so no index need hold them
OFTEN = models.Q(kind__startswith="call.") | models.Q(kind__startswith="step.")


class Event(models.Model):
    """One fact. `digest` covers everything that a person could read in it; `link` chains it to the
    fact before it in its run. Erasing empties `data` and `salt` and nothing else: `body` is their
    digest, so the chain still proves.
    """

    id = models.BigAutoField(primary_key=True)
    format = models.SmallIntegerField()
    ts = models.DateTimeField()
    run = models.UUIDField()
    seq = models.BigIntegerField()
    correlation_id = models.UUIDField()
    span = models.TextField(blank=True)
    actor = models.TextField()
    kind = models.TextField()
    step = models.IntegerField(null=True)
    tool = models.TextField(blank=True)
    outcome = models.TextField(blank=True)
    verdict = models.TextField(blank=True)
    rule = models.TextField(blank=True)
    tokens_in = models.BigIntegerField()
    tokens_out = models.BigIntegerField()
    usd = models.DecimalField(max_digits=20, decimal_places=9, null=True)
    duration_us = models.BigIntegerField(null=True)
    visibility = models.TextField()
    agent = models.TextField(blank=True)
    principal = models.TextField(blank=True)
    model = models.TextField(blank=True)
    external_id = models.TextField(blank=True)
    person = models.TextField(blank=True, default="", db_default="")
    data = models.TextField(null=True)
    salt = models.BinaryField(null=True)
    body = models.BinaryField()
    digest = models.BinaryField()
    link = models.BinaryField()

    class Meta:
        default_permissions = ()
        permissions = [
            ("view_user_hidden", "Can read tool calls, results and planner turns"),
            ("view_always_hidden", "Can read system prompts and the like; each look is journalled"),
            ("search_audit", "Can search the journal"),
        ]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="journal_event_chain")]
        indexes = [
            models.Index(fields=["correlation_id", "id"], name="journal_event_story"),
            BrinIndex(
                fields=["ts"], name="journal_event_time", autosummarize=True, pages_per_range=32
            ),
            models.Index(
                fields=["actor", "id"],
                name="journal_event_people",
                condition=models.Q(actor__startswith="user:"),
            ),
            models.Index(
                fields=["person", "id"], name="journal_event_person", condition=~models.Q(person="")
            ),
            models.Index(fields=["kind", "id"], name="journal_event_rare", condition=~OFTEN),
            models.Index(
                fields=["tool", "run"], name="journal_event_tool", condition=~models.Q(tool="")
            ),
            models.Index(
                fields=["principal", "id"],
                name="journal_event_principal",
                condition=~models.Q(principal=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.id}"


class Blob(models.Model):
    """A value too large for its event's row, under the sha256 of its salt and bytes. `owner` is the
    digest of its event. Salt and content are null once the event was erased.
    """

    sha256 = models.BinaryField(primary_key=True)
    owner = models.BinaryField()
    salt = models.BinaryField(null=True)
    size = models.BigIntegerField()
    content = models.BinaryField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["owner"], name="journal_blob_owner")]

    def __str__(self) -> str:
        return f"{bytes(self.sha256).hex()} ({self.size} bytes)"


class Chain(models.Model):
    """A chain that belongs to no run. One row, the house's: sign-ins, admin's edits, halts."""

    id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    head = models.BinaryField(default=bytes)
    lease_epoch = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"chain {self.id}, {self.seq} events"


class Seal(models.Model):
    """A signed statement of where every chain stood; a file outside the database has the
    same line.
    """

    number = models.BigIntegerField(primary_key=True)
    text = models.TextField()
    signature = models.BinaryField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"seal {self.number}"


class Restore(models.Model):
    """An old backup that was noticed: the file of seals ended with seal `lost_number`, whose digest
    it is, the database with `kept_number`. `halt` is the lever that holds everything until a person
    has accepted it.
    """

    kept_number = models.BigIntegerField()
    kept_at = models.DateTimeField(null=True)
    lost_number = models.BigIntegerField()
    lost_at = models.DateTimeField()
    digest = models.CharField(max_length=64, unique=True)
    noticed_at = models.DateTimeField()
    runs = models.PositiveIntegerField(default=0)
    halt = models.BigIntegerField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=150, blank=True, default="")
    reason = models.TextField(blank=True, default="")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"restored to seal {self.kept_number} of {self.lost_number}"


class IndexedEvent(models.Model):
    """What one event is found by: the keys of `console.journal.content_words`. It holds content in
    a form that can be guessed, so erasing and retiring reach it.
    """

    event = models.BigIntegerField(primary_key=True)
    keys = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "journal_indexed"
        default_permissions = ()
        indexes = [GinIndex(fields=["keys"], name="journal_indexed_keys", fastupdate=False)]

    def __str__(self) -> str:
        return f"event {self.event}, {len(self.keys)} keys"


class ChainName(models.Model):
    """A name under which an event of a chain is found, as a key without its bucket; what
    `chain_names` explains.
    """

    pk = models.CompositePrimaryKey("key", "chain")
    key = models.BigIntegerField()
    chain = models.UUIDField()

    class Meta:
        db_table = "journal_named"
        default_permissions = ()
        indexes = [models.Index(fields=["chain"], name="journal_named_chain")]

    def __str__(self) -> str:
        return f"{self.key} of {self.chain}"


class Indexing(models.Model):
    """How far the index has come; one row, which `IndexState` explains."""

    id = models.SmallIntegerField(primary_key=True)
    upto = models.BigIntegerField(default=0)
    settled = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    waiting = models.BigIntegerField(null=True)
    waiting_for = models.BigIntegerField(null=True)
    latest = models.DateTimeField(null=True)
    skew = models.FloatField(default=0.0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"indexed up to event {self.upto}"
