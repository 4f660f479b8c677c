"""What a result means, by the truth rules: transport, the tool's own check, its output schema, the
signs in its body.
"""

from dataclasses import replace

from policies.truth import assessment, schema
from policies.truth.assessment import CallSeen
from policies.truth.sign import TruthThresholds
from policies.verdicts import Meaning
from runs.engine.ports import Returned, ToolSpec
from runs.engine.vocabulary import Outcome, Verdict


def meaning(
    spec: ToolSpec,
    back: Returned,
    said: Verdict | None,
    thresholds: TruthThresholds,
    version: int = 0,
) -> Meaning:
    """The verdict with its rule and sentence; `said` is the tool's own check, when it has one,
    `version` that of the thresholds.
    """
    seen = CallSeen(
        tool=spec.name,
        result=back.result,
        outcome=back.outcome.value if back.answered else Outcome.TIMEOUT,
        error=back.error,
        effect=spec.effect.value,
        check=said,
        complaint=schema.compiled(spec.output_schema) if spec.output_schema else None,
    )
    return replace(assessment.judge(seen, thresholds), version=version)
