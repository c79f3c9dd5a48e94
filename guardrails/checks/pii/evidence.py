"""What PII evidence says about other options than those it was asked with."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Final

from guardrails.checks.pii.categories import SELECTORS
from guardrails.checks.pii.options import PiiOptions
from guardrails.domain.asked import Gap, Options, Recast
from guardrails.domain.finding import Finding

_HASH_DIGITS: Final = 16
_OTHER_ANSWERS: Final = ("language", "domain", "model_version", "disable_entity_validation")
"""Options that make the service look with other eyes: what it would have seen cannot be derived."""


def asked(options: PiiOptions) -> Options:
    """The options as records keep them. The ignored values are a hash: they are somebody's addresses."""
    told = options.model_dump(mode="json", exclude={"ignore"})
    return told | {"ignore": _hash([one if isinstance(one, str) else f"like {one.like}" for one in options.ignore])}


def recast(then: Options, now: Options, findings: Sequence[Finding]) -> Recast:
    """Findings of categories that are no longer asked for go; what was not asked for then is a gap."""
    changed = [key for key in _OTHER_ANSWERS if then.get(key) != now.get(key)]
    gaps = [Gap(f"its option {key} was another one") for key in changed]
    gaps += _categories(then.get("categories"), now.get("categories"))
    wanted = _named(now.get("categories"))
    kept = tuple(finding for finding in findings if wanted is None or finding.category in wanted)
    if then.get("ignore") != now.get("ignore") and (then.get("ignore") is not None or kept):
        gaps.append(Gap("it ignored other values"))
    return Recast(kept, tuple(gaps))


def _categories(then: Sequence[str] | None, now: Sequence[str] | None) -> Iterator[Gap]:
    if then == now:
        return
    wanted = _named(now)
    if wanted is None:
        # Which categories the service looks for by default is its own to say, and changes.
        yield Gap("it was asked for other categories")
    elif then is None or "All" not in then:
        for category in sorted(wanted.difference(then or ())):
            yield Gap(f"it was not asked for {category}", category, only_adds=True)


def _named(categories: Sequence[str] | None) -> frozenset[str] | None:
    """The only categories that are findings; None where the service chooses."""
    return None if categories is None or not SELECTORS.isdisjoint(categories) else frozenset(categories)


def _hash(values: Sequence[str]) -> str | None:
    if not values:
        return None
    return hashlib.sha256(json.dumps(sorted(values)).encode()).hexdigest()[:_HASH_DIGITS]
