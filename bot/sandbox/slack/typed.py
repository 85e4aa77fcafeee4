"""What people type, as Slack writes it to an app: `& < >` escaped, addresses and links marked.

In the fields of a form text arrives unchanged.
"""

import re

_PICKED = r"<(?:[@#!]|https?://|mailto:)[^<>]+>"
_LINK = r"https?://[^\s<>]+"
_ADDRESS = r"\w[\w.+'-]{0,63}@[\w-]+(?:\.[\w-]+)+"  # at most 64: RFC 5321 section 4.5.3.1.1
_MARKED = re.compile(rf"(?P<picked>{_PICKED})|(?P<link>{_LINK})|(?P<address>{_ADDRESS})")


def as_slack_sends(text: str) -> str:
    """Typed text in an event, a command or a message.

    `<@U01>`, `<#C01|it>`, `<!here>` and a link with a label stand for what a person picks or links in Slack;
    any other angle bracket is escaped.
    """
    sent, at = "", 0
    for hit in _MARKED.finditer(text):
        sent += _escaped(text[at : hit.start()]) + _mark(hit)
        at = hit.end()
    return sent + _escaped(text[at:])


def _mark(hit: re.Match[str]) -> str:
    written = hit[0].replace("&", "&amp;")
    match hit.lastgroup:
        case "link":
            return f"<{written}>"
        case "address":
            return f"<mailto:{written}|{written}>"
    return written


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
