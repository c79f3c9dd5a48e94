"""The control API: what it changes, what it shows, whom it hears and what it refuses."""

import pytest

from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.control import _is_loopback
from guardrails.emulator.presets import PRESETS

V1 = "/openai/v1/chat/completions"
HELLO = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def control(emulator_session):
    async def control(method: str, path: str, body: object = None, **headers: str):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        options = {} if body is None else {"json": body}
        async with emulator_session.request(method, f"/_emulator/{path}", headers=sent, **options) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    return control


@pytest.fixture
def chat(emulator_session, emulator):
    async def chat() -> int:
        headers = {"api-key": emulator.config.api_key}
        async with emulator_session.post(V1, json=HELLO, headers=headers) as answer:
            return answer.status

    return chat


async def test_a_scenario_is_put_in_force_shown_and_taken_out(control, chat):
    status, body = await control("POST", "scenarios", {"service": "chat", "effect": {"status": 503}, "name": "down"})
    assert status == 201
    assert await chat() == 503
    _, shown = await control("GET", "scenarios")
    assert shown["scenarios"] == [
        {
            "id": body["ids"][0],
            "name": "down",
            "service": "chat",
            "operation": None,
            "deployment": None,
            "after": 0,
            "times": None,
            "met": 1,
            "effect": {"status": 503},
        }
    ]
    assert (await control("DELETE", f"scenarios/{body['ids'][0]}"))[0] == 204
    assert await chat() == 200


async def test_presets_are_named_and_can_be_narrowed(control, chat):
    _, body = await control("GET", "presets")
    assert body["presets"] == list(PRESETS)
    status, _ = await control("POST", "scenarios", {"preset": "unavailable", "service": "chat", "times": 1})
    assert (status, await chat(), await chat()) == (201, 503, 200)


async def test_many_scenarios_come_at_once_and_are_cleared_at_once(control):
    scenarios = [{"preset": name} for name in PRESETS]
    _, body = await control("POST", "scenarios", scenarios)
    assert len(body["ids"]) == len(PRESETS)
    _, shown = await control("GET", "scenarios")
    assert [scenario["name"] for scenario in shown["scenarios"]] == list(PRESETS)
    assert (await control("DELETE", "scenarios"))[0] == 204
    assert (await control("GET", "scenarios"))[1] == {"scenarios": []}


async def test_of_a_wrong_list_nothing_is_put_in_force(control):
    assert (await control("POST", "scenarios", [{"preset": "reset"}, {"preset": "nonsense"}]))[0] == 400
    assert (await control("GET", "scenarios"))[1] == {"scenarios": []}


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        ("POST", "scenarios", 7, "a scenario must be an object"),
        ("POST", "scenarios", {}, "effect must be an object"),
        ("POST", "scenarios", {"effect": {}}, "effect must be an object"),
        ("POST", "scenarios", {"effect": {"stauts": 500}}, "effect has no field stauts"),
        ("POST", "scenarios", {"effect": {"status": "500"}}, "effect.status must be an integer"),
        ("POST", "scenarios", {"effect": {"status": True}}, "effect.status must be an integer"),
        ("POST", "scenarios", {"effect": {"status": 204}}, "effect.status must be between 400 and 599"),
        ("POST", "scenarios", {"effect": {"latency_ms": -1}}, "effect.latency_ms"),
        ("POST", "scenarios", {"effect": {"reset": 1}}, "effect.reset must be true or false"),
        ("POST", "scenarios", {"effect": {"malformed": "odd"}}, "effect.malformed must be one of not_json"),
        ("POST", "scenarios", {"effect": {"malformed": []}}, "effect.malformed must be one of not_json"),
        ("POST", "scenarios", {"effect": {"document_ids": "1"}}, "effect.document_ids"),
        ("POST", "scenarios", {"effect": {"code": 7}}, "effect.code must be a string"),
        ("POST", "scenarios", {"effect": {"reset": True}, "service": "mail"}, "service must be one of"),
        ("POST", "scenarios", {"effect": {"reset": True}, "times": 0}, "times"),
        ("POST", "scenarios", {"effect": {"reset": True}, "after": "1"}, "after must be an integer"),
        ("POST", "scenarios", {"effect": {"reset": True}, "when": 1}, "scenario has no field when"),
        ("POST", "scenarios", {"preset": "nonsense"}, "preset must be one of"),
        ("POST", "scenarios", {"preset": ["reset"]}, "preset must be one of"),
        ("POST", "scenarios", {"preset": "secret_expired", "service": "chat"}, "effect.entra means nothing"),
        ("POST", "scenarios", [{"effect": {"reset": True}}] * 1001, "at most 1000"),
        ("DELETE", "scenarios/one", None, "id must be a number"),
        ("DELETE", "scenarios/99999999999999999999", None, "id must be a number"),
        ("GET", "calls?service=mail", None, "service must be one of"),
        ("PUT", "entra", {"expires_in": 0}, "expires_in must be between"),
        ("PUT", "entra", {"expires_in": "60"}, "expires_in must be an integer"),
        ("PUT", "entra", {"lifetime": 60}, "the body has no field lifetime"),
        ("PUT", "entra", [], "the body must be an object"),
        ("PUT", "entra", {"secrets": "x"}, "secrets must be an array"),
        ("PUT", "entra", {"secrets": [{"value": ""}]}, "secrets[0].value"),
        ("PUT", "entra", {"secrets": [{"value": "x", "ends": 1}]}, "secrets[0] has no field ends"),
        ("PUT", "resource", {"roles": ["King"]}, "roles must be an array of"),
        ("PUT", "resource", {"roles": [[]]}, "roles must be an array of"),
        ("PUT", "resource", {"key_authentication": "no"}, "key_authentication must be true or false"),
        ("PUT", "resource", {"rate_limits": {"mail": None}}, "rate_limits.mail is no service"),
        ("PUT", "resource", {"rate_limits": {"chat": {"calls": 1}}}, "rate_limits.chat needs"),
        ("PUT", "resource", {"rate_limits": {"chat": {"calls": 1, "seconds": 0}}}, "rate_limits.chat needs"),
    ],
)
async def test_wrong_input_is_refused_and_named(control, method, path, body, named):
    status, answer = await control(method, path, body)
    assert status == 400
    assert named in answer["error"]["message"]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 5000])
async def test_a_body_that_is_no_json_is_refused(emulator_session, data):
    async with emulator_session.post("/_emulator/scenarios", data=data) as answer:
        assert (answer.status, (await answer.json())["error"]["message"]) == (400, "the body must be JSON")


async def test_an_unknown_scenario_is_not_found(control):
    assert (await control("DELETE", "scenarios/77"))[0] == 404


async def test_calls_are_counted_shown_and_forgotten(control, chat):
    assert [await chat() for _ in range(3)] == [200, 200, 200]
    _, body = await control("GET", "calls?service=chat&operation=chat/completions")
    assert (body["total"], len(body["calls"])) == (3, 3)
    assert body["calls"][0]["body"] == HELLO
    assert body["calls"][0]["headers"]["api-key"] == "***"
    assert (await control("GET", "calls?service=language"))[1]["calls"] == []
    assert (await control("DELETE", "calls"))[0] == 204
    assert (await control("GET", "calls"))[1] == {"total": 0, "calls": []}


async def test_entra_can_be_changed(emulator, emulator_session, control):
    changes = {
        "expires_in": 60,
        "refresh_in": 10,
        "secrets": [{"value": "old", "expires_in": -1}, {"value": "new", "expires_in": 60}],
    }
    status, shown = await control("PUT", "entra", changes)
    assert (status, shown["expires_in"], shown["refresh_in"], shown["secrets"]) == (200, 60, 10, 2)
    outcomes = {}
    for secret in ("old", "new"):
        form = {
            "client_id": emulator.config.client_id,
            "client_secret": secret,
            "grant_type": "client_credentials",
            "scope": "https://cognitiveservices.azure.com/.default",
        }
        async with emulator_session.post(f"/{emulator.config.tenant_id}/oauth2/v2.0/token", data=form) as answer:
            outcomes[secret] = await answer.json()
    assert outcomes["old"]["error_codes"] == [7000222]
    assert (outcomes["new"]["expires_in"], outcomes["new"]["refresh_in"]) == (60, 10)
    assert (await control("PUT", "entra", {"refresh_in": None}))[1]["refresh_in"] is None


async def test_the_resource_can_be_changed_and_reset(emulator, control, chat):
    changes = {"roles": ["Owner"], "key_authentication": False, "rate_limits": {"chat": {"calls": 1, "seconds": 60}}}
    _, shown = await control("PUT", "resource", changes)
    assert (shown["roles"], shown["key_authentication"]) == (["Owner"], False)
    assert shown["rate_limits"]["chat"] == {"calls": 1, "seconds": 60}
    assert await chat() == 403
    await control("PUT", "resource", {"key_authentication": True})
    assert [await chat(), await chat()] == [200, 429]
    await control("PUT", "resource", {"rate_limits": {"chat": None}})
    assert await chat() == 200
    _, shown = await control("POST", "reset")
    assert (shown["roles"], shown["key_authentication"], shown["calls"]) == (["Cognitive Services User"], True, 0)


async def test_the_state_shows_no_secret(emulator, emulator_session):
    async with emulator_session.get("/_emulator/state") as answer:
        text = await answer.text()
    assert emulator.config.client_secret not in text
    assert emulator.config.api_key not in text


class TestWithAControlKey:
    @pytest.fixture
    def emulator_config(self) -> EmulatorConfig:
        return EmulatorConfig(control_key="steer")

    async def test_only_who_has_the_key_is_heard(self, control):
        assert (await control("GET", "state"))[0] == 401
        assert (await control("GET", "state", x_emulator_key="steal"))[0] == 401
        assert (await control("GET", "state", x_emulator_key="steer"))[0] == 200


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False), ("", False), (None, False)],
)
def test_loopback_is_told_from_the_rest(address, expected):
    assert _is_loopback(address) is expected
