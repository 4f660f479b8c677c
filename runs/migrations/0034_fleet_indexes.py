"""The indexes that the lists of the fleet walk, newest first, by themselves and narrowed. None
holds a column that a step changes.
"""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0033_priorities"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["queued", "running", "waiting", "paused", "compensating"])
                ),
                fields=["-created_at", "-id"],
                name="fleet_live",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["queued", "running", "waiting", "paused", "compensating"])
                ),
                fields=["agent", "-created_at", "-id"],
                name="fleet_live_agent",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["queued", "running", "waiting", "paused", "compensating"])
                ),
                fields=["principal", "-created_at", "-id"],
                name="fleet_live_principal",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    models.Q(
                        models.Q(
                            ("status", "waiting"), ("waiting_for__in", ["approval", "in_doubt"])
                        ),
                        models.Q(("status", "compensating"), ("waiting_for", "in_doubt")),
                        models.Q(
                            ("status", "paused"),
                            models.Q(("stop_reason", "USER_PAUSED"), _negated=True),
                        ),
                        models.Q(("status", "stopped"), ("stop_reason", "KILLED_IN_DOUBT")),
                        ("late__gt", 0),
                        ("leftover", True),
                        ("findings__gt", 0),
                        models.Q(("status__in", ["completed", "stopped"]), ("waiting_for", "undo")),
                        _connector="OR",
                    ),
                    models.Q(
                        ("status__in", ["queued", "running", "waiting", "paused", "compensating"])
                    ),
                ),
                fields=["-created_at", "-id"],
                name="fleet_person",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    models.Q(
                        models.Q(
                            ("status", "waiting"), ("waiting_for__in", ["approval", "in_doubt"])
                        ),
                        models.Q(("status", "compensating"), ("waiting_for", "in_doubt")),
                        models.Q(
                            ("status", "paused"),
                            models.Q(("stop_reason", "USER_PAUSED"), _negated=True),
                        ),
                        models.Q(("status", "stopped"), ("stop_reason", "KILLED_IN_DOUBT")),
                        ("late__gt", 0),
                        ("leftover", True),
                        ("findings__gt", 0),
                        models.Q(("status__in", ["completed", "stopped"]), ("waiting_for", "undo")),
                        _connector="OR",
                    ),
                    models.Q(
                        ("status__in", ["queued", "running", "waiting", "paused", "compensating"])
                    ),
                ),
                fields=["agent", "-created_at", "-id"],
                name="fleet_person_agent",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    models.Q(
                        models.Q(
                            ("status", "waiting"), ("waiting_for__in", ["approval", "in_doubt"])
                        ),
                        models.Q(("status", "compensating"), ("waiting_for", "in_doubt")),
                        models.Q(
                            ("status", "paused"),
                            models.Q(("stop_reason", "USER_PAUSED"), _negated=True),
                        ),
                        models.Q(("status", "stopped"), ("stop_reason", "KILLED_IN_DOUBT")),
                        ("late__gt", 0),
                        ("leftover", True),
                        ("findings__gt", 0),
                        models.Q(("status__in", ["completed", "stopped"]), ("waiting_for", "undo")),
                        _connector="OR",
                    ),
                    models.Q(
                        ("status__in", ["queued", "running", "waiting", "paused", "compensating"])
                    ),
                ),
                fields=["principal", "-created_at", "-id"],
                name="fleet_person_principal",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status__in", ["completed", "stopped"])),
                fields=["-created_at", "-id"],
                name="fleet_over",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status__in", ["completed", "stopped"])),
                fields=["agent", "-created_at", "-id"],
                name="fleet_over_agent",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status__in", ["completed", "stopped"])),
                fields=["principal", "-created_at", "-id"],
                name="fleet_over_principal",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status__in", ["completed", "stopped"])),
                fields=["principal", "agent", "-created_at", "-id"],
                name="fleet_over_principal_agent",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    models.Q(
                        ("status", "stopped"),
                        (
                            "stop_reason__in",
                            [
                                "LOOP_DETECTED",
                                "NO_PROGRESS",
                                "DRIFTED",
                                "BUDGET_EXCEEDED",
                                "RETRY_LIMIT_REACHED",
                                "TOOL_FAILURE",
                                "PLANNER_FAILURE",
                                "CIRCUIT_OPEN",
                                "TIMEOUT",
                                "ACCEPTANCE_FAILED",
                                "POLICY_DENIED",
                                "CONTEXT_EXHAUSTED",
                                "CRASH_LOOP",
                                "DEAD_LETTER",
                                "COMPENSATION_FAILED",
                            ],
                        ),
                    ),
                    models.Q(("status__in", ["completed", "stopped"])),
                ),
                fields=["-created_at", "-id"],
                name="fleet_bad",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    models.Q(
                        ("status", "stopped"),
                        (
                            "stop_reason__in",
                            [
                                "LOOP_DETECTED",
                                "NO_PROGRESS",
                                "DRIFTED",
                                "BUDGET_EXCEEDED",
                                "RETRY_LIMIT_REACHED",
                                "TOOL_FAILURE",
                                "PLANNER_FAILURE",
                                "CIRCUIT_OPEN",
                                "TIMEOUT",
                                "ACCEPTANCE_FAILED",
                                "POLICY_DENIED",
                                "CONTEXT_EXHAUSTED",
                                "CRASH_LOOP",
                                "DEAD_LETTER",
                                "COMPENSATION_FAILED",
                            ],
                        ),
                    ),
                    models.Q(("status__in", ["completed", "stopped"])),
                ),
                fields=["agent", "-created_at", "-id"],
                name="fleet_bad_agent",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    models.Q(
                        ("status", "stopped"),
                        (
                            "stop_reason__in",
                            [
                                "LOOP_DETECTED",
                                "NO_PROGRESS",
                                "DRIFTED",
                                "BUDGET_EXCEEDED",
                                "RETRY_LIMIT_REACHED",
                                "TOOL_FAILURE",
                                "PLANNER_FAILURE",
                                "CIRCUIT_OPEN",
                                "TIMEOUT",
                                "ACCEPTANCE_FAILED",
                                "POLICY_DENIED",
                                "CONTEXT_EXHAUSTED",
                                "CRASH_LOOP",
                                "DEAD_LETTER",
                                "COMPENSATION_FAILED",
                            ],
                        ),
                    ),
                    models.Q(("status__in", ["completed", "stopped"])),
                ),
                fields=["principal", "-created_at", "-id"],
                name="fleet_bad_principal",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    models.Q(
                        models.Q(("status", "stopped"), ("stop_reason", "KILLED_IN_DOUBT")),
                        ("late__gt", 0),
                        ("leftover", True),
                        ("findings__gt", 0),
                        ("waiting_for", "undo"),
                        _connector="OR",
                    ),
                    models.Q(("status__in", ["completed", "stopped"])),
                ),
                fields=["-created_at", "-id"],
                name="fleet_left",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status__in", ["waiting", "paused", "compensating"])),
                fields=["status", "waiting_for", "created_at"],
                name="run_standing",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("waiting_for", "undo")), fields=["created_at"], name="run_undo"
            ),
        ),
    ]
