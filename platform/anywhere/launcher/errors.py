"""What can keep Anywhere from starting, each with what to do about it."""

from __future__ import annotations


class CannotStart(Exception):
    """The start ends here; carries what happened and what one can do."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(what)
        self.what, self.do = what, do
