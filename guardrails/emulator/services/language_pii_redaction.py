"""`redactionPolicies`: what stands in `redactedText` in the place of each entity.

An entity is treated by the first policy that names its category in `entityTypes`, else by the default policy: the
one marked `isDefaultPolicy` (or `isDefault`, as one SDK sends it), else the first without `entityTypes`, else `*`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from guardrails.emulator.detect.scan import Candidate
from guardrails.emulator.detect.text_units import TextUnits
from guardrails.emulator.services.language_pii_errors import invalid_parameter

_CHARACTERS: Final = frozenset("!#$%&*+-=?@^_~")
_KINDS: Final = ("characterMask", "noMask", "entityMask")


@dataclass(frozen=True, slots=True)
class RedactionPolicy:
    """One checked policy; `unmask` code points stay readable, at the end when `from_end`."""

    kind: str = "characterMask"
    categories: frozenset[str] = frozenset()
    default: bool = False
    character: str = "*"
    unmask: int = 0
    from_end: bool = False


@dataclass(frozen=True, slots=True)
class Redaction:
    """The redacted text (None when the default policy is noMask) and per entity its mask's text and place in it."""

    text: str | None
    masks: Mapping[int, tuple[str, int, int]]


_PLAIN: Final = RedactionPolicy()


def policies_of(given: Mapping[str, object], known: frozenset[str], *, preview: bool) -> tuple[RedactionPolicy, ...]:
    """Check `redactionPolicies`, or the single `redactionPolicy` of older previews.

    Raises:
        Refused: naming what is wrong.
    """
    raw = given.get("redactionPolicies", [given["redactionPolicy"]] if "redactionPolicy" in given else [])
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
        raise invalid_parameter("redactionPolicies must be a list of objects.")
    policies = tuple(_policy(entry, known, preview=preview) for entry in raw)
    if sum(policy.default for policy in policies) > 1:
        raise invalid_parameter("redactionPolicies must not have more than one default policy.")
    return policies


def _policy(entry: Mapping[str, object], known: frozenset[str], *, preview: bool) -> RedactionPolicy:
    kind = entry.get("policyKind", _KINDS[0])
    if not isinstance(kind, str) or kind not in _KINDS:
        raise invalid_parameter(f"redactionPolicies has a policyKind that is not one of {', '.join(_KINDS)}.")
    character = entry.get("redactionCharacter", "*")
    if not isinstance(character, str) or character not in _CHARACTERS:
        raise invalid_parameter(
            "redactionPolicies has a redactionCharacter that is not one of ! # $ % & * + - = ? @ ^ _ ~."
        )
    types = entry.get("entityTypes") or []
    if not isinstance(types, list) or not all(isinstance(name, str) and name in known for name in types):
        raise invalid_parameter("redactionPolicies has entityTypes that are not categories of this api-version.")
    unmask = entry.get("unmaskLength") or 0
    if isinstance(unmask, bool) or not isinstance(unmask, int) or unmask < 0 or (unmask and not preview):
        raise invalid_parameter("redactionPolicies has an unmaskLength that is not allowed.")
    default = entry.get("isDefaultPolicy") is True or entry.get("isDefault") is True
    return RedactionPolicy(kind, frozenset(types), default, character, unmask, entry.get("unmaskFromEnd") is True)


def _default(policies: Sequence[RedactionPolicy]) -> RedactionPolicy:
    marked = next((policy for policy in policies if policy.default), None)
    return marked or next((policy for policy in policies if not policy.categories), _PLAIN)


def redact(text: str, entities: Sequence[Candidate], policies: Sequence[RedactionPolicy]) -> Redaction:
    """Put a mask in the place of every entity; `entities` are in order of position."""
    default = _default(policies)
    numbers: dict[tuple[str, str], int] = {}
    masks: dict[int, tuple[str, int, int]] = {}
    parts: list[str] = []
    done = length = 0
    for index, entity in enumerate(entities):
        category = entity.category
        value = text[entity.start : entity.end]
        policy = next((policy for policy in policies if category in policy.categories), default)
        replacement = _masked(value, policy)
        parts += [text[done : entity.start]]
        length += entity.start - done
        if policy.kind == "entityMask":
            replacement = f"[{category.upper()}_{_number(numbers, category, value)}]"
            masks[index] = (replacement, length, length + len(replacement))
        parts.append(replacement)
        length += len(replacement)
        done = entity.end
    redacted = "".join(parts) + text[done:]
    return Redaction(None if default.kind == "noMask" else redacted, masks)


def _number(numbers: dict[tuple[str, str], int], category: str, value: str) -> int:
    """The same value has the same number in one document."""
    highest = sum(known == category for known, _ in numbers)
    return numbers.setdefault((category, value), highest + 1)


def _masked(value: str, policy: RedactionPolicy) -> str:
    if policy.kind == "noMask":
        return value
    hidden = max(0, len(value) - policy.unmask)
    if policy.from_end:
        return policy.character * hidden + value[hidden:]
    return value[: len(value) - hidden] + policy.character * hidden


def mask_fields(mask: tuple[str, int, int], redacted: TextUnits, index_type: str) -> dict[str, object]:
    """`mask`, `maskOffset` and `maskLength` of an entity, counted in the redacted text."""
    text, start, end = mask
    offset = redacted.position(start, index_type)
    return {"mask": text, "maskOffset": offset, "maskLength": redacted.position(end, index_type) - offset}
