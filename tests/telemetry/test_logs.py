"""What may be in a log line, and what never is."""

import ast
import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

import guardrails
from guardrails.domain.check import FailureReason
from guardrails.domain.errors import ConfigurationError, InvalidRequest, ServiceError, TokenError, UpstreamError
from guardrails.telemetry import log_fields, logs

SECRET = "Sesame-4711 opens"


@pytest.fixture
def sink(log_stream: io.BytesIO) -> io.BytesIO:
    return log_stream


def lines(stream: io.BytesIO) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_time_level_and_event(sink):
    structlog.get_logger().info("request_finished", status=200, duration_ms=12.34567, door="check", degraded=False)
    (line,) = lines(sink)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "event": "request_finished",
        "status": 200,
        "duration_ms": 12.346,
        "door": "check",
        "degraded": False,
    }


def test_every_line_of_a_request_carries_its_id(sink):
    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        structlog.get_logger().info("check_failed")
        logging.getLogger("aiohttp.server").error("Error handling request")
    structlog.get_logger().info("request_finished")
    assert [line.get("request_id") for line in lines(sink)] == ["req_1", "req_1", None]


def test_a_field_that_is_not_on_the_list_is_dropped_and_counted(sink):
    structlog.get_logger().info("check_failed", text=SECRET, body={"a": SECRET}, check="pii")
    (line,) = lines(sink)
    assert line["withheld"] == 2
    assert line["check"] == "pii"
    assert SECRET not in sink.getvalue().decode()


def test_a_field_that_is_on_the_list_holds_no_sentence(sink):
    structlog.get_logger().info(
        "check_failed", check=SECRET, checks=[SECRET, "pii"], calls=SECRET, file=SECRET, ready=SECRET
    )
    (line,) = lines(sink)
    assert line["checks"] == [log_fields.WITHHELD, "pii"]
    assert SECRET not in sink.getvalue().decode()


@pytest.mark.parametrize(
    "value", ["bob@contoso.com", "4111111111111111", "4111-1111-1111-1111", "078-05-1120", "two words", "x" * 129, ""]
)
def test_a_name_that_looks_like_personal_data_is_withheld(value):
    assert log_fields.word(value) == log_fields.WITHHELD


@pytest.mark.parametrize(
    "value", ["gateway", "7000215", "sha256:" + "0" * 64, "req_cd1481cc34677cb95b08e078", "gpt-4o"]
)
def test_names_codes_and_ids_are_kept(value):
    assert log_fields.word(value) == value


def test_a_door_is_a_route_and_never_a_path_with_a_query(sink):
    structlog.get_logger().info("request_finished", door="/openai/deployments/{name}/chat/completions")
    structlog.get_logger().info("request_finished", door="/check?text=secret")
    assert [line["door"] for line in lines(sink)] == [
        "/openai/deployments/{name}/chat/completions",
        log_fields.WITHHELD,
    ]


def test_an_event_is_a_name_and_never_a_text(sink):
    structlog.get_logger().warning(SECRET)
    structlog.get_logger().warning("text was %s", SECRET)
    assert [line["event"] for line in lines(sink)] == [log_fields.WITHHELD] * 2
    assert SECRET not in sink.getvalue().decode()


def test_an_exception_leaves_its_type_and_places_but_no_message_and_no_locals(sink):
    secret_local = SECRET
    try:
        try:
            raise ValueError(secret_local)  # noqa: TRY301 - a cause is needed
        except ValueError as cause:
            raise KeyError(secret_local) from cause
    except KeyError:
        structlog.get_logger().exception("request_failed")
    (line,) = lines(sink)
    assert line["error"]["type"] == "KeyError"
    assert line["error"]["causes"][0]["type"] == "ValueError"
    assert "test_an_exception_leaves" in line["error"]["frames"][-1]
    assert SECRET not in sink.getvalue().decode()


def test_a_service_error_brings_its_own_sentence(sink):
    error = TokenError(FailureReason.TOKEN, "The secret of credential corp is expired.", code="AADSTS7000222")
    structlog.get_logger().error("token_fetch_failed", error=error, credential="corp")
    (line,) = lines(sink)
    assert line["error"]["detail"] == "The secret of credential corp is expired."
    assert line["error"]["code"] == "AADSTS7000222"


def test_a_configuration_error_brings_its_problems(sink):
    structlog.get_logger().error("start_failed", error=ConfigurationError(["policies/a.yaml:3:1: unknown key"]))
    assert lines(sink)[0]["error"]["problems"] == ["policies/a.yaml:3:1: unknown key"]


@pytest.mark.parametrize("error", [InvalidRequest(SECRET), UpstreamError(400, SECRET.encode(), {"x": SECRET})])
def test_errors_that_may_quote_a_caller_bring_no_words(sink, error):
    structlog.get_logger().error("request_failed", error=error)
    assert SECRET not in sink.getvalue().decode()


def test_members_of_a_group_are_told_by_type(sink):
    structlog.get_logger().error("request_failed", error=ExceptionGroup(SECRET, [ValueError(SECRET), OSError(SECRET)]))
    assert lines(sink)[0]["error"]["members"] == ["ValueError", "OSError"]
    assert SECRET not in sink.getvalue().decode()


def test_a_cause_that_causes_itself_ends(sink):
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    structlog.get_logger().error("request_failed", error=first)
    assert [cause["type"] for cause in lines(sink)[0]["error"]["causes"]] == ["KeyError"]


def test_a_library_is_heard_by_place_and_never_by_message(sink):
    logging.getLogger("azure.core").warning("body was %s", SECRET)
    logging.getLogger("asyncio").error(f"Task exception was never retrieved {SECRET}")  # noqa: G004 - as asyncio does
    azure, loop = lines(sink)
    assert azure["logger"] == "azure.core"
    assert azure["place"].startswith("test_logs:test_a_library_is_heard")
    assert loop["event"] == "library_message"
    assert SECRET not in sink.getvalue().decode()


def test_libraries_are_quiet_below_warning_and_the_access_log_is_off(sink):
    logging.getLogger("azure.core.pipeline.policies.http_logging_policy").info("Request body")
    logging.getLogger("msal").info("cache")
    logging.getLogger("aiohttp.access").critical("GET /check")
    assert lines(sink) == []


def test_lines_below_the_level_are_not_written(sink):
    logs.configure("error", sink)
    structlog.get_logger().warning("request_finished")
    structlog.get_logger().error("request_failed")
    assert [line["event"] for line in lines(sink)] == ["request_failed"]


@given(
    st.dictionaries(st.sampled_from(sorted(log_fields.FIELDS)), st.text(min_size=1, max_size=80)), st.text(max_size=80)
)
def test_no_text_with_a_space_gets_through_any_field(fields, text):
    planted = f"{text} {SECRET}"
    kept, _ = log_fields.select({name: f"{value} {planted}" for name, value in fields.items()})
    assert SECRET not in repr(kept)
    orjson.dumps(kept)


def test_a_sentence_with_a_lone_surrogate_is_still_a_line(sink):
    structlog.get_logger().error("check_failed", error=ServiceError(FailureReason.REJECTED, "bad \ud800 name"))
    assert lines(sink)[0]["error"]["detail"] == "bad ? name"


def test_what_nobody_caught_leaves_no_message_on_standard_error():
    script = (
        "from guardrails.telemetry import logs\n"
        "logs.configure('info'); logs.install_hooks()\n"
        "import threading\n"
        "def fail(): raise ValueError('Sesame-4711 opens')\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join()\n"
        "fail()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, text=True)  # noqa: S603
    assert done.returncode == 1
    assert "Sesame" not in done.stderr + done.stdout
    assert [orjson.loads(line)["error"]["type"] for line in done.stderr.splitlines()] == ["ValueError", "ValueError"]


def _log_calls() -> Iterator[tuple[str, ast.Call]]:
    for file in Path(guardrails.__path__[0]).rglob("*.py"):
        if "emulator" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in {"log", "logger", "_log", "_logger"}
                and node.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
            ):
                yield f"{file}:{node.lineno}", node


def test_every_event_in_the_package_is_a_literal_name_with_fields_from_the_list():
    wrong = []
    for place, call in _log_calls():
        first = call.args[0] if call.args else None
        is_name = isinstance(first, ast.Constant) and log_fields.event(first.value) != log_fields.WITHHELD
        is_passed_on = place.rpartition(":")[0].endswith("telemetry/audit.py") and isinstance(first, ast.Name)
        unknown = [word.arg for word in call.keywords if word.arg and word.arg not in {*log_fields.FIELDS, "exc_info"}]
        if len(call.args) != 1 or not (is_name or is_passed_on) or unknown:
            wrong.append((place, unknown))
    assert wrong == []
