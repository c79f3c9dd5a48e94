"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

config_option: Final[Decorator] = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default="guardrails.yaml",
    envvar="GUARDRAILS_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The settings file.",
)
json_option: Final[Decorator] = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
