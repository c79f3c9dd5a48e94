"""The shape of a policy file (contract, section 3). What each word means for a check is the compiler's part."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from guardrails.domain.content import Origin, Stage
from guardrails.domain.verdict import Mode
from guardrails.policy.policy import History, OldTurns, OnOutage, Release, StartModel

ActionWord = Literal["allow", "flag", "redact", "block"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]

DEFAULT_REFUSAL = "This request was stopped by company policy."


def _one_or_more(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _nothing_is_empty(value: object) -> object:
    return {} if value is None else value


def _a_whole_number(value: object) -> object:
    # In Python True == 1 == 1.0; in a file they are not the same version.
    if type(value) is not int:
        raise ValueError("must be a whole number")
    return value


class Section(BaseModel):
    """A part of the file: frozen, strict, knows all its keys, and never repeats a value in an error."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


Stages = Annotated[list[Annotated[Stage, Field(strict=False)]], Field(min_length=1), BeforeValidator(_one_or_more)]
Origins = Annotated[list[Annotated[Origin, Field(strict=False)]], Field(min_length=1), BeforeValidator(_one_or_more)]
Categories = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1), BeforeValidator(_one_or_more)]


class RuleSection(Section):
    """One rule. `stage` absent: both; `origin` absent: everyone; `category` absent or `"*"`: any."""

    id: Name
    check: str
    action: ActionWord
    stage: Stages | None = None
    origin: Origins | None = None
    category: Categories | None = None
    at_least: float | None = None
    with_: Annotated[str | None, Field(alias="with")] = None
    restore: bool = False


MediaWord = Literal["flag", "allow", "block"]
Sha256 = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class MediaSection(Section):
    """What the presence of something that no check reads asks for.

    Of an image that came along: `check` blocks it where no check reads it, `flag` and `allow` let it pass there,
    `block` blocks it everywhere.
    """

    image: Literal["check", "flag", "allow", "block"] = "check"
    remote_image: MediaWord = "block"
    audio: MediaWord = "block"
    file: MediaWord = "block"
    other: MediaWord = "block"


class StreamSection(Section):
    """How a streamed answer is judged: window by window (sizes in characters), or whole."""

    release: Annotated[Release, Field(strict=False)] = Release.WINDOW
    window: Annotated[int, Field(ge=100, le=10_000)] = 800
    overlap: Annotated[int, Field(ge=0, le=5_000)] = 200
    wait_ms: Annotated[int, Field(ge=50, le=10_000)] = 1000

    @model_validator(mode="after")
    def _overlap_is_a_part(self) -> "StreamSection":
        if self.overlap * 2 > self.window:
            raise ValueError("overlap must be at most half of window")
        return self


class ChatSection(Section):
    """What concerns guarded chat only. `refusal` is the sentence a blocked caller is told."""

    start_model: Annotated[StartModel, Field(strict=False)] = StartModel.AFTER_CHECKS
    stream: Annotated[StreamSection, BeforeValidator(_nothing_is_empty)] = StreamSection()
    old_turns: Annotated[OldTurns, Field(strict=False)] = OldTurns.BLOCK
    refusal: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)] = DEFAULT_REFUSAL


class GatewaysSection(Section):
    """What concerns the doors of gateways only.

    `on_outage`: what they are told when nothing but a check that could not run stands against a text. `verdict` is an
    explicit block; `report` is a 503, and the gateway does what it is set to do without us.
    """

    on_outage: Annotated[OnOutage, Field(strict=False)] = OnOutage.VERDICT


class FindingSection(Section):
    """A finding that a test makes up. `origin` absent: the user at stage input, the assistant at stage output."""

    check: str
    category: str
    measure: float | None = None
    origin: Annotated[Origin | None, Field(strict=False)] = None
    detail: Annotated[str | None, Field(max_length=64)] = None


class ExpectSection(Section):
    """What must come of it. `rules`: the ids of exactly those on which the verdict rests; absent, not looked at."""

    verdict: ActionWord
    rules: list[str] | None = None


class TestSection(Section):
    """A test of the policy: findings made up and checks that fail, or texts for the services."""

    __test__ = False  # pytest: this is no test case

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    stage: Annotated[Stage, Field(strict=False)] = Stage.INPUT
    findings: Annotated[list[FindingSection], Field(max_length=100)] | None = None
    failed: list[str] | None = None
    text: Annotated[str, Field(min_length=1)] | None = None
    messages: Annotated[list[dict[str, Any]], Field(min_length=1)] | None = None
    documents: Annotated[list[str], Field(min_length=1)] | None = None
    language: str | None = None
    expect: ExpectSection

    @property
    def is_canned(self) -> bool:
        """Whether it needs no service."""
        return self.text is None and self.messages is None and self.documents is None


class PolicyDocument(Section):
    """All of one policy file, merged with what it extends.

    Each entry of `checks` has `scan`, `on_failure` and the check's own options.
    """

    version: Annotated[Literal[1], BeforeValidator(_a_whole_number)]
    policy: Name
    extends: Name | None = None
    description: Annotated[str, Field(max_length=1000)] = ""
    mode: Annotated[Mode, Field(strict=False)] = Mode.ENFORCE
    deadline_ms: Annotated[int, Field(ge=50, le=60_000)] = 2500
    checks: Annotated[Mapping[str, Annotated[dict[str, Any], BeforeValidator(_nothing_is_empty)]], Field(min_length=1)]
    rules: Annotated[list[RuleSection], Field(min_length=1)]
    history: Annotated[History, Field(strict=False)] = History.ALL
    trusted: Annotated[list[Sha256], Field(max_length=10_000)] = Field(default_factory=list)
    shadow: Annotated[list[Name], Field(max_length=4)] = Field(default_factory=list)
    tests: Annotated[list[TestSection], Field(max_length=1000)] = Field(default_factory=list)
    media: Annotated[MediaSection, BeforeValidator(_nothing_is_empty)] = MediaSection()
    chat: Annotated[ChatSection, BeforeValidator(_nothing_is_empty)] = ChatSection()
    gateways: Annotated[GatewaysSection, BeforeValidator(_nothing_is_empty)] = GatewaysSection()
