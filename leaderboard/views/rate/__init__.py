"""人による評価: blind, shuffled, by several raters; ratings are appended to the run."""

from kikime.leaderboard.page.registry import Page
from kikime.leaderboard.views.rate.view import show

PAGE = Page("rate", "rate", 60, show)
