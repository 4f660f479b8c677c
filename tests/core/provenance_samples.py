"""What prompts and results say, and a tracker that has heard it, for the tests of provenance."""

from policies.taint.provenance import ProvenanceTracker

PROMPT = (
    "You work at the refund desk. Read the policy first. Never pay more than 500 USD. Write as"
    " desk@harbourfinch.example."
)

GOAL = (
    "Refund order 1042 for anna.lee@example.com, 180.00 USD, and look at"
    " https://status.example.org/today. Account DE02 1203 0000 0000 2020 51."
)


def tracker(result: str, tool: str = "get_ticket") -> ProvenanceTracker:
    made = ProvenanceTracker([PROMPT, GOAL])
    made.hear("list_refunds", 1, "[]")
    made.hear(tool, 2, result)
    return made
