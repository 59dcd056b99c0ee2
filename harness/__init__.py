"""kikime: how well does a prompt work on a Japanese character language model?"""

__version__ = "0.1.0"
