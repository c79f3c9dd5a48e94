import base64
import hashlib

import pytest
from multidict import CIMultiDict

from guardrails.domain.errors import NotAuthenticated, UnknownName
from guardrails.settings.schema import Caller
from guardrails.web.callers import Callers


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


CALLERS = Callers(
    {
        "gateway": Caller(key_sha256=_hash("gateway-key"), policies=("default", "strict")),
        "orders": Caller(key_sha256=_hash("schlüssel"), policies=("strict",), models=("gpt-4o",)),
    }
)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer gateway-key"},
        {"authorization": "bearer  gateway-key "},
        {"api-key": "gateway-key"},
        {"x-api-key": "gateway-key"},
        {"Authorization": _basic("anyone", "gateway-key")},
        {"Authorization": "Bearer something-else", "x-api-key": "gateway-key"},
    ],
)
def test_a_caller_is_known_by_its_key_wherever_its_client_puts_it(headers):
    assert CALLERS.authenticate(CIMultiDict(headers)).name == "gateway"


def test_a_key_need_not_be_ascii():
    assert CALLERS.authenticate(CIMultiDict({"Authorization": _basic("", "schlüssel")})).name == "orders"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "gateway-key"},
        {"Authorization": "Digest gateway-key"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic sch\u00fcssel"},
        {"Authorization": "Basic \udcff\udcfe"},
        {"Authorization": "Basic " + base64.b64encode(b"gateway-key").decode()},
        {"api-key": "gateway-key2"},
        {"api-key": "GATEWAY-KEY"},
        {"api-key": _hash("gateway-key")},
        {"api-key": "x" * 100_000},
        {"api-key": "\udcff"},
    ],
)
def test_nothing_else_opens_the_door(headers):
    with pytest.raises(NotAuthenticated):
        CALLERS.authenticate(CIMultiDict(headers))


def test_a_request_chooses_among_the_callers_policies_body_first():
    caller = CALLERS.authenticate(CIMultiDict({"api-key": "gateway-key"}))
    header = CIMultiDict({"X-Guardrails-Policy": "strict"})
    assert caller.policy_name(None, CIMultiDict()) == "default"
    assert caller.policy_name(None, header) == "strict"
    assert caller.policy_name("default", header) == "default"


@pytest.mark.parametrize(("body", "header"), [("default", None), (None, "default"), ("", None), ("nope", "strict")])
def test_nobody_gets_a_policy_outside_its_list(body, header):
    caller = CALLERS.authenticate(CIMultiDict({"Authorization": _basic("", "schlüssel")}))
    headers = CIMultiDict({"x-guardrails-policy": header} if header else {})
    with pytest.raises(UnknownName) as caught:
        caller.policy_name(body, headers)
    assert caught.value.known == ("strict",)


def test_a_caller_sees_only_its_models():
    limited = CALLERS.authenticate(CIMultiDict({"Authorization": _basic("", "schlüssel")}))
    free = CALLERS.authenticate(CIMultiDict({"api-key": "gateway-key"}))
    assert limited.models(["gpt-4o", "phi-4"]) == ("gpt-4o",)
    assert free.models(["gpt-4o", "phi-4"]) == ("gpt-4o", "phi-4")
