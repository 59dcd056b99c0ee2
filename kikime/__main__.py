"""``python -m kikime`` is ``kikime``."""

from kikime.cli import main

main()
