"""Evidence as the bytes a store keeps: found under a name that tells nothing, and sealed so that nobody can forge it.

A name is an HMAC over everything that what a check sees depends on. A value is what it saw, the moment it is good
until, and an HMAC over name and both. Who can write to the store but has no key can delete entries, and nothing else:
bytes of his own, or an entry copied under another name, are noticed, and an old entry is good until its end only.
"""

import hmac
import math
from collections.abc import Sequence
from typing import Final

import orjson

from guardrails.domain.content import Span
from guardrails.domain.finding import Finding

LONGEST: Final = 64 * 1024
"""Bytes of a value: some thousand findings. A text in which more was found is asked about each time."""

_ALGORITHM: Final = "sha256"
_SEAL_BYTES: Final = 32
_TIME_BYTES: Final = 8
_PREFIX: Final = b"guardrails:evidence:"


class Forged(Exception):
    """These bytes were not written by who has the key, or not under this name."""


class Sealer:
    """Names entries and seals them.

    Args:
        key: What all who share a store have in common, 32 bytes or more.
    """

    def __init__(self, key: bytes) -> None:
        self._naming = hmac.digest(key, b"guardrails cache name 1", _ALGORITHM)
        self._sealing = hmac.digest(key, b"guardrails cache seal 1", _ALGORITHM)

    def context(self, *fields: str) -> "Context":
        """What the names of many entries begin with, worked out once."""
        return Context(hmac.new(self._naming, framed(*(field.encode() for field in fields)), _ALGORITHM))

    def seal(self, name: bytes, findings: Sequence[Finding], until: int) -> bytes | None:
        """The value of an entry; None for what cannot be kept.

        Args:
            name: The entry's.
            findings: What was seen; where does not matter.
            until: Seconds since the epoch.
        """
        if not all(finding.measure is None or math.isfinite(finding.measure) for finding in findings):
            return None
        seen = [_row(finding) for finding in findings]
        told = until.to_bytes(_TIME_BYTES, "big") + orjson.dumps(seen)
        return self._seal(name, told) + told if len(told) <= LONGEST else None

    def open(self, name: bytes, value: bytes, now: float) -> tuple[Finding, ...] | None:
        """What was seen, as findings at no pointer; None where the value's time is over.

        Raises:
            Forged: the seal does not fit name and value, or what it seals is of another shape than ours.
        """
        seal, told = value[:_SEAL_BYTES], value[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(name, told)):
            raise Forged
        if int.from_bytes(told[:_TIME_BYTES], "big") <= now:
            return None
        try:
            return tuple(
                Finding(category, measure, "", None if span is None else Span(*span), detail)
                for category, measure, span, detail in orjson.loads(told[_TIME_BYTES:])
            )
        except (ValueError, TypeError):
            raise Forged from None

    def _seal(self, name: bytes, told: bytes) -> bytes:
        return hmac.digest(self._sealing, framed(name, told), _ALGORITHM)


def _row(finding: Finding) -> tuple[object, ...]:
    span = None if finding.span is None else (finding.span.start, finding.span.end)
    return finding.category, finding.measure, span, finding.detail


class Context:
    """The beginning that names share."""

    def __init__(self, begun: "hmac.HMAC") -> None:
        self._begun = begun

    def name(self, *fields: bytes) -> bytes:
        """The name of an entry under this beginning."""
        mac = self._begun.copy()
        mac.update(framed(*fields))
        return _PREFIX + mac.hexdigest().encode()


def framed(*fields: bytes) -> bytes:
    """Fields as one message, each with its length before it: no two lists of fields are the same message."""
    return b"".join(len(field).to_bytes(8, "big") + field for field in fields)
