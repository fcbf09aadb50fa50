"""Makes a bare machine ready for one command of the Makefile: `python3 scripts/bootstrap run|test|tools`.

Standard library only; this first file also parses on older Pythons, so that it can say what is needed.
"""

import os
import shutil
import sys

NEEDED = (3, 11)


def newer_python():
    """Return the path of a Python that is new enough, or None."""
    for minor in range(14, NEEDED[1] - 1, -1):
        found = shutil.which("python3." + str(minor))
        if found:
            return found
    return None


def main():
    """Run the steps of the asked command; 0 when the machine is ready."""
    if sys.version_info < NEEDED:
        other = newer_python()
        if other:
            os.execv(other, [other] + sys.argv)
        sys.stderr.write(
            "Anywhere needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".\n"
            "Install it (Debian: apt-get install python3 python3-venv) or name one: make run PYTHON=/path/to/python3\n"
        )
        return 1
    from plan import carry_out

    return carry_out(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
