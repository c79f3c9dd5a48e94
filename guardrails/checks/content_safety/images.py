"""Images for Content Safety: each distinct one is a call of its own, judged for the same harms as a text.

Source: Azure/azure-rest-api-specs ContentSafety stable/2024-09-01, ImageOperations_AnalyzeImage. Four levels are all it
has, whatever a policy asks of texts, and no list is matched.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from guardrails.checks.answers import bad
from guardrails.checks.content_safety.options import ContentSafetyOptions
from guardrails.checks.content_safety.wire import Analysis, Call, answer
from guardrails.domain.content import Kind, Segment
from guardrails.domain.finding import Finding

PATH: Final = "/contentsafety/image:analyze"


@dataclass(frozen=True, slots=True)
class Picture:
    """One distinct image, as base64, and the pointers of all segments that are it."""

    content: str = field(repr=False)
    pointers: tuple[str, ...]


def pictures(segments: Iterable[Segment]) -> tuple[Picture, ...]:
    """The distinct images among segments."""
    pointers: dict[str, list[str]] = {}
    for segment in segments:
        if segment.kind is Kind.IMAGE:
            pointers.setdefault(segment.text, []).append(segment.pointer)
    return tuple(Picture(content, tuple(at)) for content, at in pointers.items())


def picture_call(picture: Picture, options: ContentSafetyOptions) -> Call:
    """The call for one image."""
    body = {
        "image": {"content": picture.content},
        "categories": options.categories,
        "outputType": "FourSeverityLevels",
    }
    return Call(PATH, body, _answer)


def _answer(body: object, options: ContentSafetyOptions, calls: int) -> Analysis:
    """As of a text, but no list can have ended it early.

    Raises:
        ServiceError: `bad_response`.
    """
    analysis = answer(body, options, calls)
    if analysis.severities is None:
        raise bad("it judges no harm in an image", calls)
    return analysis


def image_findings(picture: Picture, analysis: Analysis) -> Iterator[Finding]:
    """A finding for each harm, severity 0 included, wherever the image stands."""
    for pointer in picture.pointers:
        for harm, severity in (analysis.severities or {}).items():
            yield Finding(harm, severity, pointer)
