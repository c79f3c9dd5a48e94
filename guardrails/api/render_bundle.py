"""The state of the policy bundle as /readyz tells it."""

from typing import Any

from guardrails.domain.content import Stage
from guardrails.pipeline.bundles import Bundles
from guardrails.policy.evidence import differences
from guardrails.policy.trial import Trial
from guardrails.settings.bundles import CanaryMode

MOST_PROBLEMS = 20
"""The most that are told here; the log has up to 64, and `problem_count` is their number."""

LONGEST_PROBLEM = 500


def render_bundle(bundles: Bundles, *, watched: bool) -> dict[str, Any]:
    """What is in force since when, what came of the last attempt to change it, and how a trial stands."""
    last = bundles.last
    return {
        "revision": bundles.active.revision,
        "since": bundles.since,
        "watched": watched,
        "last_attempt": {
            "result": last.result,
            "revision": last.revision,
            "at": last.at,
            "problem_count": len(last.problems),
            "problems": [_printable(problem) for problem in last.problems[:MOST_PROBLEMS]],
        },
        "canary": None if bundles.trial is None else _trial(bundles, bundles.trial),
    }


def _trial(bundles: Bundles, trial: Trial) -> dict[str, Any]:
    told: dict[str, Any] = {
        "revision": trial.candidate.revision,
        "mode": trial.canary.mode,
        "since": bundles.trial_since,
        "min_verdicts": trial.canary.min_verdicts,
        "arms": {
            arm.value: {
                "verdicts": tally.verdicts,
                "block_rate": round(tally.block_rate, 4),
                "failure_rate": round(tally.failure_rate, 4),
            }
            for arm, tally in trial.overall.items()
        },
    }
    if trial.canary.mode is CanaryMode.SHADOW:
        told |= {"not_compared": trial.not_compared, "other_evidence": _other_evidence(trial)}
    return told


def _other_evidence(trial: Trial) -> dict[str, list[str]]:
    """For each policy on trial, what of it asks for evidence that the one in force does not gather."""
    told = {}
    for name in filter(trial.is_about, trial.candidate.policies):
        before, after = trial.active.policies[name], trial.candidate.policies[name]
        found = [word for stage in Stage for word in differences(before, after, stage)]
        told[name] = list(dict.fromkeys(found))
    return {name: words for name, words in told.items() if words}


def _printable(problem: str) -> str:
    """Cut, and without what is not Unicode: a file's name may be any bytes."""
    return problem[:LONGEST_PROBLEM].encode("utf-8", "replace").decode()
