"""The keys of placeholders: read once, before the first policy that needs them takes effect."""

from guardrails.azure.secrets import SecretReader
from guardrails.domain.errors import ConfigurationError, TokenError
from guardrails.policy.placeholders import MIN_KEY_BYTES, PlaceholderKeys
from guardrails.server.prepare import Prepared


async def read_placeholder_keys(prepared: Prepared, secrets: SecretReader) -> PlaceholderKeys | None:
    """The keys the settings refer to, or None where no policy needs one.

    Unlike other secrets they are not read again while the service runs: a file that changes would silently give the
    same values other placeholders. A new key is a new first entry, and a restart.

    Raises:
        ConfigurationError: one cannot be read, is too short, or is there twice; all problems at once, by reference.
    """
    if not any(policy.needs_placeholder_keys for policy in prepared.bundle.policies.values()):
        return None
    keys: list[bytes] = []
    problems: list[str] = []
    for index, reference in enumerate(prepared.settings.placeholders.keys):
        place = f"placeholders.keys.{index}"
        try:
            key = (await secrets.read(reference)).encode()
        except TokenError as error:
            problems.append(f"{place}: {error.detail}")
            continue
        if len(key) < MIN_KEY_BYTES:
            problems.append(f"{place}: the key in {reference} is shorter than {MIN_KEY_BYTES} bytes; make a random one")
        if key in keys:
            problems.append(f"{place}: the key in {reference} is in the list already")
        keys.append(key)
    if problems:
        raise ConfigurationError(problems)
    return PlaceholderKeys(tuple(keys))
