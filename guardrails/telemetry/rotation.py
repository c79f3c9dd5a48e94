"""A file of records that is set aside when it is full: `decisions.jsonl` -> `decisions.20261124T060000.000005Z.jsonl`.

The names sort by time and match `decisions*.jsonl`. Nothing is copied, and no older file is renamed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_MOMENT: Final = "%Y%m%dT%H%M%S.%fZ"
_STAMP: Final = re.compile(r"\d{8}T\d{6}\.\d{6}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a file is full, and how many full ones are kept beside it.

    Attributes:
        at_bytes: A file is set aside before it would grow beyond this. One line that is longer has a file of its own.
        keep: How many are kept; what is older is deleted.
    """

    at_bytes: int
    keep: int


def set_aside(path: Path, keep: int) -> Path:
    """Rename a full file and delete the oldest of those set aside before; return its new name. Raises OSError."""
    moment = datetime.now(UTC)
    aside = _named(path, moment)
    while aside.exists():
        # The clock stood still, or another process was as quick. No file may be written over.
        moment = moment.replace(microsecond=(moment.microsecond + 1) % 1_000_000)
        aside = _named(path, moment)
    path.rename(aside)
    old = kept(path)
    for file in old[: max(0, len(old) - keep)]:
        file.unlink(missing_ok=True)
    return aside


def kept(path: Path) -> list[Path]:
    """The files that were set aside for `path`, the oldest first."""
    beside = path.parent.iterdir()
    return sorted(file for file in beside if _is_of(path, file.name))


def _is_of(path: Path, name: str) -> bool:
    has_ends = name.startswith(f"{path.stem}.") and name.endswith(path.suffix)
    middle = name[len(path.stem) + 1 : len(name) - len(path.suffix)]
    return has_ends and _STAMP.fullmatch(middle) is not None


def _named(path: Path, moment: datetime) -> Path:
    return path.with_name(f"{path.stem}.{moment.strftime(_MOMENT)}{path.suffix}")
