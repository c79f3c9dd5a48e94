"""What a gateway's adapter is: a translator of one dialect, thin on purpose.

The shared door (`guardrails.gateways.door`) reads the request, chooses the policy, judges and records. An adapter says
what in a call is to be judged, and how its gateway is told the outcome. It does no I/O and decides nothing.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from dataclasses import field as dataclass_field
from types import MappingProxyType
from typing import Any, Protocol

from guardrails.chat.extract import Extract
from guardrails.domain.check import CheckReport
from guardrails.domain.content import Stage
from guardrails.domain.subject import Subject
from guardrails.domain.verdict import Verdict

_NOTHING: Mapping[str, str] = MappingProxyType({})

Read = Callable[[Collection[str]], Extract]
"""The digests of a policy's trusted texts -> every string that is to be judged, addressed in `Submission.content`."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a gateway.

    Attributes:
        path: What follows the door's own path; empty for most.
        query: The URL's, which the operator of the gateway writes.
        headers: Case does not matter.
        body: The JSON object; empty for adapters that read `raw`, and where the body could not be read.
        raw: The bytes, for adapters that read them themselves.
        method: Of the request; that of the door, unless it takes any.
    """

    path: str = ""
    query: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    raw: bytes = field(default=b"", repr=False)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Submission:
    """What a call asks for.

    Attributes:
        stage: The direction the text travels in.
        content: The JSON value that `read` addresses and edits change.
        read: Extracts the strings of `content`.
        policy: The policy that the dialect's own field names.
        subject: For whom the gateway asks.
        editable: Whether an edited `content` can be told to the gateway and will be used by it. Where it cannot, a
            redaction blocks: nothing would carry it out.
        url_is_operators: Whether the URL's query is the operator's word, which chooses the policy. Where it is that of
            the gateway's own client, who must not choose, it is not looked at.
        parsed: What the adapter made of the body and needs again to render; nobody else looks at it.
    """

    stage: Stage
    content: Any = field(repr=False)
    read: Read = field(repr=False)
    policy: str | None = None
    subject: Subject = field(default_factory=Subject)
    editable: bool = True
    url_is_operators: bool = True
    parsed: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Judged:
    """What an adapter renders.

    Attributes:
        id: What operators quote when they ask why.
        verdict: The decision with its reasons.
        message: The verdict as one sentence, without any matched text: `Redacted: Email in messages[0]`.
        refusal: The sentence for who is blocked: the policy's, or that a check could not run.
        edited: `Submission.content` with all edits made, complete; None when nothing changed.
        unavailable: Whether nothing but a check that could not run stands against the text.
        reports: All that the checks told, for dialects that want more than the verdict.
    """

    id: str
    verdict: Verdict
    message: str
    refusal: str
    edited: Any = field(default=None, repr=False)
    unavailable: bool = False
    reports: tuple[CheckReport, ...] = field(default=(), repr=False)

    @property
    def blocked(self) -> bool:
        """Whether the gateway must let nothing on."""
        return self.verdict.blocked

    @property
    def told(self) -> str:
        """What a blocked user is told: that sentence, what it was about, and the id to quote."""
        return f"{self.refusal} {self.message}. Reference: {self.id}"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a gateway: a JSON value, and a status, which is 200 for a decision unless the dialect differs."""

    body: Any = field(repr=False)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Textless:
    """A call that brings nothing to a model by its nature, such as a request without a body, and how it is let on.

    There is nothing to judge, and so neither verdict nor record. Only for what the gateway's protocol itself says: a
    body in which no text was found is none of it.
    """

    reply: Reply


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Why a call ends in a block without a verdict: its body cannot be read, or we could not do our work.

    `message` is a sentence for people without any content; `field` the field of the body that is to blame. `status`,
    `code` and `headers` are what our own doors would answer.
    """

    message: str
    status: int
    code: str
    field: str | None = None
    headers: Mapping[str, str] = dataclass_field(default_factory=lambda: _NOTHING)


class Adapter(Protocol):
    """The translator of one gateway's dialect."""

    @property
    def name(self) -> str:
        """As `/gateways/{name}`, records, metrics and docs spell it."""

    @property
    def doors(self) -> tuple[tuple[str, str], ...]:
        """The method (`*` for any) and path of each door, as aiohttp's routes spell them."""

    @property
    def reads_bytes(self) -> bool:
        """Whether it reads `Call.raw`; else the body must be a JSON object."""

    def parse(self, call: Call) -> Submission | Textless:
        """What a call asks for. A JSON body of unknown shape is read leaf by leaf, never passed.

        Raises:
            InvalidRequest: it cannot be judged, because it is over a limit or broken; names the field.
        """

    def render(self, call: Call, submission: Submission, judged: Judged) -> Reply:
        """A verdict, as the gateway understands it."""

    def refuse(self, call: Call, unjudged: Unjudged) -> Reply:
        """A block without a verdict, as explicit as one with it. `call` has no body here."""
