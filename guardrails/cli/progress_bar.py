"""How far a command is, for people at a terminal."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn

from guardrails.cli.terminal import console


def progress_bar(*more: ProgressColumn, quiet: bool, transient: bool = True) -> Progress:
    """What is being done and how much of it is, on standard error; nothing where that is no terminal."""
    err = console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), *more)
    return Progress(*columns, console=err, transient=transient, disable=quiet or not err.is_terminal)
