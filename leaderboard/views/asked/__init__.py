"""問いと人物: what the bundled tasks ask, with the replies that hold their checks to account, and whom it is asked of."""

from kikime.leaderboard.page.registry import Page
from kikime.leaderboard.views.asked.view import show

PAGE = Page("asked", "asked", 65, show)
