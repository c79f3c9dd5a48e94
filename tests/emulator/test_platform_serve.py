"""Starting and stopping, TLS, and what an emulator tells about itself."""

import asyncio
import ssl
import time
from dataclasses import replace

import aiohttp
import pytest
from azure_calls import until
from emulator.azure_paths import BODIES, V1

from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.scenarios import Effect, Scenario
from guardrails.emulator.serve import Emulator, EmulatorKeys


async def test_clients_must_trust_the_throw_away_authority(emulator):
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(f"{emulator.url}/_emulator/state")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "emulator.localhost", "contoso.emulator.localhost"])
async def test_the_certificate_is_good_for_every_name_of_the_emulator(emulator, name):
    port = int(emulator.url.rpartition(":")[2])
    context = emulator.certificates.client_context()
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    assert writer.get_extra_info("ssl_object").version() in {"TLSv1.2", "TLSv1.3"}
    writer.close()


async def test_the_authority_file_is_there_while_the_emulator_runs_and_gone_after(emulator_keys):
    async with Emulator(keys=emulator_keys) as running:
        path = running.ca_file
        context = await asyncio.to_thread(ssl.create_default_context, cafile=str(path))
        assert len(context.get_ca_certs()) == 1
        assert running.identity_url is None
    assert not await asyncio.to_thread(path.exists)


async def test_an_own_authority_file_stays(emulator_keys, tmp_path):
    path = tmp_path / "ca.pem"
    async with Emulator(keys=emulator_keys, ca_file=path) as running:
        assert await asyncio.to_thread(path.read_bytes) == running.ca_pem
    assert await asyncio.to_thread(path.exists)


async def test_the_settings_describe_a_subscription_that_works(emulator, emulator_session):
    settings = emulator.settings()
    form = {
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
        "grant_type": "client_credentials",
        "scope": settings["scope"],
    }
    url = f"{settings['authority']}/{settings['tenant_id']}/oauth2/v2.0/token"
    async with emulator_session.post(url, data=form) as answer:
        bearer = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
    version = settings["api_versions"]["content_safety"]
    url = f"{settings['endpoints']['content_safety']}/contentsafety/text:analyze?api-version={version}"
    async with emulator_session.post(url, json={"text": "Hello"}, headers=bearer) as answer:
        assert answer.status == 200
    assert settings["deployments"]["Phi-4"] == {"kind": "foundry", "model": "Phi-4"}


async def test_a_taken_port_is_an_error_and_leaves_nothing_running(emulator, emulator_keys):
    port = int(emulator.url.rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"):
        await Emulator(keys=emulator_keys, port=port).__aenter__()


async def test_what_runs_is_asked_for_only_while_it_runs(emulator_keys):
    stopped = Emulator(keys=emulator_keys)
    for ask in (lambda: stopped.state, lambda: stopped.ca_file):
        with pytest.raises(RuntimeError, match="not running"):
            ask()


async def test_stopping_ends_hanging_calls(emulator_keys):
    async with Emulator(keys=emulator_keys) as running:
        running.state.scenarios.add(Scenario(Effect(hang=True)))
        connector = aiohttp.TCPConnector(ssl=running.certificates.client_context())
        session = aiohttp.ClientSession(connector=connector)
        hanging = asyncio.create_task(session.post(running.url + V1, json=BODIES[V1]))
        await until(lambda: [met for _, _, met in running.state.scenarios] == [1])
        begun = time.monotonic()
    assert time.monotonic() - begun < 20
    await asyncio.gather(hanging, return_exceptions=True)
    await session.close()


def test_a_configuration_shows_no_secret():
    config = replace(EmulatorConfig(), client_secret="hush-hush", api_key="key-key", control_key="ctl-ctl")
    assert not any(secret in repr(config) for secret in ("hush-hush", "key-key", "ctl-ctl"))


async def test_keys_can_be_made_for_the_name_clients_use():
    keys = await asyncio.to_thread(EmulatorKeys.generate, "azure")
    async with Emulator(keys=keys, name="azure") as running:
        assert running.url.startswith("https://azure:")
        port = int(running.url.rpartition(":")[2])
        context = running.certificates.client_context()
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="azure")
        writer.close()
