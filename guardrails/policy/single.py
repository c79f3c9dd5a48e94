"""A policy narrowed to one of its checks."""

from dataclasses import replace

from guardrails.domain.check import CheckSpec
from guardrails.domain.content import Kind
from guardrails.domain.verdict import Action
from guardrails.policy.plans import told
from guardrails.policy.policy import CheckPlan, Policy


def only(policy: Policy, spec: CheckSpec) -> Policy:
    """The policy with a single check and that check's rules.

    Where the policy does not plan the check, it runs as it does by default, with no rule: evidence without a verdict,
    but a failure still blocks.

    Of what is no text it says what the whole policy says, with one exception: an image that another check of the policy
    may read is that check's to speak of. So what the policy stops is stopped at one of its single doors at least.
    """
    plan = policy.checks.get(spec.name) or _default(spec)
    rules = tuple(rule for rule in policy.rules if rule.check == spec.name)
    others = frozenset(kind for other in policy.checks.values() if other.name != spec.name for kind in other.reads)
    mine = plan.reads if spec.name in policy.checks else frozenset[Kind]()
    elsewhere = others - mine - policy.banned
    media = {kind: Action.ALLOW if kind in elsewhere else action for kind, action in policy.media.items()}
    # A shadow plans more than the one check that runs here.
    return replace(policy, checks={spec.name: plan}, rules=rules, media=media, shadows=(), only=spec.name)


def _default(spec: CheckSpec) -> CheckPlan:
    options = spec.parse_options({})
    return CheckPlan(spec.name, spec.scan, Action.BLOCK, options, spec.reads, spec.trusts, told=told(spec, options))
