"""Canaries: one word for each kind of text that the console holds, and who may read it. A page that
shows one to anybody else leaks.

The permissions are written here by hand, and asked of the table of rights, never of the console.
"""

from dataclasses import dataclass

from console.doors.role_table import Role

RUNS, TOOLS = ("runs.view_run",), ("journal.view_user_hidden",)
ASKED = ("approvals.view_request", *TOOLS)
AGENTS, PROMPTS = ("runs.view_agent", "runs.change_agent"), ("runs.change_agent",)
SERVERS = ("runs.view_mcpserver",)
PEOPLE, CHANNELS = ("auth.view_user",), ("approvals.view_channel",)
NOBODY: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Canary:
    """`readers`: any one of these permissions is enough; none is for what nobody is ever shown.

    `mailed`: it may stand in what channels are sent.
    """

    name: str
    readers: tuple[str, ...]
    mailed: bool = False

    @property
    def word(self) -> str:
        """All of one length, so that a search for one is answered like a search for any other."""
        number = [each.name for each in ALL].index(self.name)
        return f"cnry{number:03d}zqx"

    def open_to(self, role: Role) -> bool:
        return any(map(role.holds, self.readers))


ALL = (
    Canary("goal", RUNS, mailed=True),
    Canary("final answer", RUNS),
    Canary("pause note", RUNS),
    Canary("lever reason", RUNS),
    Canary("agent title", RUNS, mailed=True),
    Canary("agent description", RUNS),
    Canary("thought", TOOLS),
    Canary("argument", ASKED),
    Canary("argument name", ASKED, mailed=True),
    Canary("asked argument", ASKED, mailed=True),
    Canary("result", TOOLS),
    Canary("long result", TOOLS),
    Canary("sealed result", NOBODY),
    Canary("tool error", TOOLS),
    Canary("late result", TOOLS),
    Canary("own tool name", TOOLS, mailed=True),
    Canary("summary", TOOLS),
    Canary("stop detail", TOOLS),
    Canary("waiting why", ASKED),
    Canary("request sentence", ASKED, mailed=True),
    Canary("request line", ASKED, mailed=True),
    Canary("request facts", ASKED),
    Canary("rule", ASKED, mailed=True),
    Canary("prompt", PROMPTS),
    Canary("prompt before its edit", NOBODY),
    Canary("script", AGENTS),
    Canary("header of a provider", AGENTS),
    Canary("key variable", AGENTS),
    Canary("server command", SERVERS),
    Canary("server environment", SERVERS),
    Canary("tool description", TOOLS),
    Canary("lever target", TOOLS),
    Canary("breaker why", TOOLS),
    Canary("breaker failure", TOOLS),
    Canary("crash words", TOOLS),
    Canary("crash how", TOOLS),
    Canary("channel target", CHANNELS),
    Canary("channel secret", CHANNELS),
    Canary("delivery error", ("approvals.view_delivery", "approvals.view_request")),
    Canary("policy note", ("policies.view_budget",)),
    Canary("grant note", ("policies.view_scopegrant",)),
    Canary("condition", ("policies.view_toolpolicy", *ASKED)),
    Canary("mail of a person", PEOPLE),
    Canary("name of a person", PEOPLE),
    Canary("token name", NOBODY),
    Canary("token secret", NOBODY),
    Canary("link secret", NOBODY),
    Canary("session key", NOBODY),
    Canary("password", NOBODY),
    Canary("provider key", NOBODY),
    Canary("mail password", NOBODY),
    Canary("name of a view", NOBODY),
    Canary("query of a view", NOBODY),
    Canary("shared view", RUNS),
)
BY_NAME = {each.name: each for each in ALL}


def word(name: str) -> str:
    return BY_NAME[name].word
