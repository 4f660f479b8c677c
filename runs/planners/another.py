"""The snapshot of an agent that thinks with another model than its own, for a while or for one
question."""

from collections.abc import Mapping, Sequence

from console.json_value import Json

OWN = (
    "price_in",
    "price_out",
    "price_cached",
    "window",
    "reasoning_effort",
    "temperature",
    "max_tokens_field",
    "extra_body",
)
"""What an agent says of its own model, and of no other."""
PLACE = ("base_url", "key_variable", "key_header", "extra_headers")
"""Where its own model is reached: others of the same wire format may be there too."""


ABOUT_MODELS = frozenset({"planner", "fallback_price", "prompt_caching", *OWN, *PLACE})
"""What of a snapshot is about models, and nothing of what its agent is told or may do."""


USES = {"plan": "better model", "judge": "model for judging", "summarise": "model for summaries"}
"""What an agent's other models are called, by what they are asked for."""
DIGEST = "digest"
"""In place of a model for summaries: lines, without any model."""


def others(snapshot: Mapping[str, Json]) -> Sequence[tuple[str, str]]:
    """The models besides its planner that an agent names, each with what it is called."""
    tiers = {**(snapshot.get("tiers") or {}), "summarise": snapshot.get("summarise")}
    named = ((use, str(name or "")) for use, name in tiers.items() if use in USES)
    return [(USES[use], name) for use, name in named if name not in ("", DIGEST)]


def with_planner(snapshot: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """As the snapshot says, but for the model."""
    own = str(snapshot.get("planner") or "")
    if not name or name == own:
        return snapshot
    same_wire = name.partition(":")[0] == own.partition(":")[0]
    dropped = OWN if same_wire else (*OWN, *PLACE)
    return {
        **{key: value for key, value in snapshot.items() if key not in dropped},
        "planner": name,
    }
