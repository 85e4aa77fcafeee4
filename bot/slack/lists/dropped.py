"""A list sent to the bot as a file: a draft to look at; the worker reads it after its form was sent."""

import json
from collections.abc import Mapping
from typing import Any

from bot.cards.blocks import Message, actions, button, message, section, small_print
from bot.slack.api.heard import Heard
from bot.work.bulk.table import MOST_BYTES

File = Mapping[str, Any]
"""A file as Slack describes it in a message."""
_LISTS = ("csv", "tsv", "txt")
_OTHERS = ("xls", "xlsx", "ods", "numbers")
PASTE = "Or paste the list: /miro bulk."
NEXT = "Nothing happens before you send it. Then I check every line in Miro, and ask the people who decide."


def meant(files: list[File], text: str) -> File | None:
    """The file that is meant as a list; with words, only one that looks like a list."""
    return next((file for file in files if _ending(file) in _LISTS + _OTHERS or not text), None)


def draft(file: File, heard: Heard) -> Message:
    """What a file is answered with: the draft, or why it can't be read and what to do."""
    if problem := _problem(file, heard):
        return message(f"{problem} {PASTE}")
    title = f"Change many people with {_name(file)}?"
    value = json.dumps({"file": file["url_private"], "file_name": _name(file)})
    review = actions(button("Review and Send", "list-file", value))
    return message(title, section(title), small_print(NEXT), review)


def _problem(file: File, heard: Heard) -> str:
    if heard.scopes is not None and "files:read" not in heard.scopes:
        return "I can't read files here: the app doesn't have the scope files:read."
    if _ending(file) in _OTHERS:
        return f"{_name(file)} isn't a CSV file. Save it as CSV (UTF-8), and send that."
    if _ending(file) not in _LISTS or file.get("is_external") or not file.get("url_private"):
        return "I can only read lists of changes, as CSV files."
    if file.get("size", 0) > MOST_BYTES:
        return f"{_name(file)} is larger than {MOST_BYTES // 1_000_000} MB. Split it into smaller ones."
    return ""


def _name(file: File) -> str:
    return str(file.get("name") or "the file")[:80]


def _ending(file: File) -> str:
    return str(file.get("name") or "").rpartition(".")[2].casefold()
