"""Checks an evidence pack with Python alone, nothing else installed.

    python3 check.py [COUNT:HASH ...]

COUNT:HASH is an anchor that was kept where the bot can't write. Exit status 1 if anything doesn't fit.
The proof is chain.jsonl; report.html is covered by files.sha256 alone. Newest entries taken out of a request
can't be seen here: the record has how many there are (`miro-bot show R-42`).
"""

import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

COLUMNS = ("seq", "stream", "version", "type", "format", "at", "by")
STRUCTURED = ("details", "case", "plan", "routing", "values", "lines", "gave", "teams", "unsure")
"""Words that stay when the texts of a request are forgotten."""


def sha256(*lines: object) -> str:
    """The digest of lines as UTF-8, with a line feed between them."""
    return hashlib.sha256("\n".join(map(str, lines)).encode()).hexdigest()


def sealed(row: dict[str, Any], prev: str) -> str:
    """The hash that an entry must have: H(prev + H(row)), in formats 1 and 2 H(row with prev)."""
    columns = [row[name] for name in COLUMNS]
    if row["format"] >= 3:
        return sha256(prev + sha256(*columns, row["body"]))
    return sha256(*columns, prev, row["body"])


def of_files(pack: Path) -> list[str]:
    """Faults of the files: each is listed with its SHA-256, and none is there beside them."""
    listed = dict(
        line.split("  ", 1)[::-1] for line in (pack / "files.sha256").read_text(errors="replace").splitlines()
    )
    there = {str(path.relative_to(pack)) for path in pack.rglob("*") if path.is_file()} - {"files.sha256"}
    faults = [f"{name}: missing" for name in listed.keys() - there]
    faults += [f"{name}: not a part of the pack" for name in there - listed.keys()]
    for name in listed.keys() & there:
        if hashlib.sha256((pack / name).read_bytes()).hexdigest() != listed[name]:
            faults.append(f"{name}: changed")
    return faults


def of_words(row: dict[str, Any]) -> list[str]:
    """Faults of the words of an entry: each must have the digest that the chain holds."""
    digests, name = json.loads(row["body"]).get("words", {}), f"entry {row['seq']}"
    faults = [f"{name}: the word {key} isn't in the chain" for key in row["words"].keys() - digests.keys()]
    for key, (salt, text) in row["words"].items():
        if key in digests and sha256(salt, text) != digests[key]:
            faults.append(f"{name}: the word {key} was changed")
    return faults


def of_missing(rows: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Words that the chain has and the pack hasn't: (faults, those that an entry says are forgotten)."""
    bodies = {row["seq"]: json.loads(row["body"]) for row in rows}
    removed = [bodies[row["seq"]] for row in rows if row["type"] == "forgotten"]
    words = {(seq, key) for body in removed for key, seqs in body.get("removed", {}).items() for seq in seqs}
    requests = {stream for body in removed for stream in body.get("requests", ())}
    faults: list[str] = []
    forgotten: list[str] = []
    for row in rows:
        for key in sorted(bodies[row["seq"]].get("words", {}).keys() - row["words"].keys()):
            of_request = row["stream"] in requests and key not in STRUCTURED
            is_forgotten = of_request or (row["seq"], key) in words
            (forgotten if is_forgotten else faults).append(f"entry {row['seq']}: its {key} isn't in the pack")
    return faults, forgotten


def of_streams(streams: dict[str, list[int]]) -> list[str]:
    """Faults of requests and reviews: their entries are numbered 1, 2, 3; of other streams some are here."""
    return [
        f"{stream}: the pack holds its entries {', '.join(map(str, versions))} alone"
        for stream, versions in streams.items()
        if stream not in ("policy", "people") and versions != [*range(1, len(versions) + 1)]
    ]


def of_policies(pack: Path, rows: list[dict[str, Any]]) -> list[str]:
    """Faults of the policies: each text has the hash by which the entries name it."""
    named = {json.loads(row["body"]).get("policy") for row in rows} - {None}
    texts = {path.stem: path.read_bytes() for path in (pack / "policies").glob("*.toml")}
    faults = [f"policy {name}: its text is missing" for name in named - texts.keys()]
    wrong = [name for name, text in texts.items() if hashlib.sha256(text).hexdigest() != name]
    return faults + [f"policy {name}: its text was changed" for name in wrong]


def of_chain(pack: Path, anchors: list[str]) -> tuple[list[str], list[dict[str, Any]], str]:
    """Faults of the chain and of the words in it; the entries with words; the anchor it ends in."""
    faults: list[str] = []
    rows: list[dict[str, Any]] = []
    first, head = json.loads((pack / "start.json").read_text())
    count, heads = first - 1, set()
    with (pack / "chain.jsonl").open(encoding="utf-8") as lines:
        for count, line in enumerate(lines, first):
            entry = json.loads(line)
            if isinstance(entry, str):
                head = sha256(head + entry)
            else:
                if (entry["seq"], entry["prev"], entry["hash"]) != (count, head, sealed(entry, head)):
                    faults.append(f"entry {count}: not what was written there")
                head = entry["hash"]
                if "words" in entry:
                    rows.append(entry)
                    faults += of_words(entry)
            if f"{count}:{head}" in anchors:
                heads.add(f"{count}:{head}")
    faults += [f"anchor {anchor}: the pack holds no such entry" for anchor in anchors if anchor not in heads]
    return faults, rows, f"{count}:{head}"


def main(pack: Path, anchors: list[str]) -> int:
    """Checks all of it, says what was found; the exit status."""
    faults = of_files(pack)
    if not faults:
        faults, rows, end = of_chain(pack, anchors)
        streams = defaultdict[str, list[int]](list)
        for row in rows:
            streams[row["stream"]].append(row["version"])
        missing, forgotten = of_missing(rows)
        faults += missing + of_streams(streams) + of_policies(pack, rows)
        counts = ", ".join(f"{stream} ({len(versions)})" for stream, versions in streams.items())
        sys.stdout.write(
            f"{len(rows)} entries of {counts}, in a record of which the newest entry is {end}.\n"
        )
        sys.stdout.write("".join(f"FORGOTTEN: {words}\n" for words in forgotten))
    sys.stdout.write("".join(f"FAULT: {fault}\n" for fault in faults) or "Intact.\n")
    if not anchors:
        sys.stdout.write(
            "Compare the newest entry with an anchor kept elsewhere, else a forgery can't be seen.\n"
        )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent, sys.argv[1:]))
