"""The files of decision records that a person names."""

import glob
from collections.abc import Sequence
from pathlib import Path

from guardrails.domain.errors import ConfigurationError


def find_files(patterns: Sequence[str]) -> list[Path]:
    """The files of paths and globs (`**` goes through folders), each once, in the order of their names.

    Raises:
        ConfigurationError: one matches nothing.
    """
    found: dict[Path, None] = {}
    problems = []
    for pattern in patterns:
        matched = sorted(path for path in map(Path, glob.glob(pattern, recursive=True)) if path.is_file())  # noqa: PTH207 - absolute patterns, too
        if not matched:
            problems.append(f"--decisions: nothing matches {pattern}")
        found.update(dict.fromkeys(matched))
    if problems:
        raise ConfigurationError(problems)
    return list(found)
