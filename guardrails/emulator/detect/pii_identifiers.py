"""Numbers that identify a person or an account, found by their written form, a checksum and the words around them.

How noise is kept out: a row whose form is distinctive (separators in the national places, or a structure of letters and
digits, and a checksum where one exists) may stand alone; a bare run of digits counts only when one of the row's words
stands near it, and where the row knows a checksum, only when that holds too.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from guardrails.emulator.detect.scan import Candidate, Scan


@dataclass(frozen=True, slots=True)
class Identifier:
    """One row: how `category` is written, what proves it and which words announce it.

    `alone` is the confidence without a word near it (0: not an entity then), `announced` with one. A row that `needs` a
    string is skipped in texts without it.
    """

    category: str
    pattern: re.Pattern[str]
    words: frozenset[str]
    alone: float
    announced: float
    proof: Callable[[str], bool] | None = None
    needs: str = ""


def find_identifiers(
    scan: Scan,
    table: tuple[Identifier, ...],
    *,
    proofs: bool = True,
    synonyms: Mapping[str, frozenset[str]] | None = None,
) -> Iterator[Candidate]:
    """Every match of every row of `table`.

    With `proofs=False` checksums are not asked (`disableEntityValidation`). `synonyms` adds words to a category's rows
    (`entitySynonyms`).
    """
    if not scan.has_digit:
        return
    for row in table:
        words = row.words | synonyms[row.category] if synonyms and row.category in synonyms else row.words
        if row.alone == 0 and not scan.mentions(words):
            continue
        if row.needs and row.needs not in scan.text:
            continue
        for match in row.pattern.finditer(scan.text):
            announced = scan.near(match.start(), match.end(), words)
            proven = row.proof is not None and row.proof(match.group())
            if row.proof is not None and proofs and not proven:
                continue
            confidence = row.announced if announced else row.alone
            if confidence > 0:
                yield Candidate(row.category, match.start(), match.end(), confidence, proven=proven)
