"""One error shape per door, over every route there is."""

import pytest

from guardrails.api.routes import routes
from guardrails.api.unsupported import UNSUPPORTED_DOORS

# Those of operations that are not offered take any method and have tests of their own.
DOORS = [
    (route.method, route.path.replace("{name}", "gpt-4o")) for route in routes() if route.path not in UNSUPPORTED_DOORS
]
OPEN = {"/livez", "/readyz", "/metrics"}


@pytest.mark.parametrize(("method", "path"), [door for door in DOORS if door[1] not in OPEN])
async def test_every_closed_door_says_401_in_its_own_shape(service, method, path):
    send = service.post if method == "POST" else service.get
    answer = await send(path, key="wrong")
    assert answer.status == 401
    _check_shape(path, answer, "not_authenticated")


@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_every_wrong_method_says_405_in_the_doors_own_shape(service, method, path):
    send = service.get if method == "POST" else service.post
    answer = await send(path)
    assert answer.status == 405
    assert method in answer.headers["Allow"]
    _check_shape(path, answer, "method_not_allowed")


@pytest.mark.parametrize("path", ["/", "/nope", "/check/", "/guarded-chat/x", "/openai/v1/nope", "/v1/nope"])
async def test_what_is_not_there_is_a_404_in_its_neighbours_shape(service, path):
    answer = await service.post(path, {})
    assert answer.status == 404
    _check_shape(path, answer, "not_found")


def _check_shape(path, answer, code):
    assert answer.headers["x-request-id"]
    speaks_openai = path.startswith(("/openai/", "/v1/"))
    if not speaks_openai:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert {"type", "title", "status", "code", "detail"} <= set(answer.body)
        assert (answer.body["status"], answer.body["code"]) == (answer.status, code)
    if speaks_openai or path.startswith("/guarded-chat"):
        assert set(answer.body["error"]) == {"message", "type", "param", "code"}
        assert answer.body["error"]["code"] == code
