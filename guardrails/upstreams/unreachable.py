"""What an Azure call without a usable answer is called towards callers."""

from guardrails.domain.errors import ServiceError, TokenError, UpstreamUnreachable


def unreachable(error: ServiceError) -> UpstreamUnreachable:
    """The same failure, as one of a model endpoint."""
    if isinstance(error, TokenError):
        # The caller learns that, not why: tenant and application are the operator's business.
        return UpstreamUnreachable("no token for the model endpoint could be had", reason=error.reason)
    return UpstreamUnreachable(error.detail, reason=error.reason)
