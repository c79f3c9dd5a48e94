"""The token endpoint and the discovery documents, byte by byte."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from guardrails.emulator.directory import Secret
from guardrails.emulator.scenarios import Effect, EntraFault, Scenario

SCOPE = "https://cognitiveservices.azure.com/.default"


@pytest.fixture
def form(emulator) -> dict[str, str]:
    return {
        "client_id": emulator.config.client_id,
        "client_secret": emulator.config.client_secret,
        "grant_type": "client_credentials",
        "scope": SCOPE,
    }


@pytest.fixture
def ask(emulator, emulator_session):
    async def ask(form: dict[str, str], tenant: str | None = None, **headers: str):
        path = f"/{tenant or emulator.config.tenant_id}/oauth2/v2.0/token"
        async with emulator_session.post(path, data=form, headers=headers) as answer:
            return answer.status, answer.headers, await answer.json()

    return ask


async def test_a_token_answer_has_entras_fields_and_headers(ask, form):
    status, headers, body = await ask(form)
    assert status == 200
    assert set(body) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert (body["token_type"], body["expires_in"], body["ext_expires_in"]) == ("Bearer", 3599, 3599)
    assert headers["Cache-Control"] == "no-store, no-cache"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert {"Pragma", "Expires", "P3P", "x-ms-request-id", "x-ms-ests-server", "Set-Cookie"} <= set(headers)


async def test_a_token_is_signed_by_the_published_key_and_says_who_it_is_for(emulator, emulator_session, ask, form):
    _, _, body = await ask(form)
    config = emulator.config
    async with emulator_session.get(f"/{config.tenant_id}/discovery/v2.0/keys") as answer:
        published = jwt.PyJWKSet.from_dict(await answer.json())
    header = jwt.get_unverified_header(body["access_token"])
    claims = jwt.decode(
        body["access_token"],
        published[header["kid"]].key,
        algorithms=["RS256"],
        audience="https://cognitiveservices.azure.com",
        issuer=f"https://sts.windows.net/{config.tenant_id}/",
    )
    assert (claims["appid"], claims["oid"], claims["tid"]) == (config.client_id, config.object_id, config.tenant_id)
    assert (claims["appidacr"], claims["ver"], claims["exp"] - claims["iat"]) == ("1", "1.0", 3599)


async def test_lifetimes_can_be_set(emulator, ask, form):
    emulator.state.directory.expires_in = 60
    emulator.state.directory.refresh_in = 20
    _, _, body = await ask(form)
    assert (body["expires_in"], body["refresh_in"]) == (60, 20)


async def test_id_and_secret_may_come_as_basic(emulator, ask, form):
    config = emulator.config
    pair = base64.b64encode(f"{config.client_id}:{config.client_secret}".encode()).decode()
    left = {"grant_type": "client_credentials", "scope": SCOPE}
    status, _, _ = await ask(left, Authorization=f"Basic {pair}")
    assert status == 200
    for broken in ("!!!", "\u00e9", "/w==", ""):
        status, _, body = await ask(left, Authorization=f"Basic {broken}")
        assert (status, body["error_codes"]) == (400, [900144])


async def test_unknown_extras_are_tolerated(ask, form):
    claims = '{"access_token":{"xms_cc":{"values":["CP1"]}}}'
    status, _, _ = await ask({**form, "claims": claims, "client_info": "1"})
    assert status == 200


@pytest.mark.parametrize(
    ("change", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"client_id": "nobody"}, 400, "unauthorized_client", 700016),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"client_id": None}, 400, "invalid_request", 900144),
        ({"grant_type": None}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://cognitiveservices.azure.com"}, 400, "invalid_scope", 70011),
        ({"scope": f"{SCOPE} {SCOPE}"}, 400, "invalid_scope", 70011),
        ({"scope": "api://unknown/.default"}, 400, "invalid_resource", 500011),
    ],
)
async def test_each_mistake_has_its_status_error_and_number(ask, form, change, status, error, number):
    changed = {name: value for name, value in {**form, **change}.items() if value is not None}
    given, headers, body = await ask(changed)
    assert (given, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert f"Trace ID: {body['trace_id']}" in body["error_description"]
    assert body["error_uri"] == f"https://login.microsoftonline.com/error?code={number}"
    assert set(body) == {
        "error",
        "error_description",
        "error_codes",
        "timestamp",
        "trace_id",
        "correlation_id",
        "error_uri",
    }
    assert headers["x-ms-request-id"] == body["trace_id"]


async def test_an_unknown_tenant_is_named(ask, form):
    status, _, body = await ask(form, tenant="nowhere.example.com")
    assert (status, body["error"], body["error_codes"]) == (400, "invalid_request", [90002])
    assert "Tenant 'nowhere.example.com' not found." in body["error_description"]


async def test_of_two_secrets_one_may_have_ended(emulator, ask, form):
    application = emulator.state.directory.applications[emulator.config.client_id]
    application.secrets[:] = [Secret("old", expires_at=time.time() - 5), Secret("new")]
    assert (await ask({**form, "client_secret": "new"}))[0] == 200
    assert (await ask({**form, "client_secret": "old"}))[2]["error_codes"] == [7000222]


async def test_an_application_of_another_tenant_is_not_found(emulator, ask, form):
    emulator.state.directory.tenants.add("other-tenant")
    _, _, body = await ask(form, tenant="other-tenant")
    assert body["error_codes"] == [700016]


@pytest.mark.parametrize("assertion", ["", "x", "a.b.c", "e30.e30.", "é.é.é"])
async def test_a_malformed_assertion_is_refused(ask, form, assertion):
    changed = {
        **{name: value for name, value in form.items() if name != "client_secret"},
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    status, _, body = await ask(changed)
    assert (status, body["error"]) == (401, "invalid_client")


async def test_a_form_that_is_no_form_is_refused(emulator, emulator_session):
    path = f"/{emulator.config.tenant_id}/oauth2/v2.0/token"
    async with emulator_session.post(path, json={"grant_type": "client_credentials"}) as answer:
        assert (answer.status, (await answer.json())["error_codes"]) == (400, [900144])


@pytest.mark.parametrize("version", ["v2.0/", ""])
async def test_the_openid_configuration_leads_to_the_token_endpoint(emulator, emulator_session, version):
    tenant = emulator.config.tenant_id
    async with emulator_session.get(f"/{tenant}/{version}.well-known/openid-configuration") as answer:
        document = await answer.json()
    assert document["token_endpoint"] == f"{emulator.url}/{tenant}/oauth2/v2.0/token"
    assert document["jwks_uri"].startswith(emulator.url)
    assert document["authorization_endpoint"].startswith(emulator.url)


async def test_the_openid_configuration_of_an_unknown_tenant_is_refused(emulator_session):
    async with emulator_session.get("/nowhere/v2.0/.well-known/openid-configuration") as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, "invalid_tenant")


async def test_instance_discovery_names_this_host(emulator, emulator_session):
    query = {"api-version": "1.1", "authorization_endpoint": f"{emulator.url}/t/oauth2/v2.0/authorize"}
    async with emulator_session.get("/common/discovery/instance", params=query) as answer:
        document = await answer.json()
    assert document["metadata"][0]["aliases"] == [emulator.url.removeprefix("https://")]


@pytest.mark.parametrize("endpoint", ["https://login.example/t", "", "https://[", "login.microsoftonline.com"])
async def test_an_authority_that_is_none_is_an_invalid_instance(emulator_session, endpoint):
    query = {"api-version": "1.1", "authorization_endpoint": endpoint}
    async with emulator_session.get("/common/discovery/instance", params=query) as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, "invalid_instance")


async def test_no_secret_reaches_the_journal(emulator, ask, form):
    await ask(form)
    (call,) = emulator.state.journal.of("entra", "token")
    assert (call.status, call.body["client_id"], call.body["client_secret"]) == (200, form["client_id"], "***")
    assert form["client_secret"] not in repr(call)
    assert form["client_secret"] not in repr(emulator.state)


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("resource=https://cognitiveservices.azure.com", {"Metadata": "true"}, 200),
        ("resource=https://cognitiveservices.azure.com", {}, 400),
        ("resource=https://nobody.example.com", {"Metadata": "true"}, 400),
        ("resource=https://cognitiveservices.azure.com&client_id=other", {"Metadata": "true"}, 400),
    ],
)
async def test_the_metadata_service_wants_its_header_and_a_known_resource(
    emulator, emulator_session, query, headers, status
):
    url = f"{emulator.identity_url}/metadata/identity/oauth2/token?api-version=2018-02-01&{query}"
    async with emulator_session.get(url, headers=headers) as answer:
        assert answer.status == status
        if status == 200:
            assert (await answer.json())["expires_in"] == "3599"


async def test_an_app_service_identity_wants_its_secret_header(emulator, emulator_session):
    url = f"{emulator.identity_url}/msi/token?api-version=2019-08-01&resource=https://cognitiveservices.azure.com"
    async with emulator_session.get(url, headers={"X-IDENTITY-HEADER": "wrong"}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"grant_type=client_credentials"),
        ("application/x-www-form-urlencoded", b"\xff=%ff&" * 50),
        ("application/x-www-form-urlencoded", b"a=1&" * 5000),
    ],
)
async def test_a_strange_form_is_a_400_and_never_a_500(emulator, emulator_session, content_type, data):
    path = f"/{emulator.config.tenant_id}/oauth2/v2.0/token"
    async with emulator_session.post(path, data=data, headers={"Content-Type": content_type}) as answer:
        assert (answer.status, (await answer.json())["error_codes"]) == (400, [900144])


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": {}, "sub": [], "aud": 7},
        {"iss": "APP", "sub": "APP", "aud": "https://[::1", "exp": 4e9},
        {"iss": "APP", "sub": "APP", "aud": "TOKEN_URL", "exp": "soon"},
        {"iss": "APP", "sub": "APP", "aud": "TOKEN_URL", "exp": float("nan")},
        {"iss": "APP", "sub": "APP", "aud": "https://elsewhere/t/oauth2/v2.0/token", "exp": 4e9},
        {"iss": "APP", "sub": "OTHER", "aud": "TOKEN_URL", "exp": 4e9},
    ],
)
async def test_a_signed_assertion_with_wrong_claims_is_refused(emulator, ask, form, claims):
    config, key = emulator.config, emulator.state.signing_key
    emulator.state.directory.applications[config.client_id].certificates["known"] = key.public
    url = f"{emulator.url}/{config.tenant_id}/oauth2/v2.0/token"
    words = {"APP": config.client_id, "TOKEN_URL": url}
    filled = {name: words.get(value, value) if isinstance(value, str) else value for name, value in claims.items()}
    changed = {
        **{name: value for name, value in form.items() if name != "client_secret"},
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": unchecked_jwt(filled, key.private),
    }
    status, _, body = await ask(changed)
    assert (status, body["error"]) == (401, "invalid_client")
    assert body["error_codes"][0] in {700021, 700023, 700024, 700027}


def unchecked_jwt(claims: dict, private) -> str:
    """Sign any claims at all: the library's own encoder refuses strange ones."""
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT", "x5t": "known"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return f"{signed.decode()}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize("header", ["[" * 4000, '{"alg":"none"}', '{"alg":"HS256"}', "\u00e9", '{"kid":' * 700])
async def test_a_strange_bearer_is_a_401_and_never_a_500(emulator_session, header):
    token = base64.urlsafe_b64encode(header.encode()).decode() + ".e30.AAAA"
    headers = {"Authorization": f"Bearer {token}"}
    async with emulator_session.get("/openai/v1/models", headers=headers) as answer:
        assert answer.status == 401


async def test_a_token_without_a_signature_is_turned_away(emulator, emulator_session, make_token):
    claims = jwt.decode(make_token(), options={"verify_signature": False})
    headers = {"Authorization": f"Bearer {jwt.encode(claims, None, algorithm='none')}"}
    async with emulator_session.get("/openai/v1/models", headers=headers) as answer:
        assert answer.status == 401


async def test_an_outage_covers_the_discovery_document_too(emulator, emulator_session):
    emulator.state.scenarios.add(Scenario(Effect(entra=EntraFault.OUTAGE), service="entra"))
    path = f"/{emulator.config.tenant_id}/v2.0/.well-known/openid-configuration"
    async with emulator_session.get(path) as answer:
        assert (answer.status, (await answer.json())["error_codes"]) == (503, [90033])
