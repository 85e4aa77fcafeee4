"""Sends many signed deliveries at once, as Slack would, and says how long each answer took.

Runs as `python -m tests.bench.load FILE URL SECRET`; FILE holds the bodies as a JSON list.
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit


def request(body: str, host: str, path: str, secret: str) -> bytes:
    """The bytes of one signed POST."""
    moment = str(int(time.time()))
    seal = hmac.new(secret.encode(), f"v0:{moment}:{body}".encode(), hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        f"X-Slack-Request-Timestamp: {moment}\r\nX-Slack-Signature: v0={seal}\r\n\r\n"
    )
    return (head + body).encode()


def accepted(answer: bytes) -> bool:
    """Whether it is a 200 that doesn't complain about a field."""
    head, _, body = answer.partition(b"\r\n\r\n")
    said = json.loads(body) if body.strip() else {}
    return head.startswith(b"HTTP/1.1 200") and said.get("response_action") != "errors"


async def _one(content: bytes, host: str, port: int) -> tuple[bool, float]:
    begin = time.perf_counter()
    try:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(content)
        answer = await reader.read()
        writer.close()
    except OSError:
        return False, time.perf_counter() - begin
    return accepted(answer), time.perf_counter() - begin


async def burst(bodies: list[str], url: str, secret: str) -> list[tuple[bool, float]]:
    """All at once: whether each went well, and its seconds."""
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    contents = [request(body, parts.netloc, parts.path, secret) for body in bodies]
    return await asyncio.gather(*(_one(content, parts.hostname, parts.port) for content in contents))


def main() -> None:
    """Prints the outcome as JSON."""
    path, url, secret = sys.argv[1:]
    bodies = json.loads(Path(path).read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(asyncio.run(burst(bodies, url, secret))))


if __name__ == "__main__":
    main()
