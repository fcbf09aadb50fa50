"""What is wrong with an archive."""

from __future__ import annotations


class ArchiveRefused(ValueError):
    """The archive is not taken: a stable code and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
