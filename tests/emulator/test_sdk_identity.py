"""The unmodified azure-identity against the emulator: every credential kind, and how each refusal surfaces."""

import asyncio
import datetime as dt
import time

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity import CertificateCredential as SyncCertificateCredential
from azure.identity import ClientSecretCredential as SyncClientSecretCredential
from azure.identity.aio import (
    CertificateCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.x509.oid import NameOID

from guardrails.emulator.directory import FederatedCredential, Secret
from guardrails.emulator.scenarios import Effect, EntraFault, Scenario, Service
from guardrails.emulator.services.assertions import register_certificate

SCOPE = "https://cognitiveservices.azure.com/.default"
ISSUER = "https://oidc.emulator.localhost"
SUBJECT = "system:serviceaccount:guardrails:guardrails"


@pytest.fixture(scope="session")
def certificate() -> tuple[bytes, bytes]:
    """A self-signed certificate: PEM of both key and certificate, PEM of the certificate."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "guardrails")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate_pem = signed.public_bytes(serialization.Encoding.PEM)
    return key_pem + certificate_pem, certificate_pem


@pytest.fixture
async def options(emulator, emulator_session) -> dict:
    """What every asynchronous credential is made with: the emulator as authority, our session, no retries."""
    return {
        "authority": emulator.url,
        "transport": AioHttpTransport(session=emulator_session, session_owner=False),
        "retry_total": 0,
    }


def secret_credential(emulator, options, **overrides) -> ClientSecretCredential:
    config = emulator.config
    given = {
        "tenant_id": config.tenant_id,
        "client_id": config.client_id,
        "client_secret": config.client_secret,
        **overrides,
    }
    return ClientSecretCredential(**given, **options)


async def test_a_secret_gets_a_token_the_services_accept(emulator, emulator_session, options):
    token = await secret_credential(emulator, options).get_token(SCOPE)
    assert token.expires_on == pytest.approx(time.time() + 3599, abs=30)
    headers = {"Authorization": f"Bearer {token.token}"}
    async with emulator_session.get("/openai/v1/models", headers=headers) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("overrides", "number"),
    [
        ({"client_secret": "wrong"}, 7000215),
        ({"client_id": "c11e4700-0000-4000-8000-00000000ffff"}, 700016),
        ({"tenant_id": "5ab1e7e4-0000-4000-8000-00000000ffff"}, 90002),
    ],
)
async def test_a_refused_credential_surfaces_its_number(emulator, options, overrides, number):
    credential = secret_credential(emulator, options, **overrides)
    with pytest.raises(ClientAuthenticationError, match=f"AADSTS{number}"):
        await credential.get_token(SCOPE)


async def test_an_expired_secret_surfaces_its_number(emulator, options):
    config = emulator.config
    application = emulator.state.directory.applications[config.client_id]
    application.secrets[:] = [Secret(config.client_secret, expires_at=time.time() - 1)]
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000222"):
        await secret_credential(emulator, options).get_token(SCOPE)


@pytest.mark.parametrize(
    ("scope", "number"),
    [("https://nobody.example.com/.default", 500011), ("https://cognitiveservices.azure.com/read", 70011)],
)
async def test_a_scope_nobody_knows_surfaces_its_number(emulator, options, scope, number):
    with pytest.raises(ClientAuthenticationError, match=f"AADSTS{number}"):
        await secret_credential(emulator, options).get_token(scope)


@pytest.mark.parametrize(
    ("fault", "number"),
    [
        (EntraFault.SECRET_EXPIRED, 7000222),
        (EntraFault.WRONG_SECRET, 7000215),
        (EntraFault.UNKNOWN_APP, 700016),
        (EntraFault.UNKNOWN_TENANT, 90002),
        (EntraFault.UNKNOWN_RESOURCE, 500011),
        (EntraFault.FEDERATION_MISMATCH, 70021),
        (EntraFault.OUTAGE, 90033),
    ],
)
async def test_a_scripted_fault_surfaces_its_number_once(emulator, options, fault, number):
    emulator.state.scenarios.add(Scenario(Effect(entra=fault), service=Service.ENTRA, times=1))
    credential = secret_credential(emulator, options)
    with pytest.raises(ClientAuthenticationError, match=f"AADSTS{number}"):
        await credential.get_token(SCOPE)
    assert (await credential.get_token(SCOPE)).token


async def test_refresh_in_reaches_the_client(emulator, options):
    emulator.state.directory.expires_in = 7000
    emulator.state.directory.refresh_in = 1000
    info = await secret_credential(emulator, options).get_token_info(SCOPE)
    assert info.refresh_on == pytest.approx(time.time() + 1000, abs=30)


async def test_a_certificate_gets_a_token(emulator, options, certificate):
    both, public = certificate
    config = emulator.config
    register_certificate(emulator.state.directory.applications[config.client_id], public)
    credential = CertificateCredential(config.tenant_id, config.client_id, certificate_data=both, **options)
    assert (await credential.get_token(SCOPE)).token


async def test_an_unregistered_certificate_surfaces_its_number(emulator, options, certificate):
    both, _ = certificate
    config = emulator.config
    credential = CertificateCredential(config.tenant_id, config.client_id, certificate_data=both, **options)
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        await credential.get_token(SCOPE)


def pod_token(emulator, *, subject: str = SUBJECT, age: float = 0) -> str:
    now = time.time() - age
    claims = {"iss": ISSUER, "sub": subject, "aud": "api://AzureADTokenExchange", "nbf": now, "exp": now + 3600}
    return emulator.state.signing_key.sign(claims)


@pytest.mark.parametrize(
    ("subject", "age", "number"),
    [(SUBJECT, 0, None), ("system:serviceaccount:other:other", 0, 70021), (SUBJECT, 7200, 700024)],
)
async def test_a_workload_identity_needs_a_matching_current_token(emulator, options, tmp_path, subject, age, number):
    config, key = emulator.config, emulator.state.signing_key
    trusted = FederatedCredential(ISSUER, SUBJECT, key.public)
    emulator.state.directory.applications[config.client_id].federated.append(trusted)
    path = tmp_path / "token"
    await asyncio.to_thread(path.write_text, pod_token(emulator, subject=subject, age=age))
    credential = WorkloadIdentityCredential(
        tenant_id=config.tenant_id, client_id=config.client_id, token_file_path=str(path), **options
    )
    if number is None:
        assert (await credential.get_token(SCOPE)).token
        return
    with pytest.raises(ClientAuthenticationError, match=f"AADSTS{number}"):
        await credential.get_token(SCOPE)


async def test_a_forged_pod_token_is_refused(emulator, emulator_session):
    config = emulator.config
    trusted = FederatedCredential(ISSUER, SUBJECT, emulator.state.signing_key.public)
    emulator.state.directory.applications[config.client_id].federated.append(trusted)
    stranger = await asyncio.to_thread(generate_private_key, public_exponent=65537, key_size=2048)
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange", "exp": time.time() + 60}
    form = {
        "client_id": config.client_id,
        "grant_type": "client_credentials",
        "scope": SCOPE,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims, stranger, algorithm="RS256"),
    }
    async with emulator_session.post(f"/{config.tenant_id}/oauth2/v2.0/token", data=form) as answer:
        assert (await answer.json())["error_codes"] == [70021]


async def test_a_virtual_machine_gets_a_token(emulator, monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", emulator.identity_url)
    async with ManagedIdentityCredential() as credential:
        token = await credential.get_token(SCOPE)
    assert emulator.state.signing_key.verify(token.token)["oid"] == emulator.config.object_id


async def test_an_app_service_gets_a_token(emulator, monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{emulator.identity_url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", emulator.state.directory.identity_header)
    async with ManagedIdentityCredential() as credential:
        assert (await credential.get_token(SCOPE)).token


async def test_the_synchronous_credential_gets_a_token(emulator):
    config = emulator.config
    credential = SyncClientSecretCredential(
        config.tenant_id,
        config.client_id,
        config.client_secret,
        authority=emulator.url,
        connection_verify=str(emulator.ca_file),
        disable_instance_discovery=True,
    )
    token = await asyncio.to_thread(credential.get_token, SCOPE)
    await asyncio.to_thread(credential.close)
    assert emulator.state.signing_key.verify(token.token)["aud"] == "https://cognitiveservices.azure.com"


async def test_the_synchronous_certificate_credential_gets_a_token(emulator, certificate):
    both, public = certificate
    config = emulator.config
    register_certificate(emulator.state.directory.applications[config.client_id], public)
    credential = SyncCertificateCredential(
        config.tenant_id,
        config.client_id,
        certificate_data=both,
        authority=emulator.url,
        connection_verify=str(emulator.ca_file),
        disable_instance_discovery=True,
    )
    assert (await asyncio.to_thread(credential.get_token, SCOPE)).token
    await asyncio.to_thread(credential.close)


async def test_the_synchronous_credential_surfaces_a_refusal(emulator):
    config = emulator.config
    credential = SyncClientSecretCredential(
        config.tenant_id,
        config.client_id,
        "wrong",
        authority=emulator.url,
        connection_verify=str(emulator.ca_file),
        disable_instance_discovery=True,
    )
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        await asyncio.to_thread(credential.get_token, SCOPE)
    await asyncio.to_thread(credential.close)
