"""比較: two runs over the same questions; every difference is B − A."""

from kikime.leaderboard.page.registry import Page
from kikime.leaderboard.views.compare.view import show

PAGE = Page("compare", "compare", 30, show)
