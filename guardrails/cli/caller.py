"""What commands share that call a running service as one of its callers."""

import re
from collections.abc import Mapping
from typing import Any, Final

import click

from guardrails.cli.main import WRONG_USE
from guardrails.cli.options import Decorator

_LOCAL: Final = "http://127.0.0.1:8080"
_SENDABLE: Final = re.compile(r"[!-~]+")


class WrongAnswer(click.ClickException):
    """No verdict could be had; ends the command with code 2."""

    exit_code = WRONG_USE

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - click's signature
        """Print the sentence on standard error."""
        click.echo(f"guardrails: {self.message}", file=file, err=True)


def _sendable(_context: click.Context, _parameter: click.Parameter, key: str) -> str:
    if not _SENDABLE.fullmatch(key):
        raise WrongAnswer("the key holds characters that a header cannot carry")
    return key


url_option: Final[Decorator] = click.option(
    "--url", default=_LOCAL, envvar="GUARDRAILS_URL", show_default=True, show_envvar=True, help="The service."
)
key_option: Final[Decorator] = click.option(
    "--key",
    required=True,
    envvar="GUARDRAILS_KEY",
    show_envvar=True,
    callback=_sendable,
    help="A caller's key; the variable keeps it unseen.",
)


def problem_of(answer: Mapping[str, Any]) -> str:
    """What an error of the service says, with the names it knows."""
    told = answer.get("detail") or answer.get("title") or "no reason given"
    known = answer.get("known")
    more = f" Known: {', '.join(map(str, known))}." if isinstance(known, list) and known else ""
    return f"{told}{more}"
