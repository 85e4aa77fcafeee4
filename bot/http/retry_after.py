"""Reads Retry-After in both of its forms, with bounds and a default."""

import email.utils
from datetime import UTC, datetime


def retry_after(text: str, now: datetime, most: float, otherwise: float) -> float:
    """Seconds to wait, 1 to `most`: a number or an HTTP date (RFC 9110 section 10.2.3), else `otherwise`."""
    if text.isascii() and text.isdigit():
        return min(max(1.0, float(text)), most)
    try:
        # Also reads the obsolete forms of RFC 9110 section 5.6.7; without a zone it is UTC.
        date = email.utils.parsedate_to_datetime(text)
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        return min(max(1.0, (date - now).total_seconds()), most)
    except (TypeError, ValueError, OverflowError, IndexError):
        return otherwise
