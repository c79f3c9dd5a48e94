"""The `cache` section: memory unless it says otherwise, and no Redis without TLS or a shared key."""

import pytest
from pydantic import ValidationError

from guardrails.settings.schema import Cache

KEY = {"env": "CACHE_KEY"}
REDIS = {"endpoint": "rediss://contoso.redis.cache.windows.net:6380"}


def test_absent_each_process_has_its_own_for_an_hour():
    cache = Cache()
    assert (cache.kind, cache.ttl_s, cache.max_bytes, cache.key) == ("memory", 3600, 64 * 1024 * 1024, None)


def test_a_redis_has_an_acl_user_and_its_password_by_reference():
    told = {**REDIS, "username": "guardrails", "password": {"file": "/run/secrets/redis"}, "timeout_s": 0.02}
    cache = Cache.model_validate({"kind": "redis", "key": KEY, "redis": told})
    assert cache.redis.username == "guardrails"
    assert str(cache.redis.password) == "file /run/secrets/redis"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_only_on_this_machine_a_redis_may_be_without_tls(host):
    assert Cache.model_validate({"kind": "redis", "key": KEY, "redis": {"endpoint": f"redis://{host}:6379/2"}})


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"kind": "redis", "key": KEY}, "needs redis.endpoint and a key"),
        ({"kind": "redis", "redis": REDIS}, "needs redis.endpoint and a key"),
        ({"redis": REDIS}, "say kind: redis"),
        ({"kind": "disk"}, "'memory' or 'redis'"),
        ({"ttl_s": 0}, "greater than or equal to 1"),
        ({"ttl_s": 100_000}, "less than or equal to 86400"),
        ({"max_bytes": "1KiB"}, "greater than or equal to"),
        ({"key": "literal"}, "by reference"),
    ],
)
def test_what_does_not_fit_together_is_told(section, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Cache.model_validate(section)


@pytest.mark.parametrize(
    ("redis", "sentence"),
    [
        ({"endpoint": "redis://contoso.redis.cache.windows.net:6379"}, "must begin with rediss://"),
        ({"endpoint": "https://contoso"}, "must be a URL such as rediss://"),
        ({"endpoint": "rediss://user:secret@contoso:6380"}, "without user, password"),
        ({"endpoint": "rediss://:secret@contoso:6380"}, "without user, password"),
        ({"endpoint": "rediss://contoso:6380?ssl_cert_reqs=none"}, "without user, password, query"),
        ({"endpoint": "rediss://contoso:6380/zero"}, "number of a database"),
        ({"endpoint": "rediss://contoso:port"}, "a number as its port"),
        ({**REDIS, "username": "guardrails"}, "a username needs a password"),
        ({**REDIS, "password": "literal"}, "by reference"),
        ({**REDIS, "timeout_s": 5}, "less than or equal to 1"),
    ],
)
def test_a_redis_that_could_not_be_trusted_is_refused_without_repeating_a_secret(redis, sentence):
    with pytest.raises(ValidationError, match=sentence) as caught:
        Cache.model_validate({"kind": "redis", "key": KEY, "redis": redis})
    assert "secret@" not in str(caught.value)
