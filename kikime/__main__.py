"""``python -m kikime`` is ``kikime``."""

from kikime.cli import main

if __name__ == "__main__":
    main()
