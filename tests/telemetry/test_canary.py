"""A secret planted in a text, a token and a key is in no log line, no record and no metric."""

import io
import logging
from datetime import UTC, datetime
from pathlib import Path

import structlog

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Edit, Inspection, Origin, Segment, Span, Stage
from guardrails.domain.errors import Refused, ServiceError, UpstreamError
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Coverage, Mode, PolicyRef, Reason, Verdict
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.metrics import Metrics
from guardrails.telemetry.records import decision_record

TEXT = "my card is 4111 1111 1111 1111 canary-text"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.canary-token.c2ln"
KEY = "canary-key-5a3c9e"
PLANTED = ("canary-text", "canary-token", "canary-key", "4111")
POINTER = f"/messages/0/{KEY}"


INSPECTION = Inspection(Stage.INPUT, "orders", (Segment(TEXT, Origin.USER, POINTER),))
VERDICT = Verdict(
    Action.REDACT,
    PolicyRef("default", "sha256:0"),
    Mode.ENFORCE,
    (Reason("card", Action.REDACT, "pii", "CreditCardNumber", 0.9, 0.5, POINTER, Span(11, 30)),),
    edits=(Edit(POINTER, Span(11, 30), TEXT),),
)
REPORT = CheckReport(
    "pii",
    CheckStatus.FAILED,
    (Finding("CreditCardNumber", 0.9, POINTER, Span(11, 30)),),
    FailureReason.INTERNAL,
    unread={POINTER: "deadline"},
)


def log_carelessly() -> None:
    """Log the way nobody should, in every way the API allows."""
    log = structlog.get_logger()
    log.info(TEXT)
    log.info(f"text: {TEXT}", text=TEXT, **{KEY: TEXT})  # noqa: G004 - careless on purpose
    log.warning("token %s", TOKEN)
    log.bind(authorization=f"Bearer {TOKEN}", caller=TEXT).error("check_failed", check=TEXT, inspection=INSPECTION)
    for error in (ValueError(TEXT), UpstreamError(400, TEXT.encode(), {"api-key": KEY}), Refused(VERDICT, TEXT, KEY)):
        try:
            raise RuntimeError(TOKEN) from error  # noqa: TRY301 - a cause is needed
        except RuntimeError:
            log.exception("request_failed", error=error)
            log.exception("request_failed")
            logging.getLogger("azure.core").exception("body %s", TEXT)
            logging.getLogger("aiohttp.server").error(TEXT, exc_info=True)  # noqa: G201 - as aiohttp does
    log.error("check_failed", error=ServiceError(FailureReason.REJECTED, "The service refused the request."))
    logging.getLogger("anything").error("%s", {"headers": {"authorization": TOKEN}})


async def test_a_planted_secret_is_in_no_sink(tmp_path: Path, log_stream: io.BytesIO, capfd):
    metrics = Metrics()
    target = tmp_path / "decisions.jsonl"
    decisions = DecisionLog(str(target), metrics.records_finished)
    await decisions.start()

    log_carelessly()
    decisions.record(
        decision_record(
            decision_id="chk_1",
            moment=datetime.now(UTC),
            request_id="req_1",
            caller=INSPECTION.caller,
            door="check",
            stage=INSPECTION.stage,
            verdict=VERDICT,
            reports=(REPORT,),
            coverage=(Coverage(POINTER, Origin.USER, len(TEXT), ("pii",), {}),),
            duration_ms=1.0,
        )
    )
    metrics.request_started()
    metrics.request_finished(TEXT, 200, 0.1)
    metrics.verdict_reached(TEXT, Stage.INPUT, VERDICT)
    metrics.check_finished(REPORT)
    metrics.call_finished("language", TEXT, 0.1)
    metrics.token_fetched(f"Bearer {TOKEN}", TEXT, 0.1)
    await decisions.aclose()

    captured = capfd.readouterr()
    sinks = {
        "log": log_stream.getvalue().decode(),
        "record": target.read_text(encoding="utf-8"),
        "metrics": metrics.render().decode(),
        "standard output": captured.out,
        "standard error": captured.err,
        "representations": repr((INSPECTION, VERDICT)).replace(POINTER, ""),
    }
    assert sinks["log"].count("\n") > 15
    assert sinks["record"].count("\n") == 1
    found = [(name, planted) for name, sink in sinks.items() for planted in PLANTED if planted in sink]
    assert found == []
