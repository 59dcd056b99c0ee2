"""モデル詳細: one run from all sides."""

from kikime.leaderboard.page.registry import Page
from kikime.leaderboard.views.model.view import show

PAGE = Page("model", "model", 20, show)
