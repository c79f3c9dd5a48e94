"""`GET /policies`: a caller reads what judges its texts, and nothing of what does not."""

import yaml
from policy_folders import document, replace, revision_of, until_policy
from running import STRICT_KEY


async def test_a_caller_sees_its_own_policies_and_which_is_its_default(service):
    answer = await service.get("/policies")
    assert answer.status == 200
    assert answer.body["default"] == "default"
    assert [entry["name"] for entry in answer.body["policies"]] == ["default", "strict"]
    ready = (await service.get("/readyz", key=None)).body
    assert {entry["name"]: entry["revision"] for entry in answer.body["policies"]} == ready["policies"]
    assert answer.body["bundle"] == ready["bundle"]["revision"]
    other = await service.get("/policies", key=STRICT_KEY)
    assert [entry["name"] for entry in other.body["policies"]] == ["strict"]


async def test_a_policy_is_told_in_the_words_of_its_file_but_for_the_options_of_checks(start_service):
    text = document(
        checks={"pii": {"categories": ["Email"], "ignore": ["support@contoso.com"], "on_failure": "flag"}},
        description="for tests",
        mode="monitor",
        deadline_ms=1200,
    )
    service = await start_service(policies={"default": yaml.safe_load(text)})
    answer = await service.get("/policies/default")
    assert answer.body == {
        "name": "default",
        "revision": revision_of(text),
        "description": "for tests",
        "mode": "monitor",
        "deadline_ms": 1200,
        "checks": {
            "pii": {"scan": ["assistant", "document", "system", "tool", "user"], "on_failure": "flag"},
        },
        "rules": [
            {
                "id": "mail",
                "stage": ["input", "output"],
                "check": "pii",
                "category": ["Email"],
                "at_least": None,
                "action": "flag",
            }
        ],
        "chat": {
            "refusal": "This request was stopped by company policy.",
            "start_model": "after_checks",
            "stream": {"release": "window", "window": 800, "overlap": 200, "wait_ms": 1000},
        },
        "gateways": {"on_outage": "verdict"},
    }


async def test_another_callers_policy_is_a_404_that_names_ones_own(service):
    answer = await service.get("/policies/default", key=STRICT_KEY)
    assert (answer.status, answer.body["code"]) == (404, "unknown_policy")
    assert "strict" in answer.body["detail"]
    assert (await service.get("/policies/nowhere")).status == 404


async def test_what_is_told_is_what_is_in_force(start_service, tmp_path):
    service = await start_service(
        policies={"default": yaml.safe_load(document())}, settings={"bundles": {"every_s": 0.02}}
    )
    text = document(action="redact")
    replace(tmp_path / "policies" / "default.yaml", text)
    await until_policy(service, revision_of(text))
    (rule,) = (await service.get("/policies/default")).body["rules"]
    assert (rule["action"], rule["with"], rule["restore"]) == ("redact", "label", False)
