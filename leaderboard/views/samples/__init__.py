"""サンプル: every reply of a run, a page at a time, and one in full."""

from kikime.leaderboard.page.registry import Page
from kikime.leaderboard.views.samples.view import show

PAGE = Page("samples", "samples", 40, show)
