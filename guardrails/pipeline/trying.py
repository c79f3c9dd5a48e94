"""How one request takes part in the trial of a new bundle."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from guardrails.domain.verdict import Action, Mode, Verdict
from guardrails.pipeline.aside import aside, weight
from guardrails.pipeline.assessment import Assessment
from guardrails.policy.decide import decide
from guardrails.policy.evidence import comparable
from guardrails.policy.policy import Policy
from guardrails.policy.trial import Arm, Trial
from guardrails.telemetry.bundle_metrics import BundleMetrics

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trying:
    """Told of every verdict of a request under a policy that is being tried.

    Attributes:
        trial: Where it is counted. One that is over counts on and moves nobody.
        arm: The bundle that judges the request.
        policy: The policy that judges it.
        shadow: The candidate's policy of that name, where it is to decide on the same evidence; it changes nothing.
        look: Called after each verdict that was counted.
    """

    trial: Trial
    arm: Arm
    policy: Policy
    shadow: Policy | None
    metrics: BundleMetrics = field(repr=False)
    look: Callable[[], None] = field(repr=False)

    async def judged(self, assessment: Assessment) -> None:
        """Count a verdict. Of a stream there is one for each window."""
        if self.shadow is None:
            self._count(self.arm, assessment.verdict)
        else:
            await self._shadow(self.shadow, assessment)
        self.look()

    async def _shadow(self, shadow: Policy, assessment: Assessment) -> None:
        inspection, reports = assessment.inspection, assessment.reports
        try:
            if not comparable(self.policy, shadow, inspection, reports):
                self.trial.not_compared += 1
                self.metrics.not_compared()
                return
            verdict = await aside(weight(inspection, reports), decide, shadow, inspection, reports)
        except Exception:  # noqa: BLE001 - whatever breaks in a policy that is only tried, the request goes on
            _log.exception("shadow_decision_broke", policy=shadow.ref.name)
            # Carried out, it would have refused the request.
            verdict = Verdict(Action.BLOCK, shadow.ref, Mode.ENFORCE, degraded=True)
        self._count(Arm.ACTIVE, assessment.verdict)
        self._count(Arm.CANDIDATE, verdict)

    def _count(self, arm: Arm, verdict: Verdict) -> None:
        self.trial.count(arm, verdict)
        self.metrics.judged(arm.value, verdict.action.word, degraded=verdict.degraded)
