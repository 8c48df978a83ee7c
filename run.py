"""The front door of the shop. ``python3 run.py`` opens it, ``python3 run.py --help`` tells the rest.

This file is plain enough for Pythons of long ago to say that they are too old; the work is done in tools/front_door.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("The shop needs Python 3.11 or newer, this is %d.%d." % sys.version_info[:2])

try:
    from tools.front_door import main
except KeyboardInterrupt:  # Ctrl-C before anything could listen for it
    sys.exit(0)

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
