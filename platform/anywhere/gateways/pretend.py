"""What a command would say where there are no containers: the practice cluster and the fakes answer like this."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

STDOUT, STDERR = 1, 2
NOWHERE = "/no/such/"  # programs under this path are not there
SHELLS = {"sh", "bash", "ash"}


@dataclass
class Pretended:
    """What was said on which stream, after how many seconds, and the exit code."""

    exit_code: int = 0
    seconds: float = 0.0
    said: list[tuple[int, str]] = field(default_factory=list)


def is_there(command: Sequence[str]) -> bool:
    """Give whether a container would have the program."""
    return not command[0].startswith(NOWHERE)


def pretend(command: Sequence[str]) -> Pretended:
    """Give how it ends: echo, sleep, true, false and exit do what they say, any other program counts as done."""
    done = Pretended()
    _run(list(command), done)
    return done


def _run(words: list[str], done: Pretended) -> bool:
    """Give whether the script goes on."""
    stream = STDERR if ">&2" in words else STDOUT
    words = [word for word in words if word != ">&2"]
    name = PurePosixPath(words[0]).name
    done.exit_code = 0
    if name in SHELLS and len(words) > 2 and words[1].startswith("-") and "c" in words[1]:
        return _script(words[2], done)
    if name == "echo":
        done.said.append((stream, " ".join(words[1:]) + "\n"))
    elif name == "sleep":
        done.seconds += _number(words)
    elif name == "false":
        done.exit_code = 1
    elif name == "exit":
        done.exit_code = int(_number(words))
        return False
    elif name != "true":
        done.said.append((STDOUT, f"{name} is not really run here; it counts as done.\n"))
    return True


def _script(text: str, done: Pretended) -> bool:
    for line in text.replace("\n", ";").split(";"):
        try:
            words = shlex.split(line)
        except ValueError:
            words = ["a script"]
        if words and not _run(words, done):
            return False
    return True


def _number(words: Sequence[str]) -> float:
    try:
        return float(words[1])
    except (IndexError, ValueError):
        return 0.0
