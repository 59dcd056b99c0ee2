"""``python -m harness`` is ``kikime``."""

from harness.cli import main

main()
