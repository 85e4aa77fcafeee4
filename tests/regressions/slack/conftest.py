"""A stage for whoever asks for one."""

from tests.bot.conftest import s

__all__ = ["s"]
