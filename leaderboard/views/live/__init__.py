"""実行中: how far the runs under way are, from their status files."""

from kikime.leaderboard.page.registry import Page
from kikime.leaderboard.views.live.view import show

PAGE = Page("live", "live", 70, show)
