"""The nearest right word for a wrong one."""

import difflib
from collections.abc import Iterable

_MOST_SHOWN = 12


def hint(word: object, known: Iterable[str]) -> str:
    """` (did you mean 'block'?)`, else ` (known: ...)` when the list is short, else nothing. Begins with a space."""
    names = sorted(map(str, known))
    if isinstance(word, str):
        by_fold = {_fold(name): name for name in names}
        close = difflib.get_close_matches(_fold(word), by_fold, n=1, cutoff=0.6)
        if close:
            return f" (did you mean {by_fold[close[0]]!r}?)"
    return f" (known: {', '.join(names)})" if 0 < len(names) <= _MOST_SHOWN else ""


def _fold(word: str) -> str:
    """Case and separators do not count: `prompt-shield` is near `prompt_shield`, `selfharm` is `SelfHarm`."""
    return word.casefold().replace("-", "").replace("_", "").replace(" ", "")
