"""Text that counts as somebody's: the list the emulator compares with, by runs of eight words.

The verses were written for this list, so that tests have something to quote; the last entry is the wording of Azure's
own example request, which its example answers with `detected: true`.
"""

import re
from typing import Final

# Below this, Azure's service never detects anything (its documentation: at least 110 characters).
LEAST_CHARACTERS: Final = 110
_RUN: Final = 8
_WORD: Final = re.compile(r"[^\W_]+")
_KNOWN: Final = (
    (
        "the lantern leans on the harbour wall and counts the boats that never came home at all it hums to "
        "the rope and the rusted chain and promises the morning a gentler rain so carry me over the silver "
        "bay where the bells of november have gone to stay"
    ),
    (
        "we painted our names on the midnight train and washed them away in the summer rain oh hold the line "
        "hold the line my friend for every long tunnel has light at the end and every small station is "
        "somebody's town with a clock on the wall and the curtains down"
    ),
    (
        "to everyone the best things in life are free the stars belong to everyone they gleam there for you "
        "and me the flowers in spring the robins that sing the sunbeams that shine"
    ),
)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return set(zip(*(words[offset:] for offset in range(_RUN)), strict=False))


_KNOWN_RUNS: Final = frozenset(run for text in _KNOWN for run in _runs(text))


def is_protected(text: str) -> bool:
    """Whether at least 110 characters of text share a run of eight words with a text of the list."""
    return len(text) >= LEAST_CHARACTERS and not _KNOWN_RUNS.isdisjoint(_runs(text))
