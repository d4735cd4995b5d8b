"""``python -m chat`` is the same as the command ``parley``."""

import sys

from chat.cli import main

if __name__ == "__main__":
    sys.exit(main())
