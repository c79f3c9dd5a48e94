"""A key that replicas may share: read by reference, or made for this process alone."""

import secrets as random
from typing import Final

from guardrails.azure.secrets import SecretReader
from guardrails.domain.errors import ConfigurationError, TokenError
from guardrails.settings.schema import SecretRef

MIN_KEY_BYTES: Final = 32


async def shared_key(place: str, reference: SecretRef | None, secrets: SecretReader) -> bytes:
    """The key that a setting refers to; without a reference a random one.

    Args:
        place: The setting, as problems name it.
        reference: Where the key is.
        secrets: What reads it.

    Raises:
        ConfigurationError: it cannot be read or is too short.
    """
    if reference is None:
        return random.token_bytes(MIN_KEY_BYTES)
    try:
        key = (await secrets.read(reference)).encode()
    except TokenError as error:
        raise ConfigurationError([f"{place}: {error.detail}"]) from None
    if len(key) < MIN_KEY_BYTES:
        raise ConfigurationError(
            [f"{place}: the key in {reference} is shorter than {MIN_KEY_BYTES} bytes; make a random one"]
        )
    return key
