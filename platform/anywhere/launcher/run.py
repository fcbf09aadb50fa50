"""One run of Anywhere, from its first check to its clean end."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from anywhere.launcher import kernel
from anywhere.launcher.errors import CannotStart
from anywhere.launcher.keys import Keys, load_keys
from anywhere.launcher.logs import last_lines
from anywhere.launcher.options import PRACTICE, WEB, Options
from anywhere.launcher.places import Home
from anywhere.launcher.ports import free_port, is_free
from anywhere.launcher.postgres import Postgres, embedded_postgres
from anywhere.launcher.preparation import STATE, Prepared, fingerprint, is_prepared, prepare
from anywhere.launcher.program import MARK
from anywhere.launcher.programs import application_programs, shared_environment
from anywhere.launcher.readiness import missing_for_ready
from anywhere.launcher.screen import say, step
from anywhere.launcher.supervisor import KEEPS_ENDING, Supervisor
from anywhere.launcher.valkey import Valkey

READY_WITHIN = 120.0


def run(options: Options) -> int:
    """Start everything, say when it is ready, keep it running until asked to stop; 0 after a clean end."""
    started = time.monotonic()
    home = Home.of(options.home)
    with only_one(home):
        end_leftovers(home)
        check_ports(options)
        keys = load_keys(home)
        supervisor = Supervisor(home.logs, say)
        supervisor.listen()
        try:
            database_url, redis_url, is_new = start_databases(options, home, keys, supervisor)
            environment = shared_environment(options, home, keys, database_url, redis_url)
            prepared = bring_up_to_date(options, home, keys, environment, is_new)
            start_application(options, home, environment, supervisor)
            if not supervisor.stopping:
                announce(options, home, prepared, time.monotonic() - started)
            while not supervisor.stopping:
                supervisor.wait(supervisor.next_wake())
        finally:
            stop(supervisor)
    return 0


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Hold the home's lock, or CannotStart when another run has it."""
    with (home.run / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"it runs already from {home.path} (process {lock.read().strip() or 'unknown'}).",
                "Use that one, stop it with Ctrl-C, or set ANYWHERE_HOME and ANYWHERE_PORT for a second one.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def end_leftovers(home: Home) -> None:
    """End processes that an earlier run could not stop; its database server is left to its own clean stop."""
    for pid in kernel.processes_marked(MARK, str(home.path)):
        kernel.kill(pid, signal.SIGINT if kernel.name_of(pid) == "postgres" else signal.SIGKILL)


def check_ports(options: Options) -> None:
    """Return when the ports of this run are free, or CannotStart with the one that is taken."""
    wanted = {options.port: options.host, options.port + WEB: "127.0.0.1", options.port + PRACTICE: "127.0.0.1"}
    for port, host in wanted.items():
        if not is_free(port, host):
            raise CannotStart(
                f"port {port} is taken by another program.",
                f"Stop that program, or choose other ports: make run ANYWHERE_PORT={options.port + 100}",
            )


def start_databases(options: Options, home: Home, keys: Keys, supervisor: Supervisor) -> tuple[str, str, bool]:
    """Start the servers that no address was given for; gives both, and whether the database is new or foreign."""
    database_url, redis_url, is_new = options.database_url, options.redis_url, options.database_url is not None
    kept = home.read_json(STATE)
    server: Postgres | None = None
    cache: Valkey | None = None
    if redis_url is None:
        cache = Valkey(home.valkey, free_port(kept.get("valkey_port")), keys.redis_password)
        cache.end_leftover()
        supervisor.start(cache.program(str(home.path)))
        redis_url = cache.url
    if database_url is None:
        with step("PostgreSQL"):
            server = embedded_postgres(
                home.postgres, free_port(kept.get("postgres_port")), keys.database_password, say=say
            )
            server.clear_stale_lock()
            is_new = server.initialise()
            child = supervisor.start(server.program(str(home.path)))
            server.wait_until_ready(child.is_alive)
            database_url = server.url
    if cache is not None:
        with step("Valkey"):
            cache.wait_until_ready(supervisor.children["valkey"].is_alive)
    ports = {"postgres_port": server and server.port, "valkey_port": cache and cache.port}
    home.write_json(STATE, kept | {name: port for name, port in ports.items() if port})
    return database_url, redis_url, is_new


def bring_up_to_date(options: Options, home: Home, keys: Keys, environment: dict[str, str], must: bool) -> Prepared:
    """Run the preparation when the database is new or foreign, or something it depends on has changed."""
    wanted = fingerprint(options, keys.secret_key)
    if not must and is_prepared(home, wanted):
        return Prepared(admin_created=False, generated_password=None)
    with step("Database, first administrator, bundled packages"):
        return prepare(options, home, environment, wanted)


def start_application(options: Options, home: Home, environment: dict[str, str], supervisor: Supervisor) -> None:
    """Start the processes, those that others wait for first, and return when /readyz says so."""
    programs = application_programs(options, home, environment)
    with step("Web, events, worker, practice cluster, watcher, beat"):
        for program in programs:
            if not program.waits_for_ready:
                supervisor.start(program)
        wait_until_ready(options, supervisor)
        for program in programs:
            if program.waits_for_ready and not supervisor.stopping:
                supervisor.start(program)


def wait_until_ready(options: Options, supervisor: Supervisor) -> None:
    """Return when the portal is ready or a stop was asked for; CannotStart when it will not become ready."""
    deadline = time.monotonic() + READY_WITHIN
    while not supervisor.stopping:
        missing = missing_for_ready(options.port)
        if not missing:
            return
        for child in supervisor.children.values():
            if child.quick_ends >= KEEPS_ENDING:
                lines = "\n".join("    " + line for line in last_lines(child.log))
                raise CannotStart(f"{child.program.name} ends again and again.\n{lines}", f"Read {child.log}.")
        if time.monotonic() > deadline:
            raise CannotStart(
                f"not ready after {READY_WITHIN:.0f} s: {'; '.join(missing)}.", f"Read {supervisor.logs}."
            )
        supervisor.wait(0.1)


def announce(options: Options, home: Home, prepared: Prepared, seconds: float) -> None:
    """Say that Anywhere is ready and how to sign in."""
    say(f"Anywhere is ready at {options.address}")
    if prepared.generated_password:
        say(
            f"Sign in as {options.admin_email} with the password {prepared.generated_password} "
            f"(kept in {home.admin_password})."
        )
    elif options.admin_password:
        say(f"Sign in as {options.admin_email} with the password from ANYWHERE_ADMIN_PASSWORD.")
    elif home.admin_password.exists():
        say(f"Sign in as {options.admin_email}; the password is in {home.admin_password}.")
    say(f"Started in {seconds:.1f} s. Logs are in {home.logs}. Ctrl-C stops everything.")


def stop(supervisor: Supervisor) -> None:
    """Stop everything, and say so when something was running."""
    if not any(child.is_alive() for child in supervisor.children.values()):
        return
    begun = time.monotonic()
    killed = supervisor.stop_all()
    extra = f"; {', '.join(killed)} had to be killed" if killed else ""
    say(f"Anywhere has stopped ({time.monotonic() - begun:.1f} s{extra}).")
