"""Every kind of credential gets a token, and every refusal is a sentence with its mend."""

import base64
import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from guardrails.azure import aadsts
from guardrails.azure.target import Target
from guardrails.azure.tokens import TokenProvider
from guardrails.domain.errors import TokenError
from guardrails.emulator.directory import FederatedCredential, Secret
from guardrails.emulator.scenarios import Effect, EntraFault, Scenario
from guardrails.emulator.serve import Emulator
from guardrails.emulator.services.assertions import register_certificate

SCOPE = "https://cognitiveservices.azure.com/.default"
ISSUER = "https://oidc.emulator.localhost"
SUBJECT = "system:serviceaccount:guardrails:guardrails"
MakeProvider = Callable[..., TokenProvider]


@pytest.fixture(scope="session")
def key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def certificate(key: RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "guardrails")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1)).sign(key, hashes.SHA256())


def pem(key: RSAPrivateKey, certificate: x509.Certificate, password: bytes | None = None) -> bytes:
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    return secret + certificate.public_bytes(serialization.Encoding.PEM)


def pfx(key: RSAPrivateKey, certificate: x509.Certificate, password: bytes) -> bytes:
    lock = serialization.BestAvailableEncryption(password)
    return pkcs12.serialize_key_and_certificates(b"guardrails", key, certificate, None, lock)


def ask_with(credential: str = "mine", scope: str = SCOPE) -> Target:
    return Target("content_safety", "https://unused.localhost", credential, scope)


def ids(emulator: Emulator) -> dict[str, str]:
    return {"tenant_id": emulator.config.tenant_id, "client_id": emulator.config.client_id}


@pytest.mark.parametrize("form", ["pem", "locked pem", "pfx", "pfx in the environment"])
async def test_a_certificate_gets_a_token(
    make_provider: MakeProvider,
    emulator: Emulator,
    env: dict[str, str],
    key: RSAPrivateKey,
    certificate: x509.Certificate,
    tmp_path: Path,
    form: str,
):
    register_certificate(
        emulator.state.directory.applications[emulator.config.client_id],
        certificate.public_bytes(serialization.Encoding.PEM),
    )
    env["PASSWORD"] = "open sesame"
    raw = {
        "pem": lambda: pem(key, certificate),
        "locked pem": lambda: pem(key, certificate, b"open sesame"),
    }.get(form, lambda: pfx(key, certificate, b"open sesame"))()
    (tmp_path / "app").write_bytes(raw)
    env["PFX"] = base64.encodebytes(raw).decode()
    where = {"env": "PFX"} if "environment" in form else {"file": str(tmp_path / "app")}
    password = {} if form == "pem" else {"password": {"env": "PASSWORD"}}
    mine = {"type": "certificate", "certificate": where, **password, **ids(emulator)}
    assert await make_provider({"mine": mine}).headers(ask_with())


@pytest.mark.parametrize("raw", [b"-----BEGIN NONSENSE-----", b"\x00\x01 not a certificate", b"aGVsbG8="])
async def test_a_broken_certificate_is_named_not_quoted(
    make_provider: MakeProvider, emulator: Emulator, tmp_path: Path, raw: bytes
):
    (tmp_path / "app").write_bytes(raw)
    mine = {"type": "certificate", "certificate": {"file": str(tmp_path / "app")}, **ids(emulator)}
    with pytest.raises(TokenError, match="cannot be used") as failed:
        await make_provider({"mine": mine}).headers(ask_with())
    assert str(tmp_path / "app") in failed.value.detail
    assert raw.decode() not in failed.value.detail


def federated_token(key: RSAPrivateKey, subject: str = SUBJECT) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": subject, "aud": "api://AzureADTokenExchange", "iat": now, "exp": now + 600}
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "one"})


@pytest.fixture
def trusted(emulator: Emulator, key: RSAPrivateKey) -> None:
    application = emulator.state.directory.applications[emulator.config.client_id]
    application.federated.append(FederatedCredential(ISSUER, SUBJECT, key.public_key()))


@pytest.mark.parametrize("given", ["by the settings", "by the platform"])
async def test_a_workload_identity_gets_a_token(
    make_provider: MakeProvider,
    emulator: Emulator,
    env: dict[str, str],
    key: RSAPrivateKey,
    trusted: None,
    tmp_path: Path,
    given: str,
):
    file = tmp_path / "token"
    file.write_text(federated_token(key))
    mine = {"type": "workload_identity", **ids(emulator), "token_file": str(file)}
    if given == "by the platform":
        mine = {"type": "workload_identity"}
        env.update(
            AZURE_TENANT_ID=emulator.config.tenant_id,
            AZURE_CLIENT_ID=emulator.config.client_id,
            AZURE_FEDERATED_TOKEN_FILE=str(file),
        )
    assert await make_provider({"mine": mine}).headers(ask_with())


async def test_a_workload_identity_that_is_not_trusted_says_what_to_compare(
    make_provider: MakeProvider, emulator: Emulator, key: RSAPrivateKey, trusted: None, tmp_path: Path
):
    (tmp_path / "token").write_text(federated_token(key, "system:serviceaccount:other:other"))
    mine = {"type": "workload_identity", **ids(emulator), "token_file": str(tmp_path / "token")}
    with pytest.raises(TokenError, match="federated-credential list"):
        await make_provider({"mine": mine}).headers(ask_with())


async def test_a_workload_identity_outside_a_pod_says_what_is_missing(make_provider: MakeProvider):
    with pytest.raises(TokenError, match="AZURE_FEDERATED_TOKEN_FILE"):
        await make_provider({"mine": {"type": "workload_identity"}}).headers(ask_with())


@pytest.mark.parametrize("place", ["virtual machine", "app service"])
async def test_a_managed_identity_gets_a_token(
    make_provider: MakeProvider, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, place: str
):
    if place == "virtual machine":
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", emulator.identity_url or "")
    else:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{emulator.identity_url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", emulator.state.directory.identity_header)
    provider = make_provider({"mine": {"type": "managed_identity", "client_id": emulator.config.client_id}})
    assert await provider.headers(ask_with())


async def test_a_machine_without_the_identity_says_so(
    make_provider: MakeProvider, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", emulator.identity_url or "")
    mine = {"type": "managed_identity", "client_id": "c11e4700-0000-4000-8000-00000000ffff"}
    with pytest.raises(TokenError, match="identity assigned"):
        await make_provider({"mine": mine}).headers(ask_with())


@pytest.mark.parametrize(
    ("change", "code", "mend"),
    [
        ({"client_secret": {"env": "WRONG"}}, "7000215", "environment variable WRONG"),
        ({"client_id": "c11e4700-0000-4000-8000-00000000ffff"}, "700016", "az ad sp create --id c11e4700"),
        ({"tenant_id": "5ab1e7e4-0000-4000-8000-00000000ffff"}, "90002", "Check tenant_id"),
    ],
)
async def test_a_refused_secret_is_explained(
    make_provider: MakeProvider,
    emulator: Emulator,
    env: dict[str, str],
    change: dict[str, object],
    code: str,
    mend: str,
):
    env["WRONG"] = "not-the-secret"
    mine = {"type": "client_secret", "client_secret": {"env": "SECRET"}, **ids(emulator), **change}
    with pytest.raises(TokenError) as failed:
        await make_provider({"mine": mine}).headers(ask_with())
    assert failed.value.code == code
    assert f"AADSTS{code}" in failed.value.detail
    assert mend in failed.value.detail
    assert "credential mine" in failed.value.detail
    assert "not-the-secret" not in failed.value.detail


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (EntraFault.SECRET_EXPIRED, "7000222"),
        (EntraFault.UNKNOWN_RESOURCE, "500011"),
        (EntraFault.FEDERATION_MISMATCH, "70021"),
        (EntraFault.OUTAGE, "90033"),
    ],
)
async def test_a_scripted_refusal_has_its_own_words(
    provider: TokenProvider, emulator: Emulator, fault: EntraFault, code: str
):
    emulator.state.scenarios.add(Scenario(Effect(entra=fault), service="entra"))
    with pytest.raises(TokenError) as failed:
        await provider.headers(ask_with("corp"))
    assert failed.value.code == code
    assert "explains the number" not in failed.value.detail


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_entra_that_fails_without_a_number_is_told_by_its_status(
    provider: TokenProvider, emulator: Emulator, status: int
):
    emulator.state.scenarios.add(Scenario(Effect(status=status), service="entra"))
    with pytest.raises(TokenError) as failed:
        await provider.headers(ask_with("corp"))
    assert failed.value.status == status


@pytest.mark.parametrize("effect", [{"reset": True}, {"malformed": "not_json"}, {"malformed": "wrong_shape"}])
async def test_an_answer_that_is_none_is_a_token_error(
    provider: TokenProvider, emulator: Emulator, effect: dict[str, object]
):
    emulator.state.scenarios.add(Scenario(Effect(**effect), service="entra"))  # type: ignore[arg-type]
    with pytest.raises(TokenError) as failed:
        await provider.headers(ask_with("corp"))
    assert "credential corp" in failed.value.detail


async def test_an_authority_nobody_listens_at_is_named(make_provider: MakeProvider, closed_port: str):
    authority = closed_port.replace("http://", "https://")
    with pytest.raises(TokenError, match="refused") as failed:
        await make_provider(authority=authority).headers(ask_with("corp"))
    assert authority in failed.value.detail


async def test_an_authority_without_tls_is_refused(make_provider: MakeProvider, closed_port: str):
    with pytest.raises(TokenError, match="https://"):
        await make_provider(authority=closed_port).headers(ask_with("corp"))


@pytest.mark.parametrize("fault", sorted(aadsts.SECRET_TROUBLE))
async def test_a_secret_rotated_just_now_is_read_again_before_giving_up(
    make_provider: MakeProvider, emulator: Emulator, tmp_path: Path, posts: Callable[[], int], fault: str
):
    file = tmp_path / "secret"
    file.write_text("the-old-secret")
    application = emulator.state.directory.applications[emulator.config.client_id]
    expired = time.time() - 1 if fault == aadsts.EXPIRED_SECRET else None
    application.secrets[:] = [Secret("the-old-secret", expired)] if expired else []
    mine = {"type": "client_secret", "client_secret": {"file": str(file)}, **ids(emulator)}
    provider = make_provider({"mine": mine})
    with pytest.raises(TokenError) as failed:
        await provider.headers(ask_with())
    assert failed.value.code == fault
    assert posts() == 1
    application.secrets.append(Secret("the-new-secret"))
    file.write_text("the-new-secret")
    # Another scope is another slot: it meets the file within the second for which it is not looked at again.
    assert await provider.headers(ask_with(scope="https://ai.azure.com/.default"))
    assert posts() == 3


async def test_a_rotated_secret_is_used_by_the_next_fetch(
    make_provider: MakeProvider, emulator: Emulator, tmp_path: Path
):
    file = tmp_path / "secret"
    file.write_text(emulator.config.client_secret)
    mine = {"type": "client_secret", "client_secret": {"file": str(file)}, **ids(emulator)}
    provider = make_provider({"mine": mine})
    headers = await provider.headers(ask_with())
    emulator.state.directory.applications[emulator.config.client_id].secrets[:] = [Secret("rotated")]
    file.write_text("rotated\n")
    assert await provider.drop(ask_with(), headers)
    assert await provider.headers(ask_with()) != headers
