"""Everything that can go wrong, as a tree.

GuardrailsError
├── ConfigurationError          settings or policies do not hold: the process does not start
├── InvalidRequest              the caller's body or header is wrong; names the field
│   ├── TooLarge                ... or over a limit; names the limit
│   └── UnsupportedMediaType    ... or of a type we do not read
├── NotAuthenticated            no known caller
├── NotAllowed                  a known caller, asking for what it may not have
├── UnknownName                 a policy or model that does not exist for this caller
├── UnknownDecision             no decision of this id can be explained to this caller
├── UnsupportedOperation        an operation of the API that no check reads: not forwarded
├── Overloaded                  more requests at once than we take in; come back
├── Unrecordable                verdicts cannot be recorded now, and the settings say to refuse then
├── Stopped                     the verdict lets nothing on
│   ├── Refused                 ... the text was judged and blocked
│   └── GuardrailUnavailable    ... a check that must pass could not run
├── UpstreamError               the model endpoint answered with an error: passed on as it is
├── UpstreamUnreachable         the model endpoint did not answer
└── ServiceError                an Azure service a check depends on; carries a FailureReason
    └── TokenError              no bearer could be had; says in words what to do
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from guardrails.domain.check import FailureReason

if TYPE_CHECKING:
    from guardrails.domain.verdict import Verdict


class GuardrailsError(Exception):
    """The root of every error this package raises on purpose.

    `verdict` and `verdict_id` are those of the text's way so far, once there is a verdict.
    """

    verdict: "Verdict | None" = None
    verdict_id: str = ""


class ConfigurationError(GuardrailsError):
    """Settings or policy files do not hold. `problems` has one sentence for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class InvalidRequest(GuardrailsError):
    """The caller's request is wrong. `field` names where: `messages[0].content`, or None for the whole body."""

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field


class TooLarge(InvalidRequest):
    """The request is over a limit, which `detail` names."""


class UnsupportedMediaType(InvalidRequest):
    """The body is not of a type we read."""


class NotAuthenticated(GuardrailsError):
    """No credential, or none that we know."""


class NotAllowed(GuardrailsError):
    """The caller is known and may not do this."""


class UnknownName(GuardrailsError):
    """A `kind` ("policy", "model") of this name is not there for this caller; `known` are those it may use."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"unknown {kind}")
        self.kind = kind
        self.name = name
        self.known = tuple(known)


class UnknownDecision(GuardrailsError):
    """No decision of this id can be explained to this caller. Why not is not told: it may be another's."""


class UnsupportedOperation(GuardrailsError):
    """An operation of OpenAI's API that is known and not offered; the message says what is."""


class Overloaded(GuardrailsError):
    """As many requests as we take in are being judged. `retry_after` is in seconds."""

    def __init__(self, retry_after: float = 1.0) -> None:
        super().__init__("too many requests at once")
        self.retry_after = retry_after


class Unrecordable(GuardrailsError):
    """Decision records cannot be written now, and the settings say to judge nothing without one."""


class Stopped(GuardrailsError):
    """The verdict lets nothing on. `message` is what the caller is told, `verdict_id` what it may quote."""

    verdict: "Verdict"

    def __init__(self, verdict: "Verdict", message: str, verdict_id: str) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.message = message
        self.verdict_id = verdict_id


class Refused(Stopped):
    """A text was judged and blocked."""


class GuardrailUnavailable(Stopped):
    """A check failed and the policy blocks on that."""


class UpstreamError(GuardrailsError):
    """The model endpoint answered with an error: status, body and headers are the caller's to see.

    `deployment` is the label of the one that answered, `attempts` how many were asked.
    """

    attempts: int = 1

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str], *, deployment: str = "") -> None:
        super().__init__(f"the model endpoint answered {status}")
        self.status = status
        self.body = body
        self.headers = headers
        self.deployment = deployment


class UpstreamUnreachable(GuardrailsError):
    """The model endpoint gave no usable answer. `reason` says how, `attempts` how many deployments were asked."""

    attempts: int = 1

    def __init__(self, detail: str, *, reason: FailureReason = FailureReason.BAD_RESPONSE) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason

    @property
    def timed_out(self) -> bool:
        """Whether time was up; else the connection broke, or the answer was of no use."""
        return self.reason is FailureReason.DEADLINE


class ServiceError(GuardrailsError):
    """An Azure service did not do its part. `detail` is a sentence for operators; it holds no content and no secret."""

    def __init__(
        self,
        reason: FailureReason,
        detail: str,
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        calls: int = 0,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.calls = calls


class TokenError(ServiceError):
    """No bearer could be had. `code` is the AADSTS number where Entra told one."""
