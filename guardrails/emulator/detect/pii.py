"""All PII finders over one text: `find_entities` gathers candidates, keeps those asked for and settles overlaps."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from guardrails.emulator.detect.identifiers_europe import EUROPE
from guardrails.emulator.detect.identifiers_general import DOCUMENTS, MONEY
from guardrails.emulator.detect.identifiers_world import AMERICAS_AND_PACIFIC
from guardrails.emulator.detect.pii_addresses import find_addresses
from guardrails.emulator.detect.pii_cards import find_cards
from guardrails.emulator.detect.pii_contact import find_emails, find_ip_addresses, find_urls
from guardrails.emulator.detect.pii_dates import find_ages, find_dates
from guardrails.emulator.detect.pii_identifiers import find_identifiers
from guardrails.emulator.detect.pii_people import find_organizations, find_people
from guardrails.emulator.detect.pii_phone import find_phone_numbers
from guardrails.emulator.detect.pii_secrets import find_secrets
from guardrails.emulator.detect.scan import Candidate, Scan
from guardrails.emulator.detect.text_units import TextUnits

_IDENTIFIERS = (*MONEY, *DOCUMENTS, *AMERICAS_AND_PACIFIC, *EUROPE)
_FINDERS: tuple[Callable[[Scan], Iterator[Candidate]], ...] = (
    find_emails,
    find_urls,
    find_ip_addresses,
    find_phone_numbers,
    find_dates,
    find_ages,
    find_people,
    find_organizations,
    find_addresses,
    find_secrets,
)


def find_candidates(
    text: str,
    language: str = "en",
    *,
    proofs: bool = True,
    synonyms: Mapping[str, frozenset[str]] | None = None,
) -> list[Candidate]:
    """Everything any finder believes in, overlaps included.

    `proofs=False` does without checksums; `synonyms` are further context words (lower case) per category.
    """
    scan = Scan(text, language)
    found = [candidate for finder in _FINDERS for candidate in finder(scan)]
    found += find_cards(scan, proofs=proofs)
    found += find_identifiers(scan, _IDENTIFIERS, proofs=proofs, synonyms=synonyms)
    return found


def settle(candidates: Iterable[Candidate], units: TextUnits) -> list[Candidate]:
    """Widen candidates to whole text elements and keep a set without overlaps, in order of position.

    Proven ones win over plausible ones, then the longer, then the more confident, then the earlier.
    """
    widened = []
    for candidate in candidates:
        start, end = units.widen(candidate.start, candidate.end)
        widened.append(Candidate(candidate.category, start, end, candidate.confidence, candidate.proven))
    widened.sort(key=_rank)
    kept: list[Candidate] = []
    taken = bytearray(max((candidate.end for candidate in widened), default=0))
    for candidate in widened:
        span = slice(candidate.start, candidate.end)
        if not any(taken[span]):
            taken[span] = b"\x01" * (candidate.end - candidate.start)
            kept.append(candidate)
    return sorted(kept, key=lambda candidate: candidate.start)


def _rank(candidate: Candidate) -> tuple[bool, int, float, int, str]:
    length = candidate.end - candidate.start
    return not candidate.proven, -length, -candidate.confidence, candidate.start, candidate.category


def find_entities(text: str, language: str = "en") -> list[Candidate]:
    """The PII of a text: spans in code points that never overlap and never cut a text element."""
    return settle(find_candidates(text, language), TextUnits(text))
