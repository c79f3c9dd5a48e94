"""Where in its files each part of a policy stands, for those who explain a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from guardrails.domain.content import MEDIA, Kind
from guardrails.policy.policy import Source
from guardrails.policy.positions import Mark, Path, Tree


@dataclass(frozen=True, slots=True)
class Places:
    """The lines of a policy's files: its own, and those that it extends."""

    tree: Tree

    def of_rule(self, index: int) -> Source:
        """Where the rule of this number begins."""
        return self._at(("rules", index))

    def of_check(self, name: str) -> Source:
        """Where `on_failure` of a check is said; where it is not, where the check is named."""
        said: Path = ("checks", name, "on_failure")
        return self._at(said if said in self.tree.keys else ("checks", name))

    def of_media(self) -> Mapping[Kind, Source]:
        """Where each kind that the file speaks of is named."""
        told = {kind: ("media", kind.value) for kind in sorted(MEDIA)}
        return MappingProxyType({kind: self._at(path) for kind, path in told.items() if path in self.tree.keys})

    def _at(self, path: Path) -> Source:
        mark = self.tree.keys.get(path) or self.tree.values.get(path) or Mark(1, 1)
        return Source(self.tree.file_of(path), mark.line)
