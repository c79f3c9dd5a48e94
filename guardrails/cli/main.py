"""The command `guardrails`."""

from collections.abc import Mapping
from typing import Final

import click

from guardrails.cli.lazy import LazyGroup
from guardrails.domain.errors import ConfigurationError
from guardrails.settings.load import SettingsError
from guardrails.telemetry.metrics import VERSION

WRONG_USE: Final = 2
"""The exit code of wrong use or configuration; 1 is for an answer that is no, 0 for good."""

INTERRUPTED: Final = 130
"""The exit code after Ctrl-C, as shells have it."""

_COMMANDS: Final[Mapping[str, str]] = {
    "serve": "guardrails.cli.serve:serve",
    "emulate": "guardrails.cli.emulate:emulate",
    "doctor": "guardrails.cli.doctor:doctor",
    "check": "guardrails.cli.check:check",
    "policy": "guardrails.cli.policy.group:policy",
    "blocklist": "guardrails.cli.blocklist.group:blocklist",
    "decisions": "guardrails.cli.decisions:decisions",
    "gateway": "guardrails.cli.gateway.group:gateway",
    "key": "guardrails.cli.key:key",
}
_EXTRAS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("trustme", "jwt", "phonenumbers", "stdnum", "PIL", "cryptography"), ("the emulator", "emulator")),
    **dict.fromkeys(("duckdb", "numpy", "matplotlib", "jinja2"), ("this command", "lab")),
}
"""What each package of an optional extra is for."""


class Commands(LazyGroup):
    """All commands. What is wrong is told in sentences instead of tracebacks."""

    places = _COMMANDS

    def invoke(self, ctx: click.Context) -> object:
        """Run; settings and policies that do not hold end it with code 2 and one line for each problem."""
        try:
            return super().invoke(ctx)
        except (SettingsError, ConfigurationError) as error:
            for problem in error.problems:
                click.echo(f"guardrails: {problem}", err=True)
            ctx.exit(WRONG_USE)
        except KeyboardInterrupt:
            # Not 1: nobody has answered no.
            ctx.exit(INTERRUPTED)
        except ModuleNotFoundError as error:
            package = "" if error.name is None else error.name.partition(".")[0]
            if package not in _EXTRAS:
                raise
            who, extra = _EXTRAS[package]
            click.echo(f"guardrails: {who} needs {error.name}: pip install 'azure-guardrails[{extra}]'", err=True)
            ctx.exit(WRONG_USE)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="guardrails")
def main() -> None:
    """PII, Content Safety and Prompt Shield guardrails for LLM applications on Azure.

    Exit codes: 0 good, 1 the answer is no (a text was blocked, a diagnosis failed), 2 wrong use or configuration.
    """
