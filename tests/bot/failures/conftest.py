"""Every failure is tried on the stage of the journeys."""

from tests.bot.journeys.conftest import no_proxy, s

__all__ = ["no_proxy", "s"]
