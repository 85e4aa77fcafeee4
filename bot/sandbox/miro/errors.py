"""The shapes of Miro's errors: SCIM, gateway, platform, and the HTML page of its CDN."""

from http import HTTPStatus
from typing import Any

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

_WORDS = {
    401: ("unauthorized", "The token can't authorize an organization"),
    403: ("forbidden", "SCIM integration is disabled"),
    429: ("tooManyRequests", "The user has sent too many requests in a given amount of time"),
}


class Refusal(Exception):
    """A call that Miro refuses; becomes a SCIM error body."""

    def __init__(self, status: int, detail: str, scim_type: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail, self.scim_type = status, detail, scim_type

    def body(self) -> dict[str, Any]:
        return scim_error(self.status, self.detail, self.scim_type)


def invalid(detail: str, scim_type: str = "invalidValue") -> Refusal:
    return Refusal(400, detail, scim_type)


def too_many() -> Refusal:
    code, message = words(429)
    return Refusal(429, message, code)


def words(status: int) -> tuple[str, str]:
    """(code, sentence) of a status: Miro's own where they are known."""
    phrase = HTTPStatus(status).phrase
    code = phrase.title().replace(" ", "")
    return _WORDS.get(status, (code[0].lower() + code[1:], phrase))


def scim_error(status: int, detail: str, scim_type: str = "") -> dict[str, Any]:
    # The status is a string, and scimType is there only sometimes: Miro's page on errors.
    kind = {"scimType": scim_type} if scim_type else {}
    return {"schemas": [ERROR], "status": str(status), **kind, "detail": detail}


def gateway_error(status: int, message: str, reason: str) -> dict[str, Any]:
    """Seen on PUT /Groups/{id}: the gateway in front of Miro's SCIM service doesn't answer in SCIM."""
    return {"error": {"message": message, "reason": reason, "code": status}}


def rest_error(status: int, message: str = "") -> dict[str, Any]:
    """The shape of Miro's platform, as in its page on rate limiting."""
    code, usual = words(status)
    return {"status": status, "code": code, "message": message or usual, "context": None, "type": "error"}


def cdn_page(status: int) -> str:
    """The page of CloudFront, which is in front of Miro, when Miro doesn't answer it."""
    phrase = HTTPStatus(status).phrase
    title = f"<title>{status} {phrase}</title>"
    return f"<html><head>{title}</head><body><h1>{status} {phrase}</h1><hr>cloudfront</body></html>"
