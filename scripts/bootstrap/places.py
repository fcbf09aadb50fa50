"""Where things lie: the repository, its virtual environment and ANYWHERE_HOME."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """The folders that the steps write to."""

    root: Path
    venv: Path
    home: Path

    @property
    def bin(self) -> Path:
        """Return the folder of the tools that the steps put in place (helm, kubectl, node, npm)."""
        return self.home / "bin"

    @property
    def stamps(self) -> Path:
        """Return the folder that remembers what was done already."""
        return self.home / "stamps"

    @property
    def python(self) -> Path:
        """Return the Python of the virtual environment."""
        return self.venv / "bin" / "python"

    @property
    def frontend(self) -> Path:
        """Return the folder of the browser app."""
        return self.root / "frontend"


def here() -> Places:
    """Return the places of this checkout, ANYWHERE_HOME and VENV taken from the environment."""
    home = Path(os.environ.get("ANYWHERE_HOME") or ROOT / ".anywhere")
    venv = Path(os.environ.get("VENV") or ROOT / ".venv")
    return Places(root=ROOT, venv=absolute(venv), home=absolute(home))


def absolute(path: Path) -> Path:
    """Return the path from the repository's root when it is relative."""
    return path if path.is_absolute() else ROOT / path


def is_linux_amd64() -> bool:
    """Tell whether the bundled Helm runs on this machine."""
    return sys.platform == "linux" and os.uname().machine in ("x86_64", "amd64")
