"""What the commands on blocklists share: options, the choice of lists, and progress."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click

from guardrails.blocklists.list_file import ListFile, alike
from guardrails.blocklists.remote import Told
from guardrails.cli.progress_bar import progress_bar
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.near import hint

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

names_argument: Final[Decorator] = click.argument("names", nargs=-1, metavar="[NAME]...")
show_items_option: Final[Decorator] = click.option(
    "--show-items",
    is_flag=True,
    help="Show items and descriptions. Without it they are told by line and id: they may be confidential.",
)
emulator_option: Final[Decorator] = click.option(
    "--emulator",
    is_flag=True,
    help="Against a stand-in for Azure of this command's own, which has no lists when it begins.",
)


def chosen(names: Sequence[str], files: Sequence[ListFile]) -> tuple[ListFile, ...]:
    """The lists of these names; all of them where none is given.

    Raises:
        ConfigurationError: there is no such list in the files.
    """
    require(names, [file.name for file in files], "in the files")
    return tuple(file for file in files if not names or file.name in names)


def require(names: Sequence[str], known: Collection[str], where: str) -> None:
    """Raise a `ConfigurationError` that tells every name which is not known."""
    problems = [f"there is no list {name!r} {where}{hint(name, known)}" for name in names if name not in known]
    if problems:
        raise ConfigurationError(problems)


def notes(files: Sequence[ListFile]) -> tuple[str, ...]:
    """What is odd and not wrong."""
    return tuple(note for file in files for note in alike(file))


@contextmanager
def progress(*, quiet: bool) -> Iterator[Told]:
    """Shows progress at a terminal, on standard error."""
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("asking Azure", total=None)

        def told(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield told
