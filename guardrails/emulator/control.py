"""The control API: scripting the emulator from outside and reading what it was asked.

Under `/_emulator`: `scenarios` (GET, POST, DELETE; `scenarios/{id}` DELETE), `presets` (GET), `calls` (GET, DELETE),
`entra` (PUT: expires_in, refresh_in, secrets), `resource` (PUT: roles, key_authentication, rate_limits), `reset`
(POST), `state` (GET). With a control key in the configuration, callers send it as `x-emulator-key`; without one only
loopback callers are heard. Wrong input gets a 400 whose `error.message` names the field.
"""

import hmac
import ipaddress
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson
from aiohttp import web

from guardrails.emulator.azure_errors import json_answer
from guardrails.emulator.config import RateLimit
from guardrails.emulator.directory import RoleAssignment, Secret
from guardrails.emulator.journal import Call
from guardrails.emulator.json_fields import FieldError, integer, number, refuse_unknown, text
from guardrails.emulator.presets import PRESETS
from guardrails.emulator.roles import DATA_ACTIONS, ROLE_IDS
from guardrails.emulator.scenario_json import read_scenario, scenario_document
from guardrails.emulator.scenarios import Service
from guardrails.emulator.state import STATE, EmulatorState

PREFIX: Final = "/_emulator"
KEY_HEADER: Final = "x-emulator-key"
_LIFETIMES: Final = (1, 31_536_000)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(app: web.Application) -> None:
    """Add the control API."""
    router = app.router
    router.add_get(f"{PREFIX}/scenarios", _guarded(_list_scenarios))
    router.add_post(f"{PREFIX}/scenarios", _guarded(_add_scenarios))
    router.add_delete(f"{PREFIX}/scenarios", _guarded(_clear_scenarios))
    router.add_delete(PREFIX + "/scenarios/{id}", _guarded(_remove_scenario))
    router.add_get(f"{PREFIX}/presets", _guarded(_list_presets))
    router.add_get(f"{PREFIX}/calls", _guarded(_list_calls))
    router.add_delete(f"{PREFIX}/calls", _guarded(_clear_calls))
    router.add_put(f"{PREFIX}/entra", _guarded(_change_entra))
    router.add_put(f"{PREFIX}/resource", _guarded(_change_resource))
    router.add_post(f"{PREFIX}/reset", _guarded(_reset))
    router.add_get(f"{PREFIX}/state", _guarded(_show_state))


def _guarded(handler: Handler) -> Handler:
    """Hear only who may steer the emulator, and answer wrong input with a sentence."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        expected = request.app[STATE].config.control_key
        given = request.headers.get(KEY_HEADER, "")
        if expected is not None and not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            return _problem(401, f"send the control key in the header {KEY_HEADER}")
        if expected is None and not _is_loopback(request.remote):
            return _problem(403, "without a control key only loopback callers may steer the emulator")
        try:
            return await handler(request)
        except FieldError as error:
            return _problem(400, str(error))

    return guarded


def _is_loopback(address: str | None) -> bool:
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _problem(status: int, message: str) -> web.Response:
    return json_answer({"error": {"code": str(status), "message": message}}, status=status)


async def _document(request: web.Request) -> object:
    try:
        return orjson.loads(await request.read())
    except orjson.JSONDecodeError as error:
        raise FieldError("the body must be JSON") from error


async def _fields(request: web.Request, known: frozenset[str]) -> dict[str, Any]:
    document = await _document(request)
    if not isinstance(document, dict):
        raise FieldError("the body must be an object")
    refuse_unknown(document, known, "the body")
    return document


async def _list_scenarios(request: web.Request) -> web.Response:
    found = [scenario_document(*running) for running in request.app[STATE].scenarios]
    return json_answer({"scenarios": found})


async def _add_scenarios(request: web.Request) -> web.Response:
    document = await _document(request)
    scenarios = [read_scenario(one) for one in (document if isinstance(document, list) else [document])]
    try:
        identifiers = request.app[STATE].scenarios.add(*scenarios)
    except ValueError as error:
        raise FieldError(str(error)) from error
    return json_answer({"ids": identifiers}, status=201)


async def _clear_scenarios(request: web.Request) -> web.Response:
    request.app[STATE].scenarios.clear()
    return web.Response(status=204)


async def _remove_scenario(request: web.Request) -> web.Response:
    given = request.match_info["id"]
    if not given.isdecimal() or len(given) > 9:  # noqa: PLR2004 (no emulator counts further)
        raise FieldError("the scenario's id must be a number")
    if not request.app[STATE].scenarios.remove(int(given)):
        return _problem(404, f"no scenario {given} is in force")
    return web.Response(status=204)


async def _list_presets(_request: web.Request) -> web.Response:
    return json_answer({"presets": list(PRESETS)})


async def _list_calls(request: web.Request) -> web.Response:
    service, operation = request.query.get("service"), request.query.get("operation")
    if service is not None and service not in set(Service):
        raise FieldError(f"service must be one of {', '.join(Service)}")
    journal = request.app[STATE].journal
    calls = [
        _call_document(call)
        for call in journal
        if service in {None, call.service} and operation in {None, call.operation}
    ]
    return json_answer({"total": journal.total, "calls": calls})


def _call_document(call: Call) -> dict[str, object]:
    document = asdict(call)
    del document["raw"]
    return {**document, "body": call.body}


async def _clear_calls(request: web.Request) -> web.Response:
    request.app[STATE].journal.clear()
    return web.Response(status=204)


async def _change_entra(request: web.Request) -> web.Response:
    given = await _fields(request, frozenset({"expires_in", "refresh_in", "secrets"}))
    state = request.app[STATE]
    expires_in = _lifetime(given, "expires_in")
    refresh_in = _lifetime(given, "refresh_in")
    secrets = _secrets(given["secrets"]) if "secrets" in given else None
    if expires_in is not None:
        state.directory.expires_in = expires_in
    if "refresh_in" in given:
        state.directory.refresh_in = refresh_in
    if secrets is not None:
        state.directory.applications[state.config.client_id].secrets[:] = secrets
    return await _show_state(request)


def _lifetime(given: Mapping[str, object], name: str) -> int | None:
    value = integer(given, name)
    if value is not None and not _LIFETIMES[0] <= value <= _LIFETIMES[1]:
        raise FieldError(f"{name} must be between {_LIFETIMES[0]} and {_LIFETIMES[1]} seconds")
    return value


def _secrets(given: object) -> list[Secret]:
    if not isinstance(given, list):
        raise FieldError("secrets must be an array of objects with value and, if it ends, expires_in")
    return [_secret(index, one) for index, one in enumerate(given)]


def _secret(index: int, given: object) -> Secret:
    where = f"secrets[{index}]"
    if not isinstance(given, dict):
        raise FieldError(f"{where} must be an object")
    refuse_unknown(given, {"value", "expires_in"}, where)
    value = text(given, "value", f"{where}.value")
    if not value:
        raise FieldError(f"{where}.value must be a string with at least one character")
    expires_in = number(given, "expires_in", f"{where}.expires_in")
    return Secret(value, None if expires_in is None else time.time() + expires_in)


async def _change_resource(request: web.Request) -> web.Response:
    given = await _fields(request, frozenset({"roles", "key_authentication", "rate_limits"}))
    state = request.app[STATE]
    key_authentication = given.get("key_authentication", state.key_authentication)
    if not isinstance(key_authentication, bool):
        raise FieldError("key_authentication must be true or false")
    roles = _roles(given["roles"]) if "roles" in given else None
    limits = _limits(given.get("rate_limits", {}))
    state.key_authentication = key_authentication
    if roles is not None:
        principal = state.config.object_id
        state.directory.unassign(principal)
        state.directory.assignments.extend(RoleAssignment(principal, role) for role in roles)
    for name, limit in limits.items():
        state.limiter.set_limit(name, limit)
    return await _show_state(request)


def _roles(given: object) -> list[str]:
    known = [*DATA_ACTIONS, *ROLE_IDS]
    if not isinstance(given, list) or not all(role in known for role in given):
        raise FieldError(f"roles must be an array of {', '.join(known)}")
    return given


def _limits(given: object) -> dict[str, RateLimit | None]:
    if not isinstance(given, dict):
        raise FieldError("rate_limits must be an object of service to {calls, seconds} or null")
    return {name: _limit(name, limit) for name, limit in given.items()}


def _limit(name: str, given: object) -> RateLimit | None:
    where = f"rate_limits.{name}"
    if name not in set(Service):
        raise FieldError(f"{where} is no service; they are {', '.join(Service)}")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise FieldError(f"{where} must be an object or null")
    refuse_unknown(given, {"calls", "seconds"}, where)
    calls = integer(given, "calls", f"{where}.calls")
    seconds = number(given, "seconds", f"{where}.seconds")
    if not calls or calls < 1 or not seconds or seconds <= 0:
        raise FieldError(f"{where} needs calls of at least 1 and seconds above 0")
    return RateLimit(calls, seconds)


async def _reset(request: web.Request) -> web.Response:
    request.app[STATE].reset()
    return await _show_state(request)


async def _show_state(request: web.Request) -> web.Response:
    return json_answer(_state_document(request.app[STATE]))


def _state_document(state: EmulatorState) -> dict[str, object]:
    config, directory = state.config, state.directory
    return {
        "tenant_id": config.tenant_id,
        "client_id": config.client_id,
        "object_id": config.object_id,
        "expires_in": directory.expires_in,
        "refresh_in": directory.refresh_in,
        "secrets": len(directory.applications[config.client_id].secrets),
        "roles": sorted(directory.roles_of(config.object_id)),
        "key_authentication": state.key_authentication,
        "deployments": [asdict(deployment) for deployment in config.deployments],
        "rate_limits": {name: asdict(limit) for name, limit in state.limiter.limits.items()},
        "scenarios": len(state.scenarios),
        "calls": state.journal.total,
    }
