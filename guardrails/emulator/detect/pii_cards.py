"""Card numbers: sequences of digit groups whose joined digits an issuer could have printed."""

import re
from collections.abc import Iterator

from guardrails.emulator.detect.identifier_proofs import is_card
from guardrails.emulator.detect.scan import Candidate, Scan, word_set

_RUN = re.compile(r"[0-9]{2,19}(?:[ .\u00a0-]{1,2}[0-9]{2,19})*")
_GROUP = re.compile(r"[0-9]+")
_SHORTEST, _USUAL, _LONGEST = 13, 16, 19
_LONGEST_GROUP = 8
_WORDS = word_set(
    "card credit debit visa mastercard amex karte kreditkarte kartennummer tarjeta carte carta cartão discover maestro"
)


def find_cards(scan: Scan, *, proofs: bool = True) -> Iterator[Candidate]:
    """`CreditCardNumber`: 13 to 19 digits with Luhn and an issuer's prefix, whole or in groups of two to eight digits.

    Without `proofs` sixteen digits near a word like "card" are enough (`disableEntityValidation`).
    """
    if not scan.has_digit:
        return
    for run in _RUN.finditer(scan.text):
        if run.end() - run.start() < _SHORTEST:
            continue
        groups = [(m.start(), m.end()) for m in _GROUP.finditer(scan.text, run.start(), run.end())]
        first = 0
        while first < len(groups):
            last = _card_from(scan, groups, first, proofs=proofs)
            if last is None:
                first += 1
                continue
            start, end = groups[first][0], groups[last][1]
            yield Candidate(
                "CreditCardNumber", start, end, 0.99 if scan.near(start, end, _WORDS) else 0.95, proven=True
            )
            first = last + 1


def _card_from(scan: Scan, groups: list[tuple[int, int]], first: int, *, proofs: bool) -> int | None:
    digits = ""
    for index in range(first, len(groups)):
        digits += scan.text[groups[index][0] : groups[index][1]]
        if index > first and max(end - start for start, end in groups[first : index + 1]) > _LONGEST_GROUP:
            return None
        if len(digits) > _LONGEST:
            return None
        if len(digits) < _SHORTEST:
            continue
        if is_card(digits) or (
            not proofs and len(digits) == _USUAL and scan.near(groups[first][0], groups[index][1], _WORDS)
        ):
            return index
    return None
