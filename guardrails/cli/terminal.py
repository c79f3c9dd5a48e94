"""Output for people."""

import sys
from typing import Final

from rich.console import Console

_WIDE: Final = 200
"""Columns where there is no terminal to ask: a table in a log or pipe keeps its rows whole."""


def counted(number: int, word: str) -> str:
    """`1 item`, `2 items`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def console(*, stderr: bool = False) -> Console:
    """A console that prints text as it is: no markup or emoji codes in it, nothing highlighted."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _WIDE
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)
