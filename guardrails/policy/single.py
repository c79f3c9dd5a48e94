"""A policy narrowed to one of its checks."""

from dataclasses import replace

from guardrails.domain.check import CheckSpec
from guardrails.domain.verdict import Action
from guardrails.policy.plans import told
from guardrails.policy.policy import CheckPlan, Policy


def only(policy: Policy, spec: CheckSpec) -> Policy:
    """The policy with a single check and that check's rules.

    Where the policy does not plan the check, it runs as it does by default, with no rule: evidence without a verdict,
    but a failure still blocks.
    """
    plan = policy.checks.get(spec.name) or _default(spec)
    rules = tuple(rule for rule in policy.rules if rule.check == spec.name)
    return replace(policy, checks={spec.name: plan}, rules=rules, only=spec.name)


def _default(spec: CheckSpec) -> CheckPlan:
    options = spec.parse_options({})
    return CheckPlan(spec.name, spec.scan, Action.BLOCK, options, spec.reads, spec.trusts, told=told(spec, options))
