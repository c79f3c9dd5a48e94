"""The headers of every guarded answer (contract, section 2)."""

from guardrails.domain.verdict import Verdict

POLICY_HEADER = "x-guardrails-policy"
VERDICT_HEADER = "x-guardrails-verdict"
ID_HEADER = "x-guardrails-id"


def verdict_headers(verdict: Verdict, verdict_id: str) -> dict[str, str]:
    """Which policy and revision judged, what it came to, and the id to quote."""
    return {
        POLICY_HEADER: str(verdict.policy),
        VERDICT_HEADER: verdict.action.word,
        ID_HEADER: verdict_id,
    }
