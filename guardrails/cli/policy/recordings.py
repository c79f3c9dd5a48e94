"""What the commands that read decision records share: which records, how far along, and what came of it."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from guardrails.cli.options import Decorator
from guardrails.cli.terminal import console

_AGO: Final = re.compile(r"(\d{1,6})([dhm])", re.ASCII)
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes"}
_WHOLE: Final = 100.0

_MEMORY: Final = re.compile(r"[1-9]\d{0,5}(MB|GB)", re.ASCII)


def _memory(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not _MEMORY.fullmatch(value):
        raise click.BadParameter("a number and MB or GB, such as 2GB", context, parameter)
    return value


DECISIONS_HELP: Final = (
    "Decision records: JSON lines (.gz and .zst too) or Parquet, a file or a quoted glob; may be given several times."
)
limit_ids_option: Final[Decorator] = click.option(
    "--limit-ids",
    type=click.IntRange(0, 1000),
    default=10,
    show_default=True,
    help="How many ids to tell of each kind of change.",
)
memory_option: Final[Decorator] = click.option(
    "--memory",
    default="1GB",
    show_default=True,
    callback=_memory,
    help="What the engine may take; with less than it wants it uses the disk. 1GB or more.",
)


class Moment(click.ParamType[datetime]):
    """A date, a time (RFC 3339; UTC where no zone is said), or how long ago: `7d`, `12h`, `30m`."""

    name = "when"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment in UTC, without a zone, as the engine compares it."""
        if isinstance(value, datetime):
            return value
        if ago := _AGO.fullmatch(value):
            return _plain(datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time such as 2026-11-24, 2026-11-24T06:00:00Z or 7d", param, ctx)
        return _plain(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _plain(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


since_option: Final[Decorator] = click.option(
    "--since", type=Moment(), help="Only records from this time on: 2026-11-24, a time with a zone, or 7d, 12h, 30m."
)
until_option: Final[Decorator] = click.option("--until", type=Moment(), help="Only records before this time.")


@contextmanager
def reading(files: Sequence[object]) -> Iterator[Callable[[float], None] | None]:
    """Show on a terminal how much of the records is read. Yields what is told the percentage; None without one."""
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield None
        return
    words = f"reading {len(files)} file{'s' if len(files) != 1 else ''}"
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(words, total=_WHOLE)
        yield lambda percent: bar.update(task, completed=percent)
