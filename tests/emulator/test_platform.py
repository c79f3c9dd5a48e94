"""The gate in front of every service: who is let in, to what, and how the rest is told."""

import asyncio
import io

import pytest
from emulator.azure_paths import BODIES, CONTENT_SAFETY, DATED, FOUNDRY, LANGUAGE, PROMPT_SHIELD, V1

from guardrails.emulator.operations import operation_of
from guardrails.emulator.roles import allows
from guardrails.emulator.scenarios import Service

EVERY_PATH = pytest.mark.parametrize("path", list(BODIES))
UNAUTHORIZED = (
    "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), "
    "or have expired."
)


@EVERY_PATH
async def test_a_bearer_or_either_key_header_is_let_in(emulator, post, authorized, path):
    key = emulator.config.api_key
    answers = [await authorized(path), await post(path, api_key=key), await post(path, Ocp_Apim_Subscription_Key=key)]
    assert [status for status, _, _ in answers] == [200, 200, 200]


@EVERY_PATH
async def test_a_missing_forged_expired_or_misaddressed_bearer_is_turned_away_unwrapped(post, make_token, path):
    forged = make_token()[:-6] + "AAAAAA"
    bearers = [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer not.a.token"},
        {"Authorization": f"Bearer {forged}"},
        {"Authorization": f"Bearer {make_token(lifetime=-5)}"},
        {"Authorization": f"Bearer {make_token(audience='https://graph.microsoft.com')}"},
    ]
    for headers in bearers:
        status, _, body = await post(path, **headers)
        assert (status, body) == (401, {"statusCode": 401, "message": UNAUTHORIZED})


async def test_a_token_is_refused_once_it_has_expired_even_if_it_was_accepted_before(
    emulator, post, make_token, pass_time
):
    token = make_token(lifetime=60)
    assert (await post(V1, Authorization=f"Bearer {token}"))[0] == 200
    pass_time(61)
    assert (await post(V1, Authorization=f"Bearer {token}"))[0] == 401


async def test_models_take_foundrys_audience_and_checks_do_not(post, make_token):
    headers = {"Authorization": f"Bearer {make_token(audience='https://ai.azure.com')}"}
    assert (await post(V1, **headers))[0] == 200
    assert (await post(CONTENT_SAFETY, **headers))[0] == 401


@EVERY_PATH
async def test_a_wrong_key_is_turned_away(post, path):
    status, headers, body = await post(path, api_key="wrong")
    assert (status, body["error"]["code"], headers["x-ms-error-code"]) == (401, "401", "401")
    assert body["error"]["message"].startswith("Access denied due to invalid subscription key")


@EVERY_PATH
async def test_disabled_keys_are_said_to_be_disabled(emulator, post, authorized, path):
    emulator.state.key_authentication = False
    status, _, body = await post(path, api_key=emulator.config.api_key)
    assert (status, body["error"]["code"]) == (403, "AuthenticationTypeDisabled")
    assert (await authorized(path))[0] == 200


@EVERY_PATH
async def test_a_regional_host_takes_keys_and_no_tokens(emulator, post, authorized, path):
    status, _, body = await authorized(path, Host="regional.localhost:8443")
    assert (status, body["error"]["code"]) == (400, "BadRequest")
    assert "custom subdomain" in body["error"]["message"]
    assert (await post(path, Host="regional.localhost:8443", api_key=emulator.config.api_key))[0] == 200


@pytest.mark.parametrize(
    ("role", "served"),
    [
        ("Cognitive Services User", {LANGUAGE, CONTENT_SAFETY, PROMPT_SHIELD, DATED, V1, FOUNDRY}),
        ("a97b65f3-24c7-4388-baec-2e87135dc908", {LANGUAGE, CONTENT_SAFETY, PROMPT_SHIELD, DATED, V1, FOUNDRY}),
        ("Cognitive Services OpenAI User", {DATED, V1}),
        ("Cognitive Services Language Reader", {LANGUAGE}),
        ("Azure AI Developer", {CONTENT_SAFETY, PROMPT_SHIELD, DATED, V1, FOUNDRY}),
        ("Foundry User", {LANGUAGE, CONTENT_SAFETY, PROMPT_SHIELD, DATED, V1, FOUNDRY}),
        ("Owner", set()),
        ("Contributor", set()),
        ("Cognitive Services Contributor", set()),
        ("Reader of nothing", set()),
    ],
)
async def test_a_role_opens_what_the_documentation_says(emulator, authorized, role, served):
    directory, principal = emulator.state.directory, emulator.config.object_id
    directory.unassign(principal)
    directory.assign(principal, role)
    statuses = {path: (await authorized(path))[0] for path in BODIES}
    assert {path for path, status in statuses.items() if status == 200} == served
    assert set(statuses.values()) <= {200, 401}


async def test_a_missing_role_names_principal_action_and_operation(emulator, authorized):
    emulator.state.directory.unassign(emulator.config.object_id)
    status, _, body = await authorized(DATED)
    assert (status, body["error"]["code"]) == (401, "PermissionDenied")
    assert body["error"]["message"] == (
        f"The principal `{emulator.config.object_id}` lacks the required data action "
        "`Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action` to perform "
        "`POST /openai/deployments/{deployment-id}/chat/completions` operation."
    )


async def test_a_missing_role_names_the_verb_of_the_call(emulator, emulator_session, bearer):
    emulator.state.directory.unassign(emulator.config.object_id)
    async with emulator_session.get("/openai/v1/models", headers=bearer) as answer:
        assert "`GET /openai/v1/models`" in (await answer.json())["error"]["message"]


async def test_an_assignment_takes_effect_after_its_delay(emulator, authorized, pass_time):
    directory, principal = emulator.state.directory, emulator.config.object_id
    directory.unassign(principal)
    directory.assign(principal, "Cognitive Services User", after=30)
    assert (await authorized(V1))[0] == 401
    pass_time(31)
    assert (await authorized(V1))[0] == 200


def test_no_role_allows_nothing():
    assert not allows([], "Microsoft.CognitiveServices/accounts/OpenAI/x")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/language/:analyze-text", 400, "MissingApiVersionParameter"),
        ("/language/:analyze-text?api-version=1999-01-01", 400, "InvalidRequest"),
        ("/contentsafety/text:analyze", 400, "MissingApiVersionParameter"),
        ("/contentsafety/text:shieldPrompt?api-version=", 400, "MissingApiVersionParameter"),
        ("/contentsafety/text:analyze?api-version=1999-01-01", 400, "UnsupportedApiVersion"),
        ("/openai/deployments/gpt-4o/chat/completions", 404, "404"),
        ("/openai/deployments/gpt-4o/chat/completions?api-version=1999-01-01", 404, "404"),
        ("/models/chat/completions", 404, "404"),
    ],
)
async def test_an_api_version_is_needed_and_must_be_known(authorized, path, status, code):
    given, headers, body = await authorized(path, {})
    assert (given, body["error"]["code"], headers["x-ms-error-code"]) == (status, code, code)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/contentsafety/text:guess?api-version=2024-09-01", "ResourceNotFound"),
        ("/language/:guess?api-version=2025-11-01", "404"),
        ("/openai/v1/guess", "404"),
        ("/openai/deployments/gpt-4o/guess?api-version=2024-10-21", "404"),
    ],
)
async def test_an_unknown_path_is_not_found_in_the_services_shape(authorized, path, code):
    status, _, body = await authorized(path, {})
    assert (status, body["error"]["code"]) == (404, code)


async def test_a_wrong_method_is_refused_in_the_services_shape(emulator_session, bearer):
    async with emulator_session.get(V1, headers=bearer) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (405, "405")


async def test_a_body_beyond_the_limit_is_refused_and_recorded(emulator, emulator_session, bearer):
    async with emulator_session.post(V1, data=io.BytesIO(b"x" * (9 * 1024 * 1024)), headers=bearer) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (413, "413")
    assert [call.status for call in emulator.state.journal.of(Service.CHAT)] == [413]


@EVERY_PATH
async def test_every_answer_has_azures_headers(authorized, path):
    _, headers, _ = await authorized(path, x_ms_client_request_id="mine")
    assert headers["x-ms-client-request-id"] == "mine"
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert int(headers["x-envoy-upstream-service-time"]) >= 0
    assert len(headers["apim-request-id"]) == 36


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/_emulator/state", None),
        ("/", None),
        ("/contentsafetyx/text:analyze", None),
        ("/contentsafety/text/blocklists/a/blocklistItems", (Service.CONTENT_SAFETY, "text/blocklists")),
        ("/contentsafety/text/blocklists/a:removeBlocklistItems", (Service.CONTENT_SAFETY, "text/blocklists")),
        ("/contentsafety/text:shieldPrompt", (Service.PROMPT_SHIELD, "text:shieldPrompt")),
        ("/t/oauth2/v2.0/token", (Service.ENTRA, "token")),
        ("/t/v2.0/.well-known/openid-configuration", (Service.ENTRA, "discovery")),
    ],
)
def test_a_path_belongs_to_one_operation(path, expected):
    found = operation_of(path)
    assert (found and (found.service, found.name)) == expected


@pytest.mark.parametrize("host", ["[::1", "a b", "", "regional.localhost", "x" * 300])
async def test_a_strange_host_is_never_a_500(emulator, authorized, host):
    assert (await authorized(V1, Host=host))[0] in {200, 400}


async def test_strange_header_bytes_are_never_a_500(emulator, token):
    port = int(emulator.url.rpartition(":")[2])
    context = emulator.certificates.client_context()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    writer.write(b"GET /openai/v1/models?x=%ff HTTP/1.1\r\nHost: localhost\r\nx-ms-client-request-id: \xff\xfe\r\n")
    writer.write(f"Authorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode())
    status = (await reader.readline()).split()[1]
    writer.close()
    assert status in {b"200", b"400"}
    await reader.read()
