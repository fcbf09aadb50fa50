"""`python -m anywhere.launcher`: runs Anywhere on this machine until it is stopped."""

from __future__ import annotations

import sys

from anywhere.launcher.errors import CannotStart
from anywhere.launcher.options import read_options
from anywhere.launcher.run import run
from anywhere.launcher.screen import explain


def main() -> int:
    """Run Anywhere; 1 when it cannot start."""
    try:
        return run(read_options())
    except CannotStart as error:
        explain(error)
        return 1
    except OSError as error:
        explain(CannotStart(str(error), "Check that ANYWHERE_HOME can be written and the disk is not full."))
        return 1


if __name__ == "__main__":
    sys.exit(main())
