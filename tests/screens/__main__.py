"""`python -m tests.screens [PICTURE …]`: takes pictures and writes the page around them."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click

from bot.sandbox.slack.local_slack import NotThere
from tests.screens.album import FOLDER, MOST_BYTES, PAGE, files, page, path_of
from tests.screens.chromium import NoChromium, PageTrouble, browsing
from tests.screens.picture import Story
from tests.screens.play import Taken, Unfit, played
from tests.screens.stories import STORIES


def main(names: list[str]) -> int:
    """Takes all pictures, or those of the stories in which the named ones are."""
    _be_quiet()
    stories = [story for story in STORIES if not names or set(names) & set(story.names)]
    if not stories:
        click.echo(f"There is no picture {', '.join(names)}.", err=True)
        return 2
    try:
        _take(stories)
    except (NotThere, NoChromium, PageTrouble, Unfit) as error:
        click.echo(error, err=True)
        return 1
    return _bound()


def _be_quiet() -> None:
    """slack_sdk reads proxy variables and ignores NO_PROXY: loopback must not go through one."""
    for name in [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy")]:
        del os.environ[name]
    logging.basicConfig(level=logging.ERROR)


def _take(stories: Iterable[Story]) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, browsing(Path(folder)) as tab:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for story in stories:
            click.echo(story.title)
            for taken in played(tab, story):
                _keep(taken)


def _keep(taken: Taken) -> None:
    path_of(taken.picture).write_bytes(taken.png)
    words = f"{taken.words} words" if taken.words else ""
    click.echo(f"  {taken.picture.name:<24} {words:>9} {len(taken.png) / 1000:6.0f} kB")


def _bound() -> int:
    """Writes the page and throws away what isn't on it; the exit status."""
    known = {path_of(picture) for story in STORIES for picture in story.pictures}
    for stale in files() - known:
        stale.unlink()
    PAGE.write_text(page(STORIES), encoding="utf-8")
    size = sum(path.stat().st_size for path in files())
    click.echo(f"{len(known)} pictures, {size / 1e6:.2f} MB of at most {MOST_BYTES / 1e6:.1f}")
    return 0 if size <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
