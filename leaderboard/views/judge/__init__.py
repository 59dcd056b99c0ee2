"""ジャッジ: can the judge be trusted?"""

from kikime.leaderboard.page.registry import Page
from kikime.leaderboard.views.judge.view import show

PAGE = Page("judge", "judge", 50, show)
