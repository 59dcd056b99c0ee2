"""横断して読む: replies of all models, by a text that is searched or by the question that they answer."""

from kikime.leaderboard.page.registry import Page
from kikime.leaderboard.views.across.view import show

PAGE = Page("across", "across", 46, show)
