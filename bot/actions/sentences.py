"""Shared parts of sentences: shortened names."""


def clip(text: str, longest: int = 30, words: int = 3) -> str:
    """A name shortened for a sentence on a phone; Details show the full name."""
    whole, kept = " ".join(text.split()), " ".join(text.split()[:words])
    if kept == whole and len(kept) <= longest:
        return kept
    return f"{kept[: longest - 1].rstrip()}…"
