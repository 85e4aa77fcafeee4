"""The pictures of docs/screens are those of the list, and the page around them says so."""

import struct
import zlib

from bot.cards.blocks import header, message, section
from tests.screens.album import MOST_BYTES, PAGE, files, page, path_of
from tests.screens.play import words_of
from tests.screens.png import SIGNATURE, encoded
from tests.screens.stories import STORIES

PICTURES = [picture for story in STORIES for picture in story.pictures]


def test_each_picture_has_a_name_of_its_own_and_is_there() -> None:
    assert len({picture.name for picture in PICTURES}) == len(PICTURES)
    assert files() == {path_of(picture) for picture in PICTURES}, "run `python -m tests.screens`"


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in files()) <= MOST_BYTES


def test_the_page_is_printed_from_the_list() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(STORIES), "run `python -m tests.screens`"


def test_words_are_those_outside_of_buttons() -> None:
    assert words_of(message("three words", header("Give Alex access?"), section("Why not"))) == 5
    assert words_of(message("Nothing has changed.")) == 3


def test_a_picture_of_two_colours_is_a_png() -> None:
    png = encoded(2, 1, [0xFFFFFF, 0x2EB67D], b"\1\0")

    assert png.startswith(SIGNATURE)
    chunks, rest = [], png.removeprefix(SIGNATURE)
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        kind, data, check = rest[4:8], rest[8 : 8 + length], rest[8 + length : 12 + length]
        assert zlib.crc32(kind + data) == struct.unpack(">I", check)[0]
        chunks.append((kind, data))
        rest = rest[12 + length :]
    assert dict(chunks)[b"PLTE"] == b"\xff\xff\xff\x2e\xb6\x7d"
    assert zlib.decompress(dict(chunks)[b"IDAT"]) == b"\0\1\0"
    assert [kind for kind, _ in chunks] == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
