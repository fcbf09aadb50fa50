"""How the command ends: its exit codes and the errors that lead to them."""

from __future__ import annotations

from typing import Any

DONE, FAILED, USAGE, NOT_FOUND, REFUSED, TIMED_OUT = 0, 1, 2, 3, 4, 5


class CliError(Exception):
    """Ends the command with an exit code, a title, and what to do."""

    def __init__(self, title: str, detail: str = "", exit_code: int = FAILED, problem: dict[str, Any] | None = None):
        super().__init__(title)
        self.title, self.detail, self.exit_code = title, detail, exit_code
        self.problem = problem or {"code": f"cli.exit_{exit_code}", "title": title, "detail": detail}


def of_problem(status: int, problem: dict[str, Any]) -> CliError:
    """Give the error of an answer that is a problem document."""
    if status == 404:
        code = NOT_FOUND
    elif status in (400, 401, 403, 409, 413, 415, 422, 428, 429):
        code = REFUSED
    else:
        code = FAILED
    detail = str(problem.get("detail") or "")
    for path, messages in (problem.get("fields") or {}).items():
        if not any(message in detail for message in messages):
            detail += f"\n  {path}: {' '.join(messages)}"
    return CliError(str(problem.get("title") or f"The server answered {status}"), detail.strip(), code, problem)
