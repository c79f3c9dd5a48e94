"""Logs: one JSON object per line on standard error, without content.

Modules write `log = structlog.get_logger()` and `log.info("event_name", field=...)`. Event names are literals in the
manner of `request_finished`; fields are those of `log_fields.FIELDS`. What an error was goes into `error=exception`.
Within `structlog.contextvars.bound_contextvars(request_id=...)` every line carries the request's id.
"""

import logging
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, BinaryIO, Final, cast

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from guardrails.telemetry import log_fields

QUIET: Final[Mapping[str, int]] = {
    "azure": logging.WARNING,
    "msal": logging.WARNING,
    "aiohttp": logging.WARNING,
    "asyncio": logging.WARNING,
    "urllib3": logging.WARNING,
    "prometheus_client": logging.WARNING,
}
"""Libraries and the least level they are heard at."""
OFF: Final = "aiohttp.access"
"""Switched off: its lines hold paths with queries. The service writes its own."""


def configure(level: str, stream: BinaryIO | None = None) -> None:
    """Send every log of the process to `stream` (standard error when absent) as JSON lines.

    Replaces the handlers of the root logger, so that libraries' records go through the same gate. May be called again.

    Args:
        level: The least level that is written: `debug`, `info`, `warning` or `error`.
        stream: A binary file that stays open.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    sink = stream if stream is not None else cast("BinaryIO", _StandardError())
    structlog.configure(
        processors=_processors(),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(sink),
        cache_logger_on_first_use=False,
    )
    _route_libraries(threshold, structlog.BytesLogger(sink))


class _StandardError:
    """Standard error as a file of bytes, looked up at each write so that a redirection of it holds."""

    def write(self, line: bytes) -> int:
        return sys.stderr.write(line.decode())

    def flush(self) -> None:
        sys.stderr.flush()


def install_hooks() -> None:
    """Send what nobody caught (in any thread, or a finalizer) to the log, in place of a traceback with its message."""
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def gate(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Let through what `log_fields` allows; this is the only way to a line. `withheld` counts what was dropped."""
    taken = dict(event)
    name = log_fields.event(taken.pop("event", None))
    exception = _exception(taken.pop("exc_info", None))
    if exception is not None:
        taken["error"] = exception
    line: EventDict = {"time": taken.pop("time", None), "level": taken.pop("level", None), "event": name}
    kept, withheld = log_fields.select(taken)
    line.update(kept)
    if withheld:
        line["withheld"] = withheld
    return line


def _processors() -> list[Processor]:
    return [structlog.contextvars.merge_contextvars, _stamp, gate, _render]


def _stamp(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event["time"] = _rfc3339(time.time())
    event["level"] = "error" if method == "exception" else "warning" if method == "warn" else method
    return event


def _render(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    return orjson.dumps(event)


def _rfc3339(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _exception(told: object) -> BaseException | None:
    if isinstance(told, BaseException):
        return told
    if isinstance(told, tuple) and len(told) > 1 and isinstance(told[1], BaseException):
        return told[1]
    return sys.exc_info()[1] if told else None


class LibraryHandler(logging.Handler):
    """Writes a library's record as the place it came from, its level and its exception's type and frames.

    Never the message: libraries put addresses, bodies and representations of objects into theirs.
    """

    def __init__(self, logger: Any) -> None:  # noqa: ANN401 - structlog's BytesLogger
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a failing sink is the library's own affair (`handleError` prints nothing of the record)."""
        line: dict[str, object] = {
            "time": _rfc3339(record.created),
            "level": record.levelname.lower(),
            "event": "library_message",
            "logger": log_fields.word(record.name),
            "place": f"{record.module}:{record.funcName}:{record.lineno}",
        }
        exception = _exception(record.exc_info)
        if exception is not None:
            line["error"] = log_fields.describe(exception)
        context, _ = log_fields.select(structlog.contextvars.get_contextvars())
        try:
            self._logger.msg(orjson.dumps(line | context))
        except (OSError, ValueError, orjson.JSONEncodeError):
            # The sink is gone; there is nowhere left to say so, and logging must not break what logs.
            return


def _route_libraries(threshold: int, logger: Any) -> None:  # noqa: ANN401 - structlog's BytesLogger
    root = logging.getLogger()
    root.handlers[:] = [LibraryHandler(logger)]
    root.setLevel(max(threshold, logging.INFO))
    for name, least in QUIET.items():
        library = logging.getLogger(name)
        library.handlers.clear()
        library.setLevel(max(threshold, least))
        library.propagate = True
    access = logging.getLogger(OFF)
    access.handlers.clear()
    access.propagate = False
    access.setLevel(logging.CRITICAL + 1)


def _uncaught(kind: type[BaseException], value: BaseException | None, _traceback: TracebackType | None) -> None:
    logger: FilteringBoundLogger = structlog.get_logger()
    logger.error("uncaught_exception", error=value if value is not None else kind())
