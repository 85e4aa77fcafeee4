"""PNG with a palette: a third of the bytes, and nobody sees the difference in letters on white."""

import base64
import struct
import zlib
from typing import Any

from tests.screens.chromium import Tab

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_COLOURS = 24
PAINT = """
(async (png, most) => {
  const data = await (await fetch("data:image/png;base64," + png)).blob();
  const bitmap = await createImageBitmap(data);
  const brush = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  brush.drawImage(bitmap, 0, 0);
  const { data: dots, width, height } = brush.getImageData(0, 0, bitmap.width, bitmap.height);
  const colour = (i) => (dots[i] << 16) | (dots[i + 1] << 8) | dots[i + 2];
  const counts = new Map();
  for (let i = 0; i < dots.length; i += 4) counts.set(colour(i), (counts.get(colour(i)) || 0) + 1);
  const often = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([one]) => one);
  const palette = often.slice(0, most);
  const far = (a, b) => [16, 8, 0].reduce((sum, n) => sum + (((a >> n) & 255) - ((b >> n) & 255)) ** 2, 0);
  const closer = (one) => (best, other, i) => (far(one, other) < far(one, palette[best]) ? i : best);
  const places = new Map(often.map((one, i) => [one, i < most ? i : palette.reduce(closer(one), 0)]));
  let drawn = "";
  for (let i = 0; i < dots.length; i += 4) drawn += String.fromCharCode(places.get(colour(i)));
  return { width, height, palette, places: btoa(drawn) };
})
"""
"""Counts the colours of a picture and keeps the most frequent; the others become the nearest of these."""


def with_palette(tab: Tab, png: bytes) -> bytes:
    """The same picture in few colours; the browser reads it, because nothing here else can."""
    found: dict[str, Any] = tab.evaluate(f"{PAINT}('{base64.b64encode(png).decode()}', {MOST_COLOURS})")
    return encoded(found["width"], found["height"], found["palette"], base64.b64decode(found["places"]))


def encoded(width: int, height: int, palette: list[int], places: bytes) -> bytes:
    """A PNG of dots that are places in a palette of 0xRRGGBB (ISO/IEC 15948, colour type 3)."""
    rows = b"".join(b"\0" + places[row * width : (row + 1) * width] for row in range(height))
    colours = b"".join(colour.to_bytes(3, "big") for colour in palette)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (b"IHDR", head), (b"PLTE", colours), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
