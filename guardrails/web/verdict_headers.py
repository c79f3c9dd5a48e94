"""The headers of every guarded answer (contract, section 2)."""

from guardrails.domain.verdict import Verdict

POLICY_HEADER = "x-guardrails-policy"
VERDICT_HEADER = "x-guardrails-verdict"
ID_HEADER = "x-guardrails-id"
DROPPED_HEADER = "x-guardrails-dropped"


def verdict_headers(verdict: Verdict, verdict_id: str, dropped: int = 0) -> dict[str, str]:
    """Which policy and revision judged, what it came to, the id to quote; how many messages were left out, if any."""
    left_out = {DROPPED_HEADER: str(dropped)} if dropped else {}
    return {
        POLICY_HEADER: str(verdict.policy),
        VERDICT_HEADER: verdict.action.word,
        ID_HEADER: verdict_id,
    } | left_out
