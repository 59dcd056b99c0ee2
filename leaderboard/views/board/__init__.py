"""リーダーボード: who is where, how surely, and why."""

from kikime.leaderboard.page.registry import Page
from kikime.leaderboard.views.board.view import show

PAGE = Page("board", "", 10, show)
