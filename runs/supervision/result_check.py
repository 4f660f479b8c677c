"""What a result means, by the truth rules: transport, the tool's own check, its output schema, the
signs in its body.
"""

from collections.abc import Callable
from dataclasses import replace

from console.json_value import Json
from policies.truth import assessment, schema
from policies.truth.assessment import CallSeen
from policies.truth.sign import TruthThresholds
from policies.verdicts import Meaning
from runs.engine.ports import Returned, ToolSpec
from runs.engine.vocabulary import Outcome, Verdict
from runs.tools import structured


def meaning(
    spec: ToolSpec,
    back: Returned,
    said: Verdict | None,
    thresholds: TruthThresholds,
    version: int = 0,
) -> Meaning:
    """The verdict, with its rule and sentence. `said`: the answer of the tool's own check, when it
    has one; `version`: that of the thresholds.
    """
    seen = CallSeen(
        tool=spec.name,
        result=back.result,
        outcome=back.outcome.value if back.answered else Outcome.TIMEOUT,
        error=back.error,
        effect=spec.effect.value,
        check=said,
        complaint=complaint_of(spec),
    )
    return replace(assessment.judge(seen, thresholds), version=version)


def complaint_of(spec: ToolSpec) -> Callable[[Json], str | None] | None:
    """What the tool's output schema has against a result; parts beside the data are not its."""
    if not spec.output_schema:
        return None
    against = schema.compiled(spec.output_schema)
    return lambda result: against(structured.promised(result))
