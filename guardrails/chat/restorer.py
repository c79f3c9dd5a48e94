r"""Placeholders in a text -> the values they stand for, in one piece or as it streams.

Models bend what they copy. A known placeholder is recognised in any case, with a bracket lost or doubled, with blanks
inside the brackets, and with its underscores escaped (`\_`), lost, or turned into dashes or blanks. Its letters and its
mark must be there: what no placeholder of the exchange spells is left as it is.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache

import regex

from guardrails.domain.placeholder import ALPHABET, MARK_LENGTH, parted

_BETWEEN = r"[\\_\- ]{0,4}"
_OPEN = r"(?P<outer>\\{0,2}\[)?\\{0,2}\[[ \t]{0,2}"
_CLOSE = r"[ \t]{0,2}\\{0,2}\](?P<outmost>\\{0,2}\])?"
_MARK = rf"(?P<mark>[{ALPHABET}]{{{MARK_LENGTH}}})"
_PART_OF_A_LINK = "("

Escape = Callable[[str], str]


def as_it_is(value: str) -> str:
    """The escape of plain text: none."""
    return value


class Restorer:
    """Puts values back for the placeholders of one exchange.

    What it puts in is never read again, so a value that itself looks like a placeholder starts nothing.

    Args:
        values: Placeholder, as it was made -> value.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        spelled = {parted(placeholder): value for placeholder, value in values.items()}
        self._names = tuple(sorted({name for name, _ in spelled}))
        self._values = {(_plain(name), mark): value for (name, mark), value in spelled.items()}

    def __bool__(self) -> bool:
        return bool(self._values)

    def restore(self, text: str, escape: Escape = as_it_is) -> str:
        """The text with every known placeholder replaced by its value; `escape` is asked for each value put in."""
        if not self._values:
            return text
        return self._whole.sub(lambda match: self.value(match, escape), text)

    def without(self, texts: Iterable[str]) -> "Restorer":
        """A restorer that leaves alone every placeholder that one of these texts spells, bent or not."""
        left = Restorer({})
        left._names, left._values = self._names, dict(self._values)
        for text in texts if self._values else ():
            for match in self._whole.finditer(text):
                left._values.pop(_spelled(match), None)
        return left

    def settled(self, text: str) -> int:
        """How much of a text's beginning is decided, whatever comes after it."""
        if not self._values:
            return len(text)
        begun, longest = _begun(self._names)
        for start in range(max(0, len(text) - longest), len(text)):
            if begun.fullmatch(text, start, partial=True) is not None:
                return min([start, *(match.start() for match in self._whole.finditer(text) if match.end() > start)])
        return len(text)

    def matches(self, text: str, end: int) -> Iterator[re.Match[str]]:
        """What looks like a placeholder in the first `end` characters, for `value`."""
        for match in self._whole.finditer(text) if self._values else ():
            if match.end() > end:
                return
            yield match

    def value(self, match: re.Match[str], escape: Escape = as_it_is) -> str:
        """What stands in place of one of `matches`: the value it stands for, or itself."""
        value = self._values.get(_spelled(match))
        if value is None:
            return match.group()
        outer, outmost = match["outer"] or "", match["outmost"] or ""
        # Doubled brackets are the model's slip and go; a lone outer one, or the text of a link, is the answer's own.
        if outer and outmost and match.string[match.end() : match.end() + 1] != _PART_OF_A_LINK:
            outer = outmost = ""
        return f"{outer}{escape(value)}{outmost}"

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return _whole(self._names)


def _spelled(match: re.Match[str]) -> tuple[str, str]:
    return _plain(match["name"]), match["mark"].lower()


def _plain(name: str) -> str:
    return re.sub(_BETWEEN, "", name).upper()


def _core(names: Iterable[str]) -> str:
    bent = [_BETWEEN.join(map(re.escape, name.split("_"))) for name in sorted(names, key=len, reverse=True)]
    return rf"(?P<name>{'|'.join(bent)}){_BETWEEN}{_MARK}"


@lru_cache(maxsize=64)
def _whole(names: tuple[str, ...]) -> re.Pattern[str]:
    pattern = rf"(?:{_OPEN})?{_core(names)}(?![A-Za-z0-9])(?:{_CLOSE})?"
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=64)
def _begun(names: tuple[str, ...]) -> tuple["regex.Pattern[str]", int]:
    """What a text may end in while it can still become a placeholder, and the longest such end."""
    most_between = 4
    longest = 24 + MARK_LENGTH + most_between + max(len(name) + most_between * name.count("_") for name in names)
    return regex.compile(rf"(?:{_OPEN})?{_core(names)}(?:{_CLOSE})?", regex.ASCII | regex.IGNORECASE), longest
