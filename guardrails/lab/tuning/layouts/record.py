"""One row of a data file before anybody has said what it means."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from guardrails.domain.content import Origin, Stage
from guardrails.lab.tuning.samples import CLEAN, Place, Said, Sample
from guardrails.lab.tuning.vocabulary import NOTHING, SHIELD, Meaning, Vocabulary, attack_category, fold

Record = Mapping[str, Any]

_YES: Final = frozenset(
    {"true", "1", "yes", "y", "unsafe", "harmful", "toxic", "bad", "positive"}
    | {"flagged", "flag", "block", "blocked", "offensive", "hateful"}
)
_NO: Final = frozenset(
    {"false", "0", "no", "n", "safe", "unharmful", "benign", "clean", "good", "negative"}
    | {"ok", "allow", "allowed", "legit", "normal"}
)
_WORD: Final = re.compile(r"[^\W\d]\w{0,39}")
_LISTS: Final = str.maketrans({"|": ",", ";": ","})


class RowProblem(Exception):
    """A row that cannot be read. The sentence names columns and never quotes a text."""


class RowLeftOut(Exception):
    """A row that is rightly not used; the message says why in a few words that are the same for every such row."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what; None where the layout shall find them by their usual names."""

    text: str | None = None
    label: str | None = None
    category: str | None = None
    stage: str | None = None
    origin: str | None = None

    @property
    def given(self) -> bool:
        """Whether anybody named one."""
        return any((self.text, self.label, self.category, self.stage, self.origin))


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are to be understood.

    Attributes:
        vocabulary: What words mean.
        checks: The checks of the policy.
        about: The checks that the data's labels are about, as the command line says; empty where it does not.
        columns: Which columns hold what.
        stage: The stage of rows that do not tell theirs.
        origin: The origin of rows that do not tell theirs; None for the stage's usual one.
    """

    vocabulary: Vocabulary
    checks: frozenset[str]
    about: frozenset[str] = frozenset()
    columns: Columns = Columns()
    stage: Stage = Stage.INPUT
    origin: Origin | None = None


def tellable(names: Iterable[object]) -> list[str]:
    """Those of a file's names that a message may hold: single words. A CSV without a first line has texts for names."""
    return sorted(name for name in names if isinstance(name, str) and _WORD.fullmatch(name))


def absent(value: object) -> bool:
    """Whether a cell holds nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def text_of(record: Record, column: str) -> str:
    """The text of a column.

    Raises:
        RowProblem: there is none, or it is no string.
        RowLeftOut: it is empty.
    """
    value = record.get(column)
    if not isinstance(value, str):
        raise RowProblem(f"{column} must be a string; it is {_kind(value)}")
    if not value.strip():
        raise RowLeftOut("without a text")
    return value


def truth_of(value: object) -> bool | None:
    """A label as yes or no, or None for a word that is neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bool(value) if value in {0, 1} else None
    if isinstance(value, str):
        word = value.strip().casefold().removesuffix(".0")
        return True if word in _YES else False if word in _NO else None
    return None


def flag(record: Record, column: str) -> bool:
    """A column that must be yes or no.

    Raises:
        RowProblem: it is neither.
    """
    said = truth_of(record.get(column))
    if said is None:
        raise RowProblem(
            f"{column} must be a label such as true, 1, unsafe or false, 0, safe; it is {kind_of(record, column)}"
        )
    return said


def words_of(value: object) -> list[str]:
    """The category words of a cell: a string with commas, a list of strings, or a mapping of words to yes or no."""
    if isinstance(value, Mapping):
        return [str(word) for word, on in value.items() if truth_of(on)]
    if isinstance(value, str):
        return [
            word for word in (part.strip() for part in value.translate(_LISTS).split(",")) if fold(word) not in NOTHING
        ]
    if isinstance(value, list):
        return [word for item in value if isinstance(item, str) for word in [item.strip()] if fold(word) not in NOTHING]
    return []


def said_of(meanings: Iterable[Meaning], origin: Origin) -> dict[str, Said]:
    """What is said of a bad text by the meanings of its category words, by check."""
    by_check: dict[str, set[str]] = {}
    for meaning in meanings:
        found = by_check.setdefault(meaning.check, set())
        if meaning.category is not None and meaning.check != SHIELD:
            found.add(meaning.category)
    return {check: bad(check, found, origin) for check, found in by_check.items()}


def bad(check: str, categories: Iterable[str], origin: Origin) -> Said:
    """A text in which a check has something to find. An attack has the category that its author's origin gives it."""
    return Said(bad=True, categories=frozenset({attack_category(origin)} if check == SHIELD else categories))


def one(place: Place, text: str, said: Mapping[str, Said], stage: Stage, origin: Origin) -> Sample:
    """A sample; a row that says nothing about any of our checks is left out.

    Raises:
        RowLeftOut: `said` is empty.
    """
    if not said:
        raise RowLeftOut("about something that no category of our checks is for")
    return Sample(place, text, said, stage, origin)


def judged(check: str, is_bad: bool, words: Iterable[str], reading: Reading, origin: Origin) -> dict[str, Said]:  # noqa: FBT001
    """What a set that is about one check says of a text, with the category words it has for a bad one.

    A bad text all of whose categories are foreign to the check is not about it.
    """
    if not is_bad:
        return {check: CLEAN}
    words = tuple(words)
    meanings = [meaning for word in words if (meaning := reading.vocabulary.meaning(word)) is not None]
    own = [meaning for meaning in meanings if meaning.check == check]
    if words and not own:
        return {}
    return {check: said_of(own, origin)[check] if own else bad(check, (), origin)}


def _kind(value: object) -> str:
    return "missing" if value is None else f"a {type(value).__name__}"


def kind_of(record: Record, column: str) -> str:
    """What a cell holds that was to hold something else, without quoting it."""
    return "missing" if absent(record.get(column)) else "another value"
