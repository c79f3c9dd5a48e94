"""What the page says of failures: with `failOnError` none lets a text through, without it some do."""

import pytest
from portkey_gateway import AFTER, BEFORE

from guardrails.emulator.scenarios import Effect, Scenario

SAID = "What is the capital of France?"
OPEN = {"failOnError": None}
NO_RULES = {
    "checks": {"content_safety": {}},
    "rules": [{"id": "harm", "check": "content_safety", "at_least": 4, "action": "block"}],
}
REPORTING = NO_RULES | {"gateways": {"on_outage": "report"}}
LENIENT = NO_RULES | {"checks": {"content_safety": {"on_failure": "flag"}}}


def _azure_is_down(app, **effect) -> None:
    app.service.emulator.state.scenarios.add(Scenario(Effect(**(effect or {"status": 500})), service="content_safety"))


async def _blocked(app, seen) -> str:
    """The reason, when the model was never asked."""
    assert (seen.status, app.model_saw()) == (446, [])
    check = seen.check(BEFORE)
    return check["data"]["responseData"]["message"] if check.get("error") is None else check["data"]["explanation"]


async def _passed_unread(app, seen) -> str:
    """The reason, when the model was asked all the same."""
    assert (seen.status, seen.content) == (200, f"You said: {SAID}")
    assert [seen.told(hooks) for hooks in (BEFORE, AFTER)] == [None, None]
    return seen.check(BEFORE)["data"]["explanation"]


async def test_our_service_down_blocks(app):
    seen = await app.ask(SAID, app.webhooks(webhookURL="http://127.0.0.1:9/gateways/portkey"))
    assert await _blocked(app, seen) == "Webhook error: fetch failed"


async def test_our_service_down_lets_everything_pass_without_the_option(app):
    seen = await app.ask(SAID, app.webhooks(webhookURL="http://127.0.0.1:9/gateways/portkey", **OPEN))
    assert await _passed_unread(app, seen) == "Webhook error: fetch failed"


@pytest.mark.parametrize("options", [{}, OPEN])
async def test_a_failed_check_is_an_explicit_block_whatever_the_option_says(start_app, options):
    app = await start_app(policies={"default": NO_RULES})
    _azure_is_down(app)
    reason = await _blocked(app, await app.ask(SAID, app.webhooks(**options)))
    assert reason.startswith("A guardrail could not run")
    assert (await app.records(1))[0]["verdict"] == "block"


async def test_a_check_that_hangs_is_an_explicit_block_before_portkey_gives_up(start_app):
    app = await start_app(policies={"default": NO_RULES})
    _azure_is_down(app, hang=True)
    reason = await _blocked(app, await app.ask(SAID, app.webhooks(**OPEN)))
    assert reason.startswith("A guardrail could not run")


async def test_a_failed_check_that_may_be_flagged_passes(start_app):
    app = await start_app(policies={"default": LENIENT})
    _azure_is_down(app)
    seen = await app.ask(SAID)
    assert (seen.status, seen.content) == (200, f"You said: {SAID}")
    assert [record["degraded"] for record in await app.records(2)] == [True, True]


async def test_an_outage_that_is_reported_blocks(start_app):
    app = await start_app(policies={"default": REPORTING})
    _azure_is_down(app)
    assert await _blocked(app, await app.ask(SAID)) == "Webhook error: HTTP error! status: 503"


async def test_an_outage_that_is_reported_lets_everything_pass_without_the_option(start_app):
    app = await start_app(policies={"default": REPORTING})
    _azure_is_down(app)
    reason = await _passed_unread(app, await app.ask(SAID, app.webhooks(**OPEN)))
    assert reason == "Webhook error: HTTP error! status: 503"


async def test_a_failed_check_of_an_answer_withholds_it(start_app):
    app = await start_app(policies={"default": NO_RULES})
    app.service.emulator.state.scenarios.add(Scenario(Effect(status=500), service="content_safety", after=1))
    seen = await app.ask(SAID, app.webhooks(**OPEN))
    assert seen.status == 446
    assert seen.told(AFTER)["message"].startswith("A guardrail could not run")
    assert SAID not in str(seen.body)


@pytest.mark.parametrize("header", [{"authorization": "Bearer wrong"}, {}])
async def test_a_wrong_key_blocks(app, header):
    assert (
        await _blocked(app, await app.ask(SAID, app.webhooks(headers=header)))
        == "Webhook error: HTTP error! status: 401"
    )


async def test_a_wrong_key_lets_everything_pass_without_the_option(app):
    seen = await app.ask(SAID, app.webhooks(headers={"authorization": "Bearer wrong"}, **OPEN))
    assert await _passed_unread(app, seen) == "Webhook error: HTTP error! status: 401"


async def test_a_policy_that_is_not_the_keys_blocks(app):
    config = app.config()
    for guardrail in config["input_guardrails"]:
        guardrail["default.webhook"]["headers"]["x-guardrails-policy"] = "unknown"
    assert await _blocked(app, await app.ask(SAID, config)) == "Webhook error: HTTP error! status: 404"
