"""Everything that is read before anything is opened: settings, policies, and whether they fit together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from guardrails.checks.catalogue import SPECS, api_versions
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.bundle import Bundle, load_bundle
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
        ConfigurationError: the policies do not, a caller is bound to one that is not there, or one makes placeholders
            and there is no key for them.
    """
    settings = load(config, env)
    bundle = load_bundle(settings.policies, SPECS, api_versions(settings.services))
    problems = list(_misfits(settings, bundle))
    if problems:
        raise ConfigurationError(problems)
    return Prepared(settings, bundle)


def _misfits(settings: Settings, bundle: Bundle) -> Iterator[str]:
    known = ", ".join(sorted(bundle.policies))
    for name, caller in settings.callers.items():
        for policy in caller.policies:
            if policy not in bundle.policies:
                yield f"callers.{name}.policies: there is no policy {policy!r} in {settings.policies}; known: {known}"
    # A key of our own making would give each replica, and each start, other placeholders for the same value.
    for name, ruled in bundle.policies.items() if not settings.placeholders.keys else ():
        if ruled.needs_placeholder_keys:
            yield f"placeholders.keys: is missing; policy {name!r} redacts with placeholder or hash, which need a key"
