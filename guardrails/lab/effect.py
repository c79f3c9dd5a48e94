"""What another policy would have done to recorded traffic, in numbers, with ids to look into."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from guardrails.domain.verdict import Action
from guardrails.lab.recorded import Alike, Decided

BY: Final = ("rule", "category", "caller", "policy", "stage")
"""How the records of a change are counted apart."""
_MOST_WORDS: Final = 1000
OTHER: Final = "other"


@dataclass(slots=True)
class Share:
    """Some of the records: how many, how many verdicts they stand for, and late ones of each kind among them."""

    most_ids: int
    count: int = 0
    stands_for: float = 0.0
    latest: list[Decided] = field(default_factory=list)

    def add(self, alike: Alike) -> None:
        """Count a group in."""
        self.count += alike.count
        self.stands_for += alike.stands_for
        self.latest = heapq.nlargest(self.most_ids, (*self.latest, *alike.examples))

    @property
    def ids(self) -> list[str]:
        """Their ids, the latest first; both ways of a chat have the same."""
        return list(dict.fromkeys(decided.id for decided in self.latest))

    def told(self) -> dict[str, object]:
        """As plain JSON."""
        return {"count": self.count, "stands_for": round(self.stands_for), "ids": self.ids}


@dataclass(slots=True)
class Change(Share):
    """Records whose verdict would be another one, counted apart by rule, category, caller, policy and stage.

    A record counts once under each rule and category that speaks for the stronger of the two verdicts: for a new
    block those that block now, for one that is gone those that blocked then.
    """

    by: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in BY})

    def note(self, alike: Alike, strongest: Iterable[tuple[str, str | None]]) -> None:
        """Count a group in, with the rules and categories that made the difference."""
        self.add(alike)
        pairs = tuple(strongest)
        words: dict[str, Iterable[str]] = {
            "rule": {rule for rule, _ in pairs},
            "category": {category for _, category in pairs if category is not None},
            "caller": [alike.caller],
            "policy": [str(alike.evidence["policy"]["name"])],
            "stage": [str(alike.evidence["stage"])],
        }
        for name, values in words.items():
            counter = self.by[name]
            for value in values:
                counter[value if value in counter or len(counter) < _MOST_WORDS else OTHER] += alike.count

    def told(self) -> dict[str, object]:
        """As plain JSON."""
        return Share.told(self) | {f"by_{name}": dict(counter.most_common()) for name, counter in self.by.items()}


class Effect:
    """The sum of a replay."""

    def __init__(self, most_ids: int) -> None:
        self._most_ids = most_ids
        self.records = Share(0)
        self.replayed = Share(0)
        self.unchanged = Share(0)
        self.newly_blocked = Change(most_ids)
        self.newly_allowed = Change(most_ids)
        self.otherwise_changed = Change(most_ids)
        self.not_replayed: dict[str, Share] = {}
        self.matrix: Mapping[str, Counter[str]] = {action.word: Counter() for action in Action}

    def skip(self, alike: Alike, whys: Iterable[str]) -> None:
        """Count records that cannot be judged again, under each reason."""
        self.records.add(alike)
        for why in whys:
            known = why if why in self.not_replayed or len(self.not_replayed) < _MOST_WORDS else OTHER
            self.not_replayed.setdefault(known, Share(self._most_ids)).add(alike)

    @property
    def skipped(self) -> int:
        """How many records could not be judged again."""
        return self.records.count - self.replayed.count

    @property
    def changed(self) -> int:
        """How many verdicts would be others."""
        return self.newly_blocked.count + self.newly_allowed.count + self.otherwise_changed.count

    def told(self) -> dict[str, object]:
        """As plain JSON."""
        return {
            "records": self.records.count,
            "stands_for": round(self.records.stands_for),
            "replayed": self.replayed.count,
            "skipped": self.skipped,
            "unchanged": self.unchanged.count,
            "newly_blocked": self.newly_blocked.told(),
            "newly_allowed": self.newly_allowed.told(),
            "otherwise_changed": self.otherwise_changed.told(),
            "actions": {then: dict(now) for then, now in self.matrix.items()},
            "not_replayed": [
                {"why": why, **share.told()}
                for why, share in sorted(self.not_replayed.items(), key=lambda item: -item[1].count)
            ],
        }
