"""Groups of commands that import a command when it is asked for: help is quick, and needs nothing that others need."""

import importlib
from collections.abc import Mapping

import click


class LazyGroup(click.Group):
    """A group of the commands in `places`: name -> `module:attribute`, in the order in which help tells them."""

    places: Mapping[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, in the order of use."""
        del ctx
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, or None for a name that is not there."""
        del ctx
        if cmd_name not in self.places:
            return None
        module, _, name = self.places[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.places[cmd_name]} is not a command")
        return command
