"""The log: a line for people or a JSON object, and on each the number of the request it is about.

Modules log with the standard library. `about` puts a request's number on every line that this thread writes
within its block, those of calls to Miro and Slack included.
"""

import logging
from contextlib import AbstractContextManager
from typing import Any

import structlog

from approvals.ids import RequestId

STYLES = ("text", "json")


def about(request: RequestId | str) -> AbstractContextManager[None]:
    """Every line that this thread writes within the block names the request."""
    return structlog.contextvars.bound_contextvars(request=str(request))


def formatter(style: str) -> logging.Formatter:
    """Renders records in one of `STYLES`."""
    is_json = style == "json"
    rendering: list[Any] = [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)]
    if is_json:
        rendering = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )


def set_up(style: str) -> None:
    """Writes what is logged to standard error, in one of `STYLES`."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(style))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # httpx logs whole addresses, and those hold people's e-mails.
    logging.getLogger("httpx").setLevel(logging.WARNING)
