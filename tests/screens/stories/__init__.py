"""Every picture there is: one short entry each, in the order in which the page shows them."""

from tests.screens.picture import Story
from tests.screens.stories.absent import DELEGATED, LEFT, STUCK
from tests.screens.stories.actions import ACTIONS, GROUPS
from tests.screens.stories.asking import FORMS, WAYS
from tests.screens.stories.deciding import APPROVED, CHANGED, DENIED, MANY
from tests.screens.stories.ending import ENDINGS, PRACTICE
from tests.screens.stories.homes import MANAGER_HOME, OPERATOR_HOME
from tests.screens.stories.lists import BULK
from tests.screens.stories.operating import (
    AWAY,
    CHANNEL,
    CONFIDENTIAL,
    COOLING,
    HANDED,
    PUSHED,
    REVIEW,
    STOPPED,
)
from tests.screens.stories.spans import DAYS, LATER, LEAVING
from tests.screens.stories.steps import ESCALATED, STEPS
from tests.screens.stories.talking import QUESTION, REMINDED

STORIES: tuple[Story, ...] = (
    WAYS, FORMS, APPROVED, DENIED, QUESTION, MANY, BULK, STEPS, REMINDED, ESCALATED, DELEGATED, LEFT, STUCK,
    CHANGED, CONFIDENTIAL, COOLING, ACTIONS, GROUPS, LEAVING, DAYS, LATER, CHANNEL, MANAGER_HOME,
    OPERATOR_HOME, REVIEW, PUSHED, ENDINGS, STOPPED, HANDED, AWAY, PRACTICE,
)  # fmt: skip
