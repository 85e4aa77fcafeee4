"""The log: a line for people or a JSON object, and on each the number of the request it is about.

Modules log with the standard library. `about` puts a request's number on every line that this thread writes
within its block, those of calls to Miro and Slack included. Addresses of people are left out of every line.
"""

import logging
import re
from contextlib import AbstractContextManager
from typing import Any

import structlog
from structlog.typing import EventDict

from approvals.ids import RequestId

STYLES = ("text", "json")
_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")


def about(request: RequestId | str) -> AbstractContextManager[None]:
    """Every line that this thread writes within the block names the request."""
    return structlog.contextvars.bound_contextvars(request=str(request))


def formatter(style: str) -> logging.Formatter:
    """Renders records in one of `STYLES`."""
    rendering: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if style == "text":
        plain = structlog.dev.plain_traceback
        rendering = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=plain)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_addresses,
            rendering,
        ],
    )


def _without_addresses(logger: Any, method: str, event: EventDict) -> EventDict:
    """Replaces e-mail addresses, which errors and Miro's own messages may quote, tracebacks included."""
    return {key: _ADDRESS.sub("[address]", str(value)) for key, value in event.items()}


def set_up(style: str) -> None:
    """Writes what is logged to standard error, in one of `STYLES`."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(style))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # httpx logs whole addresses, and those hold people's e-mails.
    logging.getLogger("httpx").setLevel(logging.WARNING)
