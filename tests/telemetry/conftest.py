"""Logs as the service writes them, and the process's logging left as it was."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from guardrails.telemetry import logs


@pytest.fixture
def log_stream() -> Iterator[io.BytesIO]:
    """What is logged while the test runs, from level debug on."""
    root = logging.getLogger()
    libraries = [logging.getLogger(name) for name in (*logs.QUIET, logs.OFF)]
    before = [(logger, list(logger.handlers), logger.level, logger.propagate) for logger in (root, *libraries)]
    stream = io.BytesIO()
    logs.configure("debug", stream)
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    for logger, handlers, level, propagate in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate
