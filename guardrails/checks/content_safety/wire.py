"""The shapes of Azure AI Content Safety's text analysis.

Source: Azure/azure-rest-api-specs ContentSafety stable/2024-09-01, TextOperations_AnalyzeText.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field

from guardrails.checks.answers import Answer, bad, read
from guardrails.checks.content_safety.options import ContentSafetyOptions

PATH: Final = "/contentsafety/text:analyze"

TEXT_LIMIT: Final = 10_000
"""Unicode code points a text may have."""

_OUTPUT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"four": "FourSeverityLevels", "eight": "EightSeverityLevels"}
)


class _Category(Answer):
    category: str
    severity: Annotated[int, Field(ge=0, le=7)]


class _Match(Answer):
    blocklistName: Annotated[str, Field(pattern=r"^[0-9A-Za-z._~-]{1,64}$")]  # noqa: N815 - the wire's name


class _Body(Answer):
    blocklistsMatch: list[_Match] | None = None  # noqa: N815 - the wire's name
    categoriesAnalysis: list[_Category]  # noqa: N815 - the wire's name


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the service says of a text: the severity of each harm asked for, and the lists it hits, each once.

    `severities` is None where the service judged no harm because a list was hit.
    """

    severities: Mapping[str, int] | None
    blocklists: tuple[str, ...]


class Call(NamedTuple):
    """One call: where, with what, and how its answer is read."""

    path: str
    body: Mapping[str, object]
    read: Callable[[Any, ContentSafetyOptions, int], Analysis]


def request(text: str, options: ContentSafetyOptions) -> dict[str, object]:
    """The body for one text."""
    body: dict[str, object] = {
        "text": text,
        "categories": options.categories,
        "outputType": _OUTPUT_TYPES[options.severity_levels],
    }
    if options.blocklists:
        body["blocklistNames"] = options.blocklists
        body["haltOnBlocklistHit"] = options.halt_on_blocklist_hit
    return body


def answer(body: Any, options: ContentSafetyOptions, calls: int) -> Analysis:
    """What the service says of the text.

    Raises:
        ServiceError: `bad_response`: another shape, or a harm that was asked for is missing or there twice.
    """
    parsed = read(_Body, body, calls)
    lists = tuple(dict.fromkeys(match.blocklistName for match in parsed.blocklistsMatch or ()))
    if lists and options.halt_on_blocklist_hit and not parsed.categoriesAnalysis:
        return Analysis(None, lists)
    severities = {judged.category: judged.severity for judged in parsed.categoriesAnalysis}
    if len(severities) != len(parsed.categoriesAnalysis) or not severities.keys() >= set(options.categories):
        raise bad("it does not judge each category exactly once", calls)
    return Analysis({harm: severities[harm] for harm in options.categories}, lists)
