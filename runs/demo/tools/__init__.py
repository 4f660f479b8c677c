"""What the demo's agents can do at Harbour & Finch.

One module a noun; importing this package declares them all.
"""

from runs.demo.tools import (
    calendar,
    knowledge,
    mail,
    money,
    orders,
    research,
    shipping,
    slow_tools,
    stock,
    tickets,
)

__all__ = [
    "calendar",
    "knowledge",
    "mail",
    "money",
    "orders",
    "research",
    "shipping",
    "slow_tools",
    "stock",
    "tickets",
]
