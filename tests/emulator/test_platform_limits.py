"""Rate limits, the journal, and going back to the start."""

import pytest
from emulator.azure_paths import CONTENT_SAFETY, DATED, FOUNDRY, LANGUAGE, PROMPT_SHIELD, V1

from guardrails.emulator.config import Deployment, EmulatorConfig, RateLimit
from guardrails.emulator.journal import Call, Journal
from guardrails.emulator.limits import Bucket, RateLimiter, calls_of, tokens_of
from guardrails.emulator.scenarios import Effect, Scenario, Service


async def test_chat_answers_say_how_much_is_left(authorized):
    _, headers, _ = await authorized(V1)
    assert headers["x-ratelimit-limit-requests"] == "6000"
    assert int(headers["x-ratelimit-remaining-requests"]) == 999
    assert 0 < int(headers["x-ratelimit-remaining-tokens"]) < 1_000_000
    assert headers["x-ms-deployment-name"] == "gpt-4o"


@pytest.mark.parametrize(
    ("service", "path"),
    [
        (Service.LANGUAGE, LANGUAGE),
        (Service.CONTENT_SAFETY, CONTENT_SAFETY),
        (Service.PROMPT_SHIELD, PROMPT_SHIELD),
    ],
)
async def test_beyond_its_rate_a_service_throttles(emulator, authorized, service, path):
    emulator.state.limiter.set_limit(service, RateLimit(2, 60))
    answers = [await authorized(path) for _ in range(3)]
    assert [status for status, _, _ in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1][1]["Retry-After"]) <= 30


@pytest.mark.parametrize(("name", "what"), [(calls_of("gpt-4o"), "call"), (tokens_of("gpt-4o"), "token")])
async def test_beyond_its_rate_a_deployment_throttles_and_says_what_ran_out(emulator, authorized, name, what):
    emulator.state.limiter.set_limit(name, RateLimit(10, 60))
    for _ in range(12):
        status, headers, body = await authorized(DATED)
        if status == 429:
            break
    assert (status, body["error"]["code"]) == (429, "429")
    assert f"API version 2024-10-21 have exceeded {what} rate limit" in body["error"]["message"]
    assert int(headers["retry-after-ms"]) <= int(headers["Retry-After"]) * 1000
    assert (await authorized(FOUNDRY))[0] == 200


class TestWithTheFrontsThrottle:
    @pytest.fixture
    def emulator_config(self) -> EmulatorConfig:
        return EmulatorConfig(throttle_code="429", rate_limits={Service.CONTENT_SAFETY: RateLimit(1, 60)})

    async def test_content_safety_can_throttle_in_the_style_of_azures_front(self, authorized):
        await authorized(CONTENT_SAFETY)
        status, _, body = await authorized(CONTENT_SAFETY)
        assert (status, body["error"]["code"]) == (429, "429")
        assert "Please retry after" in body["error"]["message"]


def test_a_bucket_refills_evenly_and_never_overflows():
    bucket = Bucket(RateLimit(10, 10), 10.0, 0.0)
    assert [bucket.take(1, 0) for _ in range(10)] == [0.0] * 10
    assert bucket.take(1, 0) == pytest.approx(1.0)
    assert bucket.take(2, 2) == 0.0
    bucket.fill(1000)
    assert bucket.level == 10


def test_a_cost_above_the_limit_passes_when_the_bucket_is_full():
    limiter = RateLimiter({"tokens": RateLimit(100, 60)}, clock=lambda: 0.0)
    assert limiter.take("tokens", 5000) == 0.0
    assert limiter.take("tokens", 1) > 0
    assert limiter.take("unlimited", 1e9) == 0.0


async def test_the_journal_tells_calls_apart_and_keeps_no_credential(emulator, post, token):
    await post(V1, Authorization=f"Bearer {token}", api_key=emulator.config.api_key)
    await post(CONTENT_SAFETY, Authorization=f"Bearer {token}")
    (chat,) = emulator.state.journal.of(Service.CHAT, "chat/completions")
    (check,) = emulator.state.journal.of(Service.CONTENT_SAFETY)
    assert (chat.deployment, chat.identity, chat.status, chat.path) == ("gpt-4o", "key", 200, V1)
    assert (check.identity, check.query) == (emulator.config.object_id, {"api-version": "2024-09-01"})
    assert check.body == {"text": "Hello"}
    assert (chat.headers["Authorization"], chat.headers["api-key"]) == ("***", "***")
    assert token not in repr(list(emulator.state.journal))


def test_the_journal_is_bounded_in_bytes(monkeypatch):
    monkeypatch.setattr("guardrails.emulator.journal.MAX_BYTES", 10)
    journal = Journal()
    for number in range(5):
        journal.record(Call("chat", "x", "POST", f"/{number}", {}, {}, 200, 0.0, 0.0, raw=b"12345"))
    assert ([call.path for call in journal], journal.total) == (["/3", "/4"], 5)


async def test_a_reset_forgets_everything(emulator, authorized):
    await authorized(V1)
    emulator.state.scenarios.add(Scenario(Effect(status=500)))
    emulator.state.directory.unassign(emulator.config.object_id)
    emulator.state.reset()
    assert (len(emulator.state.journal), len(emulator.state.scenarios)) == (0, 0)
    assert (await authorized(V1))[0] == 200


class TestWithASmallModel:
    @pytest.fixture
    def emulator_config(self) -> EmulatorConfig:
        return EmulatorConfig(deployments=(Deployment("gpt-4o", "gpt-4o", context_tokens=10),), limit_chat=False)

    async def test_a_prompt_beyond_the_context_is_refused(self, authorized):
        body = {"messages": [{"role": "user", "content": "word " * 20}]}
        status, _, answer = await authorized(DATED, body)
        assert (status, answer["error"]["code"]) == (400, "context_length_exceeded")

    async def test_without_limits_nothing_is_said_about_them(self, authorized):
        _, headers, _ = await authorized(DATED, {"messages": [{"role": "user", "content": "Hi"}]})
        assert "x-ratelimit-limit-requests" not in headers
