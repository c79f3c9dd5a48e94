"""No token, key, secret or content in any log, repr or error."""

import asyncio
import gc
import logging
import traceback
from collections.abc import Iterator

from aiohttp import web

from guardrails.azure.client import AzureClient
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError
from guardrails.emulator.directory import Secret
from guardrails.emulator.scenarios import Effect, EntraFault, Scenario

SECRET = "canary-secret-4711"
KEY = "canary-key-0815"
CONTENT = "canary-content-2342"


def reprs() -> Iterator[str]:
    """What every object of ours would print as, and the errors of the standard tracebacks."""
    for thing in gc.get_objects():
        if str(type(thing).__module__).startswith(("guardrails.azure", "guardrails.domain", "guardrails.settings")):
            yield repr(thing)
    for task in asyncio.all_tasks():
        yield repr(task)


async def echo(request: web.Request) -> web.Response:
    """A service that throws back whatever it got, in every place an error has."""
    got = (await request.read()).decode() + request.headers.get("Authorization", "") + request.headers.get("Ocp", "")
    error = {"code": got, "message": got, "target": got, "details": [got], "innererror": {"code": got}}
    return web.json_response({"error": error}, status=400, headers={"x-ms-error-code": "x"})


async def test_nothing_secret_is_ever_told(make_provider, sessions, service, env, emulator, caplog, capfd, heard):
    caplog.set_level(logging.DEBUG)
    env.update(SECRET=SECRET, KEY=KEY)
    emulator.state.directory.applications[emulator.config.client_id].secrets.append(Secret(SECRET))
    told: list[str] = []
    contexts: list[BaseException | None] = []

    async def call(client: AzureClient, target) -> None:
        try:
            await client.post_json(target, "/x", params={}, body={"t": CONTENT}, deadline=Deadline.after(3))
        except ServiceError as error:
            told.extend((str(error), repr(error), str(vars(error)), "".join(traceback.format_exception(error))))
            contexts.append(error.__context__)

    async def reset(request: web.Request) -> web.Response:
        request.transport.abort()
        return web.Response()

    async def garbage(request: web.Request) -> web.Response:
        request.transport.write(b"HTTP/1.1 garbage\r\n\r\n")
        request.transport.close()
        return web.Response()

    bearers: set[str] = set()
    for fault in (None, EntraFault.WRONG_SECRET, EntraFault.SECRET_EXPIRED, EntraFault.OUTAGE):
        provider = make_provider()
        client = AzureClient(sessions.checks, provider, heard)
        emulator.state.scenarios.clear()
        if fault is not None:
            emulator.state.scenarios.add(Scenario(Effect(entra=fault), service="entra"))
        for handler in (echo, reset, garbage):
            service.says(handler)
            await call(client, service.target)
            await call(client, service.keyed)
        if fault is None:
            headers = await provider.headers(service.target)
            token = await provider.token(service.target)
            bearers.add(token.value)
            told += [repr(token), repr(headers)[:0], repr(provider)]
    assert len(told) > 50
    assert set(contexts) == {None}
    assert len(bearers) == 1
    assert not [record for record in caplog.records if record.name.startswith(("azure", "msal"))]
    told += [record.getMessage() + str(record.args) + str(record.exc_text) for record in caplog.records]
    told += [*reprs(), *capfd.readouterr()]
    everything = "\n".join(told)
    for canary in (SECRET, KEY, CONTENT, *bearers):
        assert canary not in everything
    assert any("guardrails" in line or "aiohttp" in line or "asyncio" in line for line in told)
