"""What "done" means for a run: written before it starts, checked when it gives its answer. Pure;
fails closed.

A criterion is CEL over `final`, `run` and `calls`, or a JSON Schema of the final answer.
`called(TOOL)` counts calls that succeeded.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from console.json_value import Json
from policies.cel.cel_source import BadExpression
from policies.cel.expression import Expression, ExpressionContext, NoAnswer, Unanswerable, compiled
from policies.cel.functions import Functions
from policies.gate.gate_facts import impossible
from policies.truth import schema
from policies.truth.schema import Unknowable
from policies.verdicts import Verdict

MOST_CRITERIA = 50
MOST_TURNS = 500_000  # asked once or twice in a run, and of all its calls
MOST_RESULT_CHARACTERS = 1_000_000
LONGEST_FINAL = 500_000
FIELDS = frozenset({"name", "cel", "schema", "sentence"})
VOCABULARY: Mapping[str, Sequence[str] | None] = {
    "final": ("text", "json"),
    "run": ("steps", "calls", "tokens", "usd", "goal"),
    "calls": None,
}
COUNTED = re.compile(r"\bcalled\s*\(")
FUNCTIONS = frozenset("number moment host links lower called".split())


class BadCriteria(ValueError):
    """Criteria that must not be saved; `wrong` holds a sentence for each mistake."""

    def __init__(self, wrong: Sequence[str]) -> None:
        self.wrong = tuple(wrong)
        super().__init__(" ".join(wrong))


@dataclass(frozen=True, slots=True)
class CallMade:
    """One call of the run that came back, or was refused."""

    tool: str
    args: Mapping[str, Json]
    verdict: str = ""
    result: Json = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A run as its criteria see it. `final` is None while there is no answer; `usd` is None when a
    price is unknown.
    """

    final: str | None
    made: Sequence[CallMade] = ()
    steps: int = 0
    calls: int = 0
    tokens: int = 0
    usd: Decimal | None = Decimal(0)
    goal: str = ""


@dataclass(frozen=True, slots=True)
class CriterionCheck:
    """One criterion with the sentence that says whether it is met, or what is missing. `idle`: it
    is passed since no call was made that it asks something of.
    """

    name: str
    passed: bool
    sentence: str
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion ready to be checked: with `expression` or with `complaint`, never both."""

    name: str
    source: str
    sentence: str
    expression: Expression | None = None
    complaint: schema.Complaint | None = None


def read(raw: Json) -> tuple[Criterion, ...]:
    """Criteria as they are stored: `[{"name", "cel" or "schema", "sentence"?}]`.

    Raises BadCriteria, which knows line and column.
    """
    if not isinstance(raw, list) or len(raw) > MOST_CRITERIA:
        raise BadCriteria([f"Acceptance criteria are a list of at most {MOST_CRITERIA}."])
    found: list[Criterion] = []
    wrong: list[str] = []
    for number, each in enumerate(raw, 1):
        try:
            found.append(_criterion(each))
        except ValueError as mistake:
            name = each.get("name") if isinstance(each, Mapping) else None
            wrong.append(
                f"Criterion {number}{f' “{name}”' if name else ''}: {str(mistake).rstrip('.')}."
            )
    names = [criterion.name for criterion in found]
    wrong += [
        f"There are two criteria named “{name}”."
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if wrong:
        raise BadCriteria(wrong)
    return tuple(found)


def problem(raw: Json) -> str:
    """What is wrong with one criterion as it is stored; empty when nothing is."""
    try:
        criterion = _criterion(raw)
    except ValueError as mistake:
        return f"{str(mistake).rstrip('.')}."
    return _no_answer(criterion) if criterion.expression else ""


def checked(criteria: Iterable[Criterion], attempt: Attempt) -> tuple[CriterionCheck, ...]:
    """Each criterion, in order, as met or not."""
    final = {"text": (attempt.final or "")[:LONGEST_FINAL], "json": parsed(attempt.final)}
    return tuple(_check(criterion, attempt, final) for criterion in criteria)


NOT_YET = "This answer is not accepted yet:"


def missing(checks: Iterable[CriterionCheck]) -> str:
    """What a planner is told when its answer was not accepted; empty when it was."""
    lines = [f"- {check.sentence}" for check in checks if not check.passed]
    return "\n".join([NOT_YET, *lines]) if lines else ""


def in_a_line(told: str) -> str:
    """What a planner was told by `missing`, as people read it of a run that stands still; any other
    text as it is.
    """
    head, *lines = told.splitlines() or [""]
    if head != NOT_YET:
        return told
    return " ".join(("Not accepted:", *(line.removeprefix("- ") for line in lines)))


def parsed(final: str | None) -> Json:
    """The answer as JSON, also from a fenced block; None when it is not JSON that can be judged."""
    text = (final or "").strip()
    if text.startswith("```") and text.endswith("```"):
        text = text[3:-3].strip().removeprefix("json")
    try:
        value = json.loads(text, parse_constant=_refused) if len(text) <= LONGEST_FINAL else None
    except (ValueError, RecursionError):
        return None
    return value if impossible({"json": value}) is None else None


def _criterion(each: Json) -> Criterion:
    if (
        not isinstance(each, Mapping)
        or not isinstance(each.get("name"), str)
        or not each["name"].strip()
    ):
        raise ValueError('it needs a name: {"name": "told", "cel": "…"}')
    if strange := set(each) - FIELDS:
        raise ValueError(
            f"it has {', '.join(sorted(strange))}, but a criterion has name, cel or schema, and"
            " sentence"
        )
    sentence = each.get("sentence", "")
    if not isinstance(sentence, str) or ("cel" in each) == ("schema" in each):
        raise ValueError("it needs either cel or schema, and its sentence is text")
    if "cel" in each:
        if not isinstance(each["cel"], str):
            raise ValueError("cel is text")
        return Criterion(each["name"], each["cel"], sentence, expression=_expression(each["cel"]))
    if not isinstance(each["schema"], Mapping):
        raise ValueError("schema is an object, JSON Schema")
    return Criterion(
        each["name"], "", sentence, complaint=schema.compiled(each["schema"], strict=True)
    )


def _no_answer(criterion: Criterion) -> str:
    """What it gives of a run that did nothing, where that is neither yes nor no."""
    final: Mapping[str, Json] = {"text": "", "json": None}
    attempt = Attempt("")
    try:
        _unmet(criterion, attempt, final, _Functions(attempt))
    except NoAnswer as wrong:
        return f"I{str(wrong)[1:]}: compare it, as in called('send_email') > 0."
    except (Unanswerable, Unknowable):
        return ""  # of what it did there may be an answer
    return ""


def _expression(source: str) -> Expression:
    try:
        return compiled(source, VOCABULARY, FUNCTIONS)
    except BadExpression as wrong:
        raise ValueError(f"{wrong}") from wrong


def _check(criterion: Criterion, attempt: Attempt, final: Mapping[str, Json]) -> CriterionCheck:
    functions = _Functions(attempt)
    try:
        wrong = _unmet(criterion, attempt, final, functions)
    except (Unanswerable, Unknowable) as error:
        wrong = f"it cannot be answered, since {error}"
    if wrong is None:
        met = f"{criterion.name}: met."
        idle = functions.idle(criterion.source)
        return CriterionCheck(criterion.name, passed=True, sentence=met, idle=idle)
    return CriterionCheck(
        criterion.name,
        passed=False,
        sentence=criterion.sentence or f"{criterion.name} is not met: {wrong}.",
    )


def _unmet(
    criterion: Criterion, attempt: Attempt, final: Mapping[str, Json], functions: "_Functions"
) -> str | None:
    """What is missing; None when nothing is."""
    if criterion.complaint is not None:
        return (
            "the answer is not JSON"
            if final["json"] is None
            else criterion.complaint(final["json"])
        )
    assert criterion.expression is not None, "a criterion has an expression or a schema"
    expression = criterion.expression
    known = {name: _variable(name, attempt, final) for name in expression.variables}
    context = ExpressionContext(
        known, functions.named(expression.functions), functions.complaints, MOST_TURNS
    )
    return None if expression.holds(context) else criterion.source


class _Functions(Functions):
    """The functions that rules about calls have, without provenance,
    and one that counts calls."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(None)
        self._made, self._counted = attempt.made, list[int]()

    def named(self, names: frozenset[str]) -> dict[str, Any]:
        return {**super().named(names), **({"called": self.called} if "called" in names else {})}

    def called(self, tool: Any = None) -> int:
        found: int = sum(
            made.tool == tool and made.verdict == Verdict.SUCCEEDED for made in self._made
        )
        self._counted.append(found)
        return found

    def idle(self, source: str) -> bool:
        """Whether what was asked first of calls found none, so that the rest was never asked: in
        `called('pay') == 0 || called('tell') > 0` nobody has to be told.
        """
        asked = len(self._counted)
        return 0 < asked < len(COUNTED.findall(source)) and not any(self._counted)


def _variable(name: str, attempt: Attempt, final: Mapping[str, Json]) -> Json:
    match name:
        case "final":
            return final
        case "calls":
            return _calls(attempt.made)
    usd = None if attempt.usd is None else float(attempt.usd)
    return {
        "steps": attempt.steps,
        "calls": attempt.calls,
        "tokens": attempt.tokens,
        "usd": usd,
        "goal": attempt.goal,
    }


def _calls(made: Sequence[CallMade]) -> list[dict[str, Json]]:
    """The calls in order. When results are very large the oldest are left out (null), since the end
    of a run is what is judged.
    """
    left, shown = MOST_RESULT_CHARACTERS, []
    for call in reversed(made):
        size = len(json.dumps(call.result, default=str)) if left > 0 else 0
        fits = 0 < size <= left and impossible({"result": call.result}) is None
        left -= size
        shown.append(
            {
                "tool": call.tool,
                "args": dict(call.args),
                "verdict": call.verdict,
                "result": call.result if fits else None,
            }
        )
    return shown[::-1]


def _refused(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")
