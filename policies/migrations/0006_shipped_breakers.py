"""One breaker policy and one retry policy for all tools, before anybody has written their own."""

from typing import Any

from django.db import migrations

LAST = 1_000
BREAKER = {
    "name": "every-tool",
    "priority": LAST,
    "note": (
        "Opens when at least 5 calls within a minute came back and half of them failed, whatever"
        " their HTTP status said. An answer such as “no such order” is no failure of the tool."
    ),
}
RETRY = {
    "name": "every-tool",
    "priority": LAST,
    "note": (
        "Two more attempts at calls that can do no harm twice, when the failure may pass. A"
        " minute's retries of one tool are 10 and a fifth of its calls, so that retries never"
        " become the storm themselves."
    ),
}


def ship(apps: Any, schema_editor: Any) -> None:
    apps.get_model("policies", "BreakerPolicy").objects.create(**BREAKER)
    apps.get_model("policies", "RetryPolicy").objects.create(**RETRY)


def withdraw(apps: Any, schema_editor: Any) -> None:
    apps.get_model("policies", "BreakerPolicy").objects.filter(name=BREAKER["name"]).delete()
    apps.get_model("policies", "RetryPolicy").objects.filter(name=RETRY["name"]).delete()


class Migration(migrations.Migration):
    dependencies = [("policies", "0003_breakers"), ("policies", "0005_shipped_policies")]
    operations = [migrations.RunPython(ship, withdraw)]
