"""PostgreSQL with its backups in our own object store: what was written can be had again as of any moment.

The tests of this file follow each other on one object store and one database.
"""

import json
import time
from collections.abc import Callable

import pytest

from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.postgresql_client import Writer, answers, numbers, reachable, roles, rows
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
SCRIPT = ("bash", "/etc/postgresql/conf/backup.sh")
STORE = {"resources": {"cpu": "50m"}, "persistence": {"size": "2Gi"}}


class Kept:
    """A database of two servers with backups, the object store that has them, and what was written when."""

    def __init__(self, release: Callable[[str, str], Release]) -> None:
        self.release = release
        self.store = release("files", "object-store")
        self.store.bring_up(STORE)
        self.orders = release("orders", "postgresql")
        self.values = {
            **reachable(self.orders),
            "replicas": 2,
            "bindings": {"objectStore": "files-binding"},
            "backup": {"enabled": True, "keep": 2, "archiveTimeout": 10},
            "metrics": {"enabled": True},
        }
        self.orders.bring_up(self.values)
        self.moment = ""
        self.before: list[int] = []
        self.ledger: Ledger | None = None

    def primary(self) -> str:
        """The pod of the primary."""
        return next(pod for pod, role in roles(self.orders).items() if role == "primary")

    def admin(self) -> dict[str, str]:
        """How the superuser logs in."""
        return {"user": "postgres", "password": self.orders.secret("auth")["admin-password"], "dbname": "postgres"}

    def back_up(self) -> str:
        """Runs the procedure "Back up now" as the portal does."""
        return self.orders.procedure("backup", self.primary())

    def listed(self) -> list[str]:
        """The lines of the backups there are."""
        said = self.orders.execute(self.primary(), *SCRIPT, "list", container="postgresql")
        return [line for line in said.splitlines() if "parts" in line]

    def store_all(self) -> None:
        """Ends the piece of log that is being written, and waits until the object store has it."""
        last = rows(self.orders, "SELECT pg_walfile_name(pg_switch_wal())", **self.admin())[0][0]
        question = "SELECT last_archived_wal FROM pg_stat_archiver"
        eventually(lambda: rows(self.orders, question, **self.admin())[0][0] >= last, "the log is stored", 300)

    def another(self, name: str, **values: dict) -> Release:
        """Another release that is bound to the same object store."""
        made = self.release(name, "postgresql")
        made.bring_up({**reachable(made), "bindings": {"objectStore": "files-binding"}, **values})
        eventually(lambda: answers(made), "its address leads to it", 60)
        return made

    def restored(self, name: str, moment: str = "", **values: dict) -> Release:
        """Another release that begins with the backups of this one."""
        return self.another(name, restore={"prefix": f"{self.orders.namespace}/orders", "time": moment}, **values)


@pytest.fixture(scope="module")
def kept(release: Callable[[str, str], Release]) -> Kept:
    """What the tests share."""
    return Kept(release)


def test_all_data_and_the_log_are_stored_while_a_client_writes_and_the_primary_changes(kept: Kept) -> None:
    ledger = kept.ledger = Ledger(write=Writer(kept.orders))
    with ledger.running():
        kept.back_up()
        ledger.wait_for(50)
        kept.values["primary"] = 1
        kept.orders.bring_up(kept.values)
        eventually(lambda: roles(kept.orders) == {"orders-0": "replica", "orders-1": "primary"}, "handed over", 120)
        ledger.wait_for(50)
        kept.before = list(ledger.acknowledged)
        kept.moment = str(rows(kept.orders, "SELECT now()::text")[0][0])
        time.sleep(2)
        ledger.wait_for(50)
    assert ledger.report("postgresql with backups: handed over while the log is stored", numbers(kept.orders)).lost == 0
    assert len(kept.listed()) == 1 and "PostgreSQL 18.6" in kept.listed()[0]
    kept.store_all()


def test_restored_as_of_a_moment_it_has_what_was_there_and_not_what_came_later(kept: Kept) -> None:
    then = kept.restored("then", kept.moment)
    found = numbers(then)
    assert set(found) >= set(kept.before)
    later = {number for (number,) in rows(kept.orders, f"SELECT id FROM ledger WHERE at > '{kept.moment}'")}
    assert len(later) >= 50 and not set(found) & later
    rows(then, "INSERT INTO ledger (id) VALUES (-1)")
    assert "restoring from" in then.log(container="postgresql")
    then.uninstall()


def test_restored_to_the_end_of_the_log_it_has_every_acknowledged_row(kept: Kept) -> None:
    whole = kept.restored("whole", backup={"enabled": True})
    assert set(numbers(whole)) >= set(kept.ledger.acknowledged)
    look = ("bash", "-c", '. /etc/postgresql/conf/exchange.sh; keys "$BACKUP_PREFIX/log/"')
    stored = lambda: whole.execute("whole-0", *look, container="postgresql")  # noqa: E731
    eventually(lambda: ".history.gz" in stored(), "where its history branched off is stored", 60)
    whole.delete_pod()
    eventually(
        lambda: roles(whole) == {"whole-0": "primary"} and answers(whole), "the address leads to the new pod", 60
    )
    assert set(numbers(whole)) >= set(kept.ledger.acknowledged)
    whole.uninstall()


def test_the_schedule_makes_a_backup_and_the_oldest_goes(kept: Kept) -> None:
    first = kept.listed()[0]
    name = ("create", "job", "by-hand", "--from=cronjob/orders-backup")
    answer = kept.orders.run(kept.orders.kubectl, "-n", kept.orders.namespace, *name)
    assert answer.returncode == 0, answer.stderr

    def succeeded() -> bool:
        said = kept.orders.run(kept.orders.kubectl, "-n", kept.orders.namespace, "get", "job", "by-hand", "-o", "json")
        return json.loads(said.stdout)["status"].get("succeeded") == 1

    eventually(succeeded, "the job of the schedule is done", 240)
    assert len(kept.listed()) == 2
    kept.back_up()
    assert len(kept.listed()) == 2 and first not in kept.listed()


def test_another_database_does_not_write_into_the_folder_of_this_one(kept: Kept) -> None:
    before = kept.listed()
    backup = {"enabled": True, "prefix": f"{kept.orders.namespace}/orders"}
    other = kept.another("other", backup=backup)
    told = ("-n", other.namespace, "exec", "other-0", "-c", "postgresql", "--", *SCRIPT, "run")

    def refused() -> str:  # once the machine of the pod, too, knows where the address leads
        answer = other.run(other.kubectl, *told)
        assert answer.returncode != 0
        return "" if "the primary does not answer" in answer.stderr else answer.stderr

    assert "holds the backups of another database. Set backup.prefix to another folder" in eventually(
        refused, "it refuses", 60
    )
    rows(other, "CREATE TABLE ledger (id int)")
    password = other.secret("auth")["admin-password"]
    admin = {"user": "postgres", "password": password, "dbname": "postgres"}
    rows(other, "SELECT pg_switch_wal()", **admin)
    count = "SELECT failed_count > 0, archived_count FROM pg_stat_archiver"
    eventually(lambda: rows(other, count, **admin)[0] == (True, 0), "its log is not stored there", 120)
    assert kept.listed() == before
    other.uninstall()


def test_log_that_the_object_store_does_not_take_stays_and_is_stored_later(kept: Kept) -> None:
    count = "SELECT failed_count FROM pg_stat_archiver"
    before = rows(kept.orders, count, **kept.admin())[0][0]
    kept.store.uninstall()
    rows(kept.orders, "INSERT INTO ledger (id) VALUES (-2)")
    rows(kept.orders, "SELECT pg_switch_wal()", **kept.admin())
    eventually(lambda: rows(kept.orders, count, **kept.admin())[0][0] > before, "it could not be stored", 180)
    kept.store.bring_up(STORE)
    kept.store_all()


def test_keys_are_in_no_log_and_no_argument(kept: Kept) -> None:
    secret = kept.store.binding()["secret-access-key"]
    pod = kept.primary()
    for container in ("store", "postgresql"):
        assert secret not in kept.orders.api.read_namespaced_pod_log(pod, kept.orders.namespace, container=container)
        look = "for each in /proc/[0-9]*; do tr '\\0' '\\n' <$each/cmdline; cat $each/environ; done 2>/dev/null; true"
        assert secret not in kept.orders.execute(pod, "sh", "-c", look, container=container)


def test_the_exporter_has_the_numbers_of_every_alert_and_panel(kept: Kept) -> None:
    said = ""
    for number in (0, 1):
        with kept.orders.forwarded(9187, f"pod/orders-{number}") as port:
            said += kept.orders.run("curl", "-s", f"http://127.0.0.1:{port}/metrics").stdout
    for file in ("alerts", "dashboard"):
        text = (kept.orders.chart / f"monitoring/{file}.yaml").read_text()
        wanted = {word for word in text.replace("(", " ").replace("{", " ").split() if word.startswith("pg_")}
        assert wanted and not {word for word in wanted if f"\n{word}" not in said}
