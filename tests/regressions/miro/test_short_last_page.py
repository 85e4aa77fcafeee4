"""A look at everybody isn't given up because its last page is short."""

from pathlib import Path

import pytest

from bot.miro import client
from tests.bot.journeys.scenes import playing


def test_a_short_last_page_costs_no_look_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGE", 5)
    with playing(tmp_path) as s:
        emails = [f"p{number}@example.com" for number in range(5)]
        for email in emails:
            s.miro.add_user(email, email)
        looked = s.bot.miro.accounts(emails, len(emails), "")
        assert looked and set(looked[0]) == set(emails)
