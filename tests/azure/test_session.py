"""The two pools: trust, limits, and what they refuse to remember."""

import ssl
from pathlib import Path

import pytest

from guardrails.azure.session import open_sessions
from guardrails.domain.errors import ConfigurationError
from guardrails.emulator.serve import Emulator
from guardrails.settings.schema import Azure


async def test_a_private_authority_is_trusted_only_when_it_is_named(emulator: Emulator):
    url = f"{emulator.url}/common/discovery/instance"
    async with open_sessions(Azure(ca_file=emulator.ca_file)) as trusting, trusting.checks.get(url) as answer:
        assert answer.status < 500
    async with open_sessions(Azure()) as strict:
        with pytest.raises(ssl.SSLCertVerificationError):
            await strict.checks.get(url)


async def test_sessions_are_apart_keep_no_cookies_and_close(emulator: Emulator):
    async with open_sessions(Azure(ca_file=emulator.ca_file, max_connections=7)) as sessions:
        assert sessions.checks.connector is not sessions.chat.connector
        assert sessions.checks.connector.limit == 7
        assert not sessions.checks.trust_env
        async with sessions.checks.get(f"{emulator.url}/common/discovery/instance"):
            assert len(sessions.checks.cookie_jar) == 0
    assert sessions.checks.closed
    assert sessions.chat.closed


@pytest.mark.parametrize("content", [None, b"no certificate here"])
async def test_a_ca_file_that_is_none_is_a_configuration_error(tmp_path: Path, content: bytes | None):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"azure\.ca_file"):
        async with open_sessions(Azure(ca_file=file)):
            pass
