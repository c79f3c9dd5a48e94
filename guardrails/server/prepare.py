"""Everything that is read before anything is opened: settings, policies, and whether they fit together."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from guardrails.checks.catalogue import SPECS, api_versions
from guardrails.policy.bundle import Bundle, load_bundle
from guardrails.server.activation import require
from guardrails.settings.load import load
from guardrails.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class Prepared:
    """Valid settings with the bundle of policies they name."""

    settings: Settings
    bundle: Bundle


def prepare(config: Path, env: Mapping[str, str]) -> Prepared:
    """Read a settings file with its policies.

    Raises:
        SettingsError: the settings do not hold.
        ConfigurationError: the policies do not, or they do not fit the settings (`guardrails.server.activation`).
    """
    settings = load(config, env)
    bundle = load_bundle(settings.policies, SPECS, api_versions(settings.services))
    require(settings, bundle)
    return Prepared(settings, bundle)
