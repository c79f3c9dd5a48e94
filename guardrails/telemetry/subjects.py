"""Subjects as decision records keep them: hashed with a key, in plain, or not at all."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from guardrails.domain.subject import Subject
from guardrails.telemetry.log_fields import word

MAX_LABELS: Final = 16
"""The most labels of one record; those that come first are kept."""
LONGEST: Final = 256
"""Characters of a value that is kept in plain; of a hash, as many of the value are hashed as there are."""
HASH_DIGITS: Final = 32
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


class Kept(StrEnum):
    """How users, teams and labels are kept."""

    HASHED = "hashed"
    """By a keyed hash: the same user has the same one, and nobody without the key can tell whose it is."""
    PLAIN = "plain"
    OFF = "off"


class Subjects:
    """Makes the record's `subject` of what a gateway told.

    Args:
        kept: How.
        key: What hashes are made with; 32 bytes or more, the same for all whose records are to be compared.
    """

    def __init__(self, kept: Kept, key: bytes) -> None:
        self._kept = kept
        self._key = hmac.digest(key, b"guardrails subject 1", "sha256")

    def told(self, gateway: str, subject: Subject) -> dict[str, object]:
        """The subject as JSON. Ids of requests and names of models stay, while they are single words and no content."""
        return {
            "gateway": gateway,
            "request_id": word(subject.request_id),
            "model": word(subject.model),
            "user": self._value("user", subject.user),
            "team": self._value("team", subject.team),
            "labels": self._labels(subject.labels.items()),
        }

    def _labels(self, labels: Iterable[tuple[str, str]]) -> Mapping[str, str]:
        kept: dict[str, str] = {}
        for name, value in labels:
            told = self._value(name, value)
            if told is not None and _NAME.fullmatch(name) and len(kept) < MAX_LABELS:
                kept[name] = told
        return kept

    def _value(self, name: str, value: str | None) -> str | None:
        if not value or self._kept is Kept.OFF:
            return None
        if self._kept is Kept.PLAIN:
            return value[:LONGEST]
        # The name is hashed along: that a team and a user have one name is nobody's to see.
        message = name.encode() + b"\x00" + value.encode("utf-8", "surrogatepass")
        return f"hmac-sha256:{hmac.new(self._key, message, hashlib.sha256).hexdigest()[:HASH_DIGITS]}"
