"""`python -m tobs_tui` is the command `tobs-tui`."""

import sys

from tobs_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
