"""Aperture's door: whatever `send` chose is read, and a change comes back as the whole body of the provider."""

import pytest
from gateway_calls import PEER_OF, decision_of, outcomes, play_of, policies
from hypothesis import given
from hypothesis import strategies as st
from native_bodies import ALLOWING_MEDIA, BODIES, PAYLOADS, string_leaves, with_string

from guardrails.domain.content import Kind, Origin, Stage
from guardrails.domain.errors import InvalidRequest
from guardrails.gateways.adapter import Call
from guardrails.gateways.aperture.adapter import Aperture
from guardrails.gateways.by_path import reading_of
from guardrails.gateways.peer import Answer, Outcome
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, MAIL, request

DOOR = "/gateways/aperture"
ABOUT = play_of("aperture", "pass").body["metadata"]
URLS = {
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
    "responses": "/v1/responses",
    "bedrock": "/bedrock/model/claude/converse-stream",
}


def hook(request_body, url="/v1/chat/completions", **more):
    about = ABOUT | {"url": f"https://aperture.tail1234.ts.net{url}", "provider": "any"}
    return {"metadata": about, "request_body": request_body, **more}


def read(body):
    asked = Aperture().parse(Call(body=body))
    return asked.stage, asked.read(())


@pytest.mark.parametrize("provider", URLS)
async def test_a_card_in_any_string_of_a_call_never_passes_unchanged(start_service, provider):
    """But where no model reads it: metadata, bookkeeping of the provider, media that the policy allows."""
    service = await start_service(policies=policies() | {"media": ALLOWING_MEDIA})
    body = hook(BODIES[provider], URLS[provider], user_message=CLEAN, unheard={"of": ["hello", {"a b": "hello"}]})

    async def action(changed):
        return (await service.post(f"{DOOR}?policy=media", changed)).body["action"]

    assert await action(body) == "allow"
    passed = [leaf for leaf in string_leaves(body) if await action(with_string(body, leaf, CARD)) == "allow"]
    kept = [leaf for leaf in passed if not leaf.endswith(PAYLOADS) and not leaf.startswith("/metadata/")]
    known = {"/request_body/model", "/request_body/metadata/user_id"}
    assert kept == [leaf for leaf in string_leaves(body) if leaf in known]


async def test_where_a_change_can_be_made_it_is_and_nothing_else_changes(gateway_service):
    body = BODIES["responses"]
    for leaf in ("/input/0/content/0/text", "/input/3/output", "/input/6/content/2/text"):
        sent = {
            **body,
            "input": [*body["input"][:6], {"role": "user", "content": [body["input"][6]["content"][2]] * 3}],
        }
        sent = with_string(sent, leaf, MAIL)
        answer = await gateway_service.post(DOOR, hook(sent, URLS["responses"]))
        assert answer.body == {
            "action": "modify",
            "request_body": with_string(sent, leaf, "Write to [Email] about the invoice."),
        }


async def test_what_is_signed_is_never_changed(gateway_service):
    signed = {"type": "thinking", "thinking": MAIL, "signature": "EqQB"}
    body = {"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": [signed]}]}
    answer = await gateway_service.post(DOOR, hook(body, URLS["anthropic"]))
    assert answer.body["action"] == "block"


async def test_a_body_that_is_no_object_is_read_and_changed_too(gateway_service):
    answer = await gateway_service.post(DOOR, hook([MAIL, 1]))
    assert answer.body == {"action": "modify", "request_body": ["Write to [Email] about the invoice.", 1]}
    answer = await gateway_service.post(DOOR, hook(MAIL))
    assert answer.body == {"action": "modify", "request_body": "Write to [Email] about the invoice."}


def test_what_the_user_said_is_told_where_the_request_holds_it_and_read_where_not():
    _, extract = read(hook(request(CLEAN), user_message=CLEAN))
    assert "/user_message" in {one.pointer for one in extract.unread}
    for body in (
        hook(request(CLEAN), user_message=CLEAN + " And more."),
        hook({"messages": [{"role": "system", "content": CLEAN}]}, user_message=CLEAN),
        {"metadata": ABOUT, "user_message": CLEAN},
        hook(request(CLEAN), user_message={"text": "hi there"}),
    ):
        _, extract = read(body)
        [said] = [one for one in extract.segments if one.pointer.startswith("/user_message")]
        assert (said.origin, said.editable) == (Origin.USER, False)


@pytest.mark.parametrize("body", [{}, {"metadata": ABOUT}, {"metadata": ABOUT, "request_body": None}, hook({})])
def test_a_hook_that_is_sent_nothing_lets_nothing_on(body):
    with pytest.raises(InvalidRequest, match="request_body"):
        read(body)


def test_metadata_that_is_no_object_is_read():
    assert {one.text for one in read({"metadata": ATTACK})[1].segments} == {ATTACK}


@pytest.mark.parametrize(
    "held",
    [
        {"response_body": {"content": [{"type": "text", "text": CARD}]}},
        {"raw_responses": [{"delta": {"text": CARD}}]},
        {"tool_calls": [{"name": "pay", "params": {"card": CARD}}]},
    ],
)
async def test_an_event_after_the_response_is_judged_for_the_record(gateway_service, held):
    answer = await gateway_service.post(DOOR, hook(request(CLEAN)) | held)
    record = await decision_of(gateway_service)
    assert (answer.status, record["stage"], record["verdict"]) == (200, "output", "block")
    assert record["subject"]["request_id"] == "req_abc123"


def test_what_only_looks_like_an_event_after_the_response_is_judged_as_what_goes_to_the_model():
    for held in ({"tool_calls": [ATTACK]}, {"tool_calls": []}, {"response_body": None}, {"tool_calls": {"params": 1}}):
        stage, extract = read(hook(request(CLEAN)) | held)
        assert stage is Stage.INPUT
        assert {one.origin for one in extract.segments} == {Origin.USER}


async def test_who_asks_is_recorded(gateway_service):
    await gateway_service.post(DOOR, hook(request(CLEAN)))
    subject = (await decision_of(gateway_service))["subject"]
    assert (subject["request_id"], subject["model"]) == (ABOUT["request_id"], ABOUT["model"])
    assert set(subject["labels"]) == {"provider", "session_id", "stable_node_id", "user_agent"}
    assert subject["user"]
    assert subject["team"]


@pytest.mark.parametrize(
    ("path", "provider", "reading"),
    [
        ("/v1/chat/completions", "anthropic", "extract_chat_or_anything"),
        ("https://x/openai/deployments/a/chat/completions?api-version=1", "", "extract_chat_or_anything"),
        ("/v1/messages", "", "extract_native"),
        ("/v1/messages/", "openai", "extract_native"),
        ("/v1beta/models/g:streamGenerateContent?alt=sse", "", "extract_native"),
        ("/x", "Bedrock-EU", "extract_native"),
        ("", "", "extract_chat_or_anything"),
        ("/x?y=/v1/messages", "", "extract_chat_or_anything"),
    ],
)
def test_the_path_says_how_a_body_is_read_and_else_the_provider(path, provider, reading):
    assert reading_of(path, provider).__name__ == reading


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(ANYTHING)
def test_anything_that_is_no_answer_of_a_hook_leaves_it_to_the_fail_policy(body):
    play = play_of("aperture", "pass")
    if not isinstance(body, dict) or body.get("action") not in {"allow", "block", "modify"}:
        assert outcomes("aperture", play, Answer(200, body)) == {Outcome.PASS, Outcome.BLOCK}
    assert outcomes("aperture", play, Answer(500, {"action": "block"})) == {Outcome.PASS, Outcome.BLOCK}


def test_no_play_is_of_an_event_that_cannot_be_stopped():
    """The contract of all gateways is that a block stops: what Aperture sends after the response, none can."""
    for play in PEER_OF["aperture"].plays:
        assert read(play.body)[0] is Stage.INPUT
        assert not any(one.kind is Kind.OTHER for one in read(play.body)[1].segments)
