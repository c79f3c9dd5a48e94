"""A compiled policy as readable JSON: what it looks for, what findings mean, what a refused caller is told."""

from collections.abc import Iterable
from typing import Any

from guardrails.domain.content import Origin
from guardrails.policy.policy import CheckPlan, Policy, Rule

EVERYTHING = "*"


def describe(policy: Policy) -> dict[str, Any]:
    """The policy in the words of its file, with what was absent there filled in.

    The checks' own options are left out: values to ignore and names of lists are for who writes policies, and a
    caller's key may be in more hands.
    """
    return {
        "name": policy.ref.name,
        "revision": policy.ref.revision,
        "description": policy.description,
        "mode": policy.mode.value,
        "deadline_ms": round(policy.deadline_s * 1000),
        "checks": {name: _plan(plan) for name, plan in policy.checks.items()},
        "rules": [_rule(rule) for rule in policy.rules],
        "chat": {
            "refusal": policy.refusal,
            "start_model": policy.chat.start_model.value,
            "stream": {
                "release": policy.chat.stream.release.value,
                "window": policy.chat.stream.window,
                "overlap": policy.chat.stream.overlap,
                "wait_ms": round(policy.chat.stream.wait_s * 1000),
            },
        },
        "gateways": {"on_outage": policy.gateways.on_outage.value},
    }


def _plan(plan: CheckPlan) -> dict[str, Any]:
    scan: Any = _origins(plan.scan)
    if plan.scan_output is not None:
        scan = {"input": scan, "output": _origins(plan.scan_output)}
    return {"scan": scan, "on_failure": plan.on_failure.word}


def _origins(origins: Iterable[Origin]) -> list[str]:
    return sorted(origin.value for origin in origins)


def _rule(rule: Rule) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": rule.id,
        "stage": sorted(stage.value for stage in rule.stages),
        "check": rule.check,
        "category": EVERYTHING if rule.categories is None else sorted(rule.categories),
        "at_least": rule.at_least,
        "action": rule.action.word,
    }
    if rule.origins is not None:
        told["origin"] = _origins(rule.origins)
    if rule.replacement is not None:
        told |= {"with": rule.replacement, "restore": rule.restore}
    return told
