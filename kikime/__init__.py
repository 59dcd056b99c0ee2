"""kikime: how well does a prompt work on a Japanese character language model?"""

from kikime.harness import __version__

__all__ = ["__version__"]
