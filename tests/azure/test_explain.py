"""Every failure of a call is explained with its mend."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.azure.client import AzureClient
from guardrails.azure.explain import explain
from guardrails.azure.reply import RawReply
from guardrails.azure.target import Target
from guardrails.azure.trouble import CallError, Trouble, audience_wanted, error_code, trouble_of_reply
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError, TokenError
from guardrails.emulator.scenarios import Effect, Refusal, Scenario

TARGET = Target(
    "gpt-4o",
    "https://contoso.openai.azure.com",
    "corp",
    "https://cognitiveservices.azure.com/.default",
    role="Cognitive Services OpenAI User",
)


def reply(status: int, body: bytes) -> RawReply:
    return RawReply(status, {}, body)


def test_a_missing_role_comes_with_the_line_that_mends_it():
    told = explain(reply(401, b'{"error":{"code":"PermissionDenied","message":"lacks"}}'), TARGET, client_id="app-1")
    assert (
        'az role assignment create --assignee app-1 --role "Cognitive Services OpenAI User" '
        '--scope "$(az cognitiveservices account list --query "[?properties.customSubDomainName==\'contoso\'].id"'
    ) in told
    assert explain(CallError(Trouble.ROLE_MISSING, TARGET), TARGET).count("<client id>") == 1


def test_a_wrong_audience_names_both():
    body = b'{"statusCode":401,"message":"Unauthorized. Access token is missing, invalid, audience is incorrect (https://ai.azure.com), or have expired."}'  # noqa: E501
    told = explain(reply(401, body), TARGET)
    assert "https://cognitiveservices.azure.com/.default, but https://ai.azure.com is expected" in told
    right = body.replace(b"https://ai.azure.com", b"https://cognitiveservices.azure.com")
    assert "is expected" not in explain(reply(401, right), TARGET)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b'{"error":{"code":"401","message":"Access denied due to invalid subscription key"}}', "the key of"),
        (403, b'{"error":{"code":"AuthenticationTypeDisabled","message":"Key based"}}', "disableLocalAuth=false"),
        (403, b'{"error":{"code":"403","message":"Virtual Network/Firewall rules"}}', "networking rules"),
        (403, b'{"error":{"code":"403","message":"Out of call volume quota for F0"}}', "quota"),
        (400, b'{"error":{"code":"BadRequest","message":"Please provide a custom subdomain"}}', "regional endpoint"),
        (404, b'{"error":{"code":"DeploymentNotFound","message":"The API deployment"}}', "no such deployment"),
        (404, b'{"error":{"code":"404","message":"Resource not found"}}', "no such operation"),
        (429, b"{}", "too many requests"),
        (503, b'{"error":{"code":"ServerBusy"}}', "503 ServerBusy"),
        (301, b"", "redirect"),
    ],
)
def test_every_answer_has_its_words(status: int, body: bytes, words: str):
    assert words in explain(reply(status, body), TARGET, with_key=True)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_has_a_reason_and_a_mend(trouble: Trouble):
    error = CallError(trouble, TARGET, status=400, code="Code")
    assert isinstance(error.reason, FailureReason)
    told = explain(error, TARGET)
    assert told.startswith("gpt-4o: ")
    assert "{" not in told


def test_a_token_error_already_says_it():
    assert explain(TokenError(FailureReason.TOKEN, "Do this."), TARGET) == "Do this."


@given(st.integers(300, 599), st.binary(max_size=300), st.booleans())
def test_any_answer_is_some_trouble(status: int, body: bytes, with_key: bool):
    assert trouble_of_reply(status, body, with_key=with_key) in Trouble
    assert explain(reply(status, body), TARGET, with_key=with_key)


json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=80),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "code", "message", "innererror", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json)
def test_a_code_is_a_word_or_nothing(document: object):
    body = orjson.dumps(document)
    code = error_code(body)
    assert code is None or (code.isascii() and " " not in code and len(code) <= 64)
    assert trouble_of_reply(400, body) in Trouble
    assert audience_wanted(body) is None


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refusal.UNAUTHORIZED, "the token was refused"),
        (Refusal.WRONG_AUDIENCE, "Set scope to the audience"),
        (Refusal.ROLE_MISSING, "az role assignment create --assignee <client id>"),
        (Refusal.KEYS_DISABLED, "disableLocalAuth=false"),
        (Refusal.REGIONAL_ENDPOINT, "regional endpoint"),
        (Refusal.NETWORK_RULES, "networking rules"),
        (Refusal.UNKNOWN_DEPLOYMENT, "no such deployment"),
    ],
)
async def test_what_the_services_answer_is_recognised(sessions, provider, emulator, refusal: Refusal, words: str):
    emulator.state.scenarios.add(Scenario(Effect(refusal=refusal), service="chat"))
    client = AzureClient(sessions.chat, provider)
    target = replace(TARGET, endpoint=emulator.url)
    address = {"path": "/openai/v1/chat/completions", "params": {}, "deadline": Deadline.after(5)}
    answer = await client.send(target, "POST", body=b"{}", headers={}, **address)
    assert words in explain(answer, target)
    with pytest.raises(ServiceError) as failed:
        await client.post_json(target, body={}, **address)
    assert words in explain(failed.value, target)


async def test_a_wrong_key_is_recognised(sessions, provider, emulator, env):
    env["KEY"] = "another"
    target = replace(TARGET, endpoint=emulator.url, credential="legacy", key_header="api-key")
    client = AzureClient(sessions.chat, provider)
    with pytest.raises(ServiceError) as failed:
        await client.post_json(target, "/openai/v1/chat/completions", params={}, body={}, deadline=Deadline.after(5))
    assert "the key of credential legacy was refused" in explain(failed.value, target)
