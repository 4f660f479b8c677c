"""An admin at the Tools page, and the runs of an agent who has the servers that were connected
there.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from console.json_value import Json
from runs import services
from runs.demo import demo_runs
from runs.models import Agent, McpServer, Run, ServedTool
from tests.browser.conftest import Opened
from tests.patience import until
from tests.supervision import answering

TRIES = 3


def inline(value: Json) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{json.dumps(k)} = {inline(v)}' for k, v in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    return json.dumps(value)


def calling(tool: str, args: Mapping[str, Json], final: str = "done") -> str:
    """The script of an agent who makes one call and is content."""
    return one_call(tool, args) + f'[[step]]\nfinal = "{final}"\n'


def one_call(tool: str, args: Mapping[str, Json]) -> str:
    return f'[[step]]\ncall = {{ tool = "{tool}", args = {inline(args)} }}\n'


def approved(run: Run) -> None:
    """A person says yes to what the run asks."""
    [asked] = until(lambda: answering.asked(run), "what the run asks")
    answering.answer(asked, User.objects.get(username="approver"))


class ServersDesk:
    """What the admin does there, and sees."""

    def __init__(self, opened: Opened) -> None:
        self.page: Page = opened("admin", "/tools/")

    def goes(self, path: str) -> None:
        self.page.goto(urljoin(self.page.url, path))

    def fill(self, name: str, **fields: str) -> None:
        """The form behind “Connect a server”, and save it."""
        self.goes("/tools/")
        self.page.get_by_role("link", name="Connect a server").click()
        self.page.fill("#id_name", name)
        self.save(**fields)

    def edit(self, name: str, **fields: str) -> None:
        """Change what is said of it, by way of its card."""
        self.card(name).get_by_role("link", name="Edit the server").click()
        self.save(**fields)

    def save(self, **fields: str) -> None:
        for field, value in fields.items():
            if field == "transport":
                self.page.select_option("#id_transport", value)
            elif value in ("on", "off"):
                self.page.set_checked(f"#id_{field}", value == "on")
            else:
                self.page.fill(f"#id_{field}", value)
        self.page.click("input[name=_continue]")
        expect(self.page.locator(".messagelist li").first).to_be_visible()

    def connect(self, name: str, **fields: str) -> None:
        """Until it is there: a first start that took too long is tried again."""
        self.fill(name, **fields)
        for _ in range(TRIES):
            if not McpServer.objects.get(name=name).trouble:
                return
            self.save()
        raise AssertionError(McpServer.objects.get(name=name).trouble)

    def card(self, name: str) -> Locator:
        """The server's card, as it is now."""
        self.goes("/tools/")
        heading = self.page.get_by_role("heading", name=name, exact=True)
        return self.page.locator("section.card", has=heading)

    def stands(self, name: str, *words: str) -> Locator:
        """The card says these words."""
        card = self.card(name)
        for each in words:
            expect(card).to_contain_text(each)
        return card

    def describe(self, server: str, tool: str, effect: str) -> None:
        """Say in its fields what a tool does."""
        row = ServedTool.objects.get(server__name=server, name=tool)
        card = self.card(server)
        card.locator("summary", has=self.page.get_by_text(tool, exact=True)).click()
        card.locator(f"#effect-{row.pk}").select_option(effect)
        card.locator("form", has=self.page.locator(f"#effect-{row.pk}")).get_by_role(
            "button", name="Save"
        ).click()
        expect(self.page.get_by_text("is as you said")).to_be_visible()

    def accept(self, tool: str) -> None:
        """Look at a held tool and let it be called as it is now."""
        self.goes("/tools/")
        held = self.page.get_by_role("article", name=tool)
        held.get_by_role("button", name="Accept it as it is now").click()
        expect(self.page.get_by_text("may be called as it is now")).to_be_visible()

    def run(self, server: str, script: str, **facts: Any) -> Run:
        """A new run of the agent who has the server, begun by whoever begins them here."""
        agent, _ = Agent.objects.update_or_create(
            name="clerk",
            defaults={"title": "Clerk", "planner": "scripted", "script": script, **facts},
        )
        agent.mcp_servers.add(McpServer.objects.get(name=server))
        principal = User.objects.get(username=demo_runs.PRINCIPAL)
        return services.start(
            agent=agent, goal="Use the server.", principal=principal, at=datetime.now(UTC)
        )

    def completes(self, run: Run, *said: str) -> None:
        """Its page comes to say so by itself, with these words in the transcript."""
        self.goes(f"/runs/{run.pk}/")
        expect(self.page.locator("#head .pill").first).to_have_text("Completed")
        for each in said:
            expect(self.page.locator("#transcript")).to_contain_text(each)
