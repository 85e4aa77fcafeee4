"""What a call to Slack costs over TLS: the bot's client against a bare kept-alive line to the same server."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bot.http.outgoing import Outgoing
from bot.slack.api.edge import SlackClient
from tests.bench.table import Row, seconds

CALLS = 300
ROUNDS = 3
MOST = 2.0
CERTIFICATE = Path(__file__).with_name("loopback.pem")
ANSWER = b'{"ok": true, "channel": "D0ADA", "ts": "1772442000.000100"}'
BLOCKS = [{"type": "section", "text": {"type": "plain_text", "text": "Access to Engineering " * 4}}] * 6


class _Slack(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Takes whatever is sent."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def https() -> Iterator[str]:
    """A server over TLS until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slack)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}/api/"
    finally:
        server.shutdown()
        server.server_close()


def rows() -> list[Row]:
    """Alternate rounds of both; what the processor did for the calling thread alone."""
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    with https() as url:
        lines = Outgoing(context=context)
        slack = SlackClient("xoxb-sandbox", url, lines)
        with httpx.Client(verify=context, trust_env=False) as bare:
            message: dict[str, Any] = {"channel": "U0ADA", "text": "Approve?", "blocks": BLOCKS}
            head = {"Authorization": "Bearer xoxb-sandbox"}

            def plainly() -> None:
                bare.post(f"{url}chat.postMessage", json=message, headers=head).json()

            def by_the_bot() -> None:
                slack.chat_postMessage(**message)

            pairs = [(_cost(by_the_bot), _cost(plainly)) for _ in range(ROUNDS)]
        lines.close()
    mine, least = (median(one[place] for one in pairs) for place in (0, 1))
    ratio = mine / least
    return [
        Row(
            f"A Slack call over TLS against a kept-alive httpx line ({ROUNDS} rounds of {CALLS})",
            f"{seconds(mine)} to {seconds(least)} of processor time: {ratio:.2f}",
            f"at most {MOST:g} times",
            ratio <= MOST,
        )
    ]


def _cost(call: Callable[[], None]) -> float:
    """Seconds of this thread's processor time a call, once the line is there."""
    call()
    before = time.thread_time()
    for _ in range(CALLS):
        call()
    return (time.thread_time() - before) / CALLS
