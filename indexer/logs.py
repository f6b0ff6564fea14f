"""Structured logs on standard error. Every line passes the redactor last, so that no secret can leave by it."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from chains.redact import redact


def configure(*, level: str = "warning", as_json: bool = False) -> None:
    """Set up structlog once per process: key=value lines for people, JSON lines for machines."""
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redacted,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _redacted(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: redact(value) if isinstance(value, str) else redact_any(value) for key, value in event.items()}


def redact_any(value: object) -> object:
    """Numbers and booleans as they are; anything else as its redacted text."""
    return value if isinstance(value, bool | int | float | None) else redact(str(value))
