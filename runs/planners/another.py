"""The snapshot of an agent with another model than its own, for a while or for one question."""

from collections.abc import Mapping, Sequence

from console.json_value import Json

OWN = (
    "price_in",
    "price_out",
    "price_cached",
    "window",
    "reasoning_effort",
    "temperature",
    "sees_pictures",
    "max_tokens_field",
    "extra_body",
)
"""Fields that an agent sets for its own model only."""
PLACE = ("base_url", "key_variable", "key_header", "extra_headers")
"""Fields that say where its own model is reached: others of the same wire format may be
there too.
"""


ABOUT_MODELS = frozenset({"planner", "fallback_price", "prompt_caching", *OWN, *PLACE})
"""Fields of a snapshot about models, and none about what the agent is told or may do."""


USES = {"plan": "better model", "judge": "model for judging", "summarise": "model for summaries"}
"""Names of an agent's other models, by what they are asked for."""
DIGEST = "digest"
"""The name that stands for summaries made of lines, without a model."""


def others(snapshot: Mapping[str, Json]) -> Sequence[tuple[str, str]]:
    """The models besides its planner that an agent names, each with what it is called."""
    tiers = {**(snapshot.get("tiers") or {}), "summarise": snapshot.get("summarise")}
    named = ((use, str(name or "")) for use, name in tiers.items() if use in USES)
    return [(USES[use], name) for use, name in named if name not in ("", DIGEST)]


def with_planner(snapshot: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """The snapshot with another model, otherwise unchanged."""
    own = str(snapshot.get("planner") or "")
    if not name or name == own:
        return snapshot
    same_wire = name.partition(":")[0] == own.partition(":")[0]
    dropped = OWN if same_wire else (*OWN, *PLACE)
    return {
        **{key: value for key, value in snapshot.items() if key not in dropped},
        "planner": name,
    }
