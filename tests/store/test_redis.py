"""A real Redis: what is put is there for its time, over TLS, for an ACL user, and every trouble has its word."""

import asyncio
import signal
import ssl

import pytest
import trustme
from ports import closed_port
from redis.asyncio import Redis
from redis_server import running_redis

from guardrails.domain.check import FailureReason
from guardrails.domain.errors import ConfigurationError, TokenError
from guardrails.settings.schema import RedisServer
from guardrails.store.redis import RedisStore, tls_context
from guardrails.store.store import StoreTrouble, Trouble

pytestmark = pytest.mark.usefixtures("unhurried")
PASSWORD = "an acl user's password"


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    rules = ("--user", "default", "off", "--user", "guardrails", "on", f">{PASSWORD}", "~guardrails:*", "+mget", "+set")
    with running_redis(
        tmp_path_factory.mktemp("redis"), *rules, "--user", "admin", "on", "nopass", "~*", "+@all"
    ) as one:
        yield one


def server(endpoint, **more):
    return RedisServer.model_validate({"endpoint": endpoint, "timeout_s": 1.0, **more})


async def password():
    return PASSWORD


@pytest.fixture
async def store(redis):
    made = RedisStore(server(redis.endpoint, username="guardrails", password={"env": "X"}), password, None)
    yield made
    await made.aclose()


async def trouble_of(store):
    with pytest.raises(StoreTrouble) as caught:
        await store.get_many([b"guardrails:a"])
    with pytest.raises(StoreTrouble):
        await store.put_many({b"guardrails:a": b"1"}, 10)
    await store.aclose()
    assert PASSWORD not in repr(caught.value)
    return caught.value.reason


async def test_what_was_put_is_there_byte_for_byte(store):
    values = {b"guardrails:%d" % number: bytes(range(256)) + b"%d" % number for number in range(300)}
    await store.put_many(values, 60)
    assert await store.get_many([*values, b"guardrails:none"]) == [*values.values(), None]


async def test_every_entry_ends_by_itself(store, redis):
    await store.put_many({b"guardrails:ends": b"1"}, 60)
    async with Redis(port=redis.port, username="admin", password="any") as admin:
        assert 0 < await admin.ttl("guardrails:ends") <= 60


async def test_mget_and_set_on_its_own_names_are_all_the_user_needs(store):
    with pytest.raises(StoreTrouble) as caught:
        await store.get_many([b"of-somebody-else"])
    assert caught.value.reason is Trouble.REFUSED
    await store.put_many({b"guardrails:a": b"1"}, 10)
    assert await store.get_many([b"guardrails:a"]) == [b"1"]


async def test_a_wrong_password_is_refused(redis):
    async def wrong():
        return "wrong"

    asked = server(redis.endpoint, username="guardrails", password={"env": "X"})
    assert await trouble_of(RedisStore(asked, wrong, None)) is Trouble.REFUSED


async def test_a_password_that_cannot_be_read_is_told_and_is_read_again_for_the_next_connection(redis):
    passwords = [None, PASSWORD]

    async def rotating():
        found = passwords.pop(0)
        if found is None:
            raise TokenError(FailureReason.TOKEN, "The secret in file /x cannot be read.")
        return found

    store = RedisStore(server(redis.endpoint, username="guardrails", password={"env": "X"}), rotating, None)
    with pytest.raises(StoreTrouble) as caught:
        await store.get_many([b"guardrails:a"])
    assert caught.value.reason is Trouble.PASSWORD
    await store.put_many({b"guardrails:again": b"1"}, 10)
    assert await store.get_many([b"guardrails:again"]) == [b"1"]
    await store.aclose()


async def test_nobody_there_is_a_trouble_of_the_network():
    with closed_port() as port:
        assert await trouble_of(RedisStore(server(f"redis://127.0.0.1:{port}"), None, None)) is Trouble.NETWORK


async def test_a_redis_that_hangs_is_a_timeout_and_comes_back(tmp_path):
    with running_redis(tmp_path) as one:
        store = RedisStore(server(one.endpoint, timeout_s=0.2), None, None)
        await store.put_many({b"a": b"1"}, 60)
        one.process.send_signal(signal.SIGSTOP)
        with pytest.raises(StoreTrouble) as caught:
            await store.get_many([b"a"])
        assert caught.value.reason is Trouble.TIMEOUT
        one.process.send_signal(signal.SIGCONT)
        assert await store.get_many([b"a"]) == [b"1"]
        await store.aclose()


async def test_an_answer_that_nobody_waited_for_is_not_the_next_ones(tmp_path):
    with running_redis(tmp_path) as one:
        store = RedisStore(server(one.endpoint), None, None)
        values = {b"%d" % number: b"v%d" % number for number in range(50)}
        await store.put_many(values, 60)
        for name in values:
            asked = asyncio.create_task(store.get_many([name]))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            asked.cancel()
            await asyncio.wait([asked])
        assert await store.get_many(list(values)) == list(values.values())
        await store.aclose()


async def test_over_tls_only_an_authority_that_is_known_is_believed(tmp_path):
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    options = ("--tls-cert-file", f"{tmp_path}/cert.pem", "--tls-key-file", f"{tmp_path}/key.pem")
    with running_redis(
        tmp_path, *options, "--tls-ca-cert-file", str(ca_file), "--tls-auth-clients", "no", tls=True
    ) as one:
        endpoint = f"rediss://127.0.0.1:{one.port}/3"
        known = server(endpoint, ca_file=str(ca_file))
        store = RedisStore(known, None, tls_context(known))
        await store.put_many({b"a": b"1"}, 60)
        assert await store.get_many([b"a"]) == [b"1"]
        await store.aclose()
        stranger = server(endpoint)
        assert await trouble_of(RedisStore(stranger, None, tls_context(stranger))) is Trouble.NETWORK


def test_a_ca_file_that_holds_none_is_told(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    for name, sentence in (("ca.pem", "holds no certificate"), ("none.pem", "cannot be read")):
        with pytest.raises(ConfigurationError, match=sentence):
            tls_context(server("rediss://127.0.0.1:6380", ca_file=str(tmp_path / name)))


def test_tls_is_never_older_than_1_2_and_always_verifies():
    context = tls_context(server("rediss://contoso.redis.cache.windows.net:6380"))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
