"""Every picture there is: one short entry each, in the order in which the page shows them."""

from tests.screens.picture import Story
from tests.screens.stories.actions import ACTIONS
from tests.screens.stories.asking import FORMS, WAYS
from tests.screens.stories.deciding import APPROVED, CHANGED, DENIED, MANY
from tests.screens.stories.ending import ENDINGS, PRACTICE
from tests.screens.stories.operating import AWAY, CHANNEL, CONFIDENTIAL, STOPPED
from tests.screens.stories.steps import ESCALATED, STEPS

STORIES: tuple[Story, ...] = (
    WAYS, FORMS, APPROVED, DENIED, MANY, STEPS, ESCALATED, CHANGED, CONFIDENTIAL, ACTIONS, CHANNEL,
    ENDINGS, STOPPED, AWAY, PRACTICE,
)  # fmt: skip
