"""The program that keeps JupyterLab's home folder in an object store, against one that says what it is told to say."""

import fcntl
import http.server
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.charts.chart import ROOT

FILES = ROOT / "jupyter/files"
FOLDER, SECRET = "team", "not-to-be-told-0001"
# The tests may run as a user who reads everything.
SCAN = """
import os
scan = os.scandir
def refusing(path):
    if str(path) == "FOLDER":
        raise PermissionError(13, "Permission denied")
    return scan(path)
os.scandir = refusing
"""
OLD = [f"{FOLDER}/2026-01-0{day}T00-00-00-000000Z.tar.gz" for day in (1, 2, 3)]


class Store(http.server.BaseHTTPRequestHandler):
    """As much of S3 as is asked for; what is to go wrong stands in the server's `wrong`."""

    def log_message(self, *words: object) -> None:
        pass

    def _answer(self, code: int = 200, body: bytes = b"", length: int | None = None, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _went_wrong(self, what: str) -> bool:
        self.server.asked.append(what)
        code = self.server.wrong.get(what)
        if code:
            self._answer(code, b"<Error><Code>RequestTimeTooSkewed</Code></Error>")
        return bool(code)

    def _read(self) -> tuple[str, dict[str, str], bytes]:
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        assert SECRET not in self.headers["Authorization"] and "AWS4-HMAC-SHA256" in self.headers["Authorization"]
        return urllib.parse.unquote(parts.path).removeprefix("/data/"), query, body

    def do_GET(self) -> None:
        key, query, _ = self._read()
        if "uploads" in query:
            found = "".join(
                f"<Upload><Key>{key}</Key><UploadId>{upload}</UploadId></Upload>"
                for upload, key in self.server.begun.items()
            )
            self._answer(body=f"<ListMultipartUploadsResult>{found}</ListMultipartUploadsResult>".encode())
        elif "list-type" in query:
            if self._went_wrong("list"):
                return
            found = sorted(each for each in self.server.files if each.startswith(query["prefix"]))
            begin = int(query.get("continuation-token", 0))
            page = "".join(f"<Contents><Key>{escape(each)}</Key></Contents>" for each in found[begin : begin + 2])
            more = f"<NextContinuationToken>{begin + 2}</NextContinuationToken>" if found[begin + 2 :] else ""
            self._answer(body=f"<ListBucketResult>{page}{more}</ListBucketResult>".encode())
        else:
            body = self.server.files[key]
            self._answer(body=body[: self.server.wrong.get("cut", len(body))], length=len(body))

    def do_HEAD(self) -> None:
        key, _, _ = self._read()
        self._answer(200 if key in self.server.files else 404)

    def do_PUT(self) -> None:
        key, query, body = self._read()
        if self._went_wrong(f"part {query['partNumber']}" if query else "put"):
            return
        if query:
            self.server.parts[query["uploadId"]].append(body)
        else:
            self.server.files[key] = body
        self._answer(ETag='"x"')

    def do_POST(self) -> None:
        key, query, _ = self._read()
        if "uploads" in query:
            self.server.parts["u1"] = []
            self._answer(body=b"<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
            return
        if "whole" in self.server.wrong or "u1" in self.server.parts:
            self.server.files[key] = b"".join(self.server.parts.pop("u1", []))
        if not self._went_wrong("whole"):
            self._answer(body=b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def do_DELETE(self) -> None:
        key, query, _ = self._read()
        if query:
            self.server.parts.pop(query["uploadId"], None)
            self.server.begun.pop(query["uploadId"], None)
        else:
            del self.server.files[key]
        self._answer(204)


@pytest.fixture
def server() -> Iterator[http.server.ThreadingHTTPServer]:
    """A store with nothing in it."""
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    made.files, made.parts, made.begun, made.wrong, made.asked = {}, {}, {}, {}, []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()


@pytest.fixture
def command(server: http.server.ThreadingHTTPServer, tmp_path: Path) -> Callable[..., list[str]]:
    """The program with small parts and no patience, for a home folder and where it brings copies back from."""
    binding = tmp_path / "binding"
    binding.mkdir()
    said = {"endpoint": f"http://127.0.0.1:{server.server_port}", "bucket": "data", "access-key-id": "app"}
    for key, value in {**said, "secret-access-key": SECRET}.items():
        (binding / key).write_text(value)

    def make(*words: str, came_from: str = FOLDER) -> list[str]:
        settings = tmp_path / "settings.json"
        settings.write_text(json.dumps({"backup": {"folder": FOLDER, "from": came_from, "keep": 2}}))
        program = tmp_path / "backup.py"
        text = (FILES / program.name).read_text().replace("/etc/anywhere/settings.json", str(settings))
        program.write_text(text.replace("TRIES = 5", "TRIES = 1").replace("PART = 16 << 20", "PART = 1 << 16"))
        text = (FILES / "s3.py").read_text()
        (tmp_path / "s3.py").write_text(text.replace("/bindings/object-store", str(binding)))
        return [sys.executable, str(program), *words]

    return make


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with a little of everything."""
    made = tmp_path / "home"
    (made / "venv/bin").mkdir(parents=True)
    (made / "venv/bin/python").symlink_to("/opt/conda/bin/python")
    (made / "out").symlink_to("../elsewhere")
    (made / "a note.txt").write_text("hello")
    os.link(made / "a note.txt", made / "same.txt")
    os.mkfifo(made / "queue")
    (made / ".cache").mkdir()
    (made / ".cache/thrown-away").write_text("x")
    (made / "restored-photo.csv").write_text("mine")
    (made / "restored-2026-01-01T00-00-00-000000Z").mkdir()
    (made / "zz-large").write_bytes(os.urandom(300_000))
    return made


@pytest.fixture
def run(command: Callable[..., list[str]], home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """What the program answers."""

    def ran(*words: str, code: int = 0, folder: Path = home, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HOME": str(folder)}
        answer = subprocess.run(
            command(*words, **more), env=environment, check=False, capture_output=True, text=True, timeout=60
        )
        assert "Traceback" not in answer.stderr and SECRET not in answer.stdout + answer.stderr
        assert bool(answer.returncode) == bool(code), answer.stdout + answer.stderr
        return answer

    return ran


def test_a_copy_comes_back_as_it_was(run: Callable, server: http.server.ThreadingHTTPServer, home: Path) -> None:
    said = run("store").stdout
    (key,) = server.files
    assert key in said and re.fullmatch(rf"{FOLDER}/[0-9T-]+Z\.tar\.gz", key)
    assert "queue: left out" in said and "restored-2026-01-01T00-00-00-000000Z: left out" in said
    assert key in run("list").stdout
    back = home / f"restored-{key.split('/')[1].removesuffix('.tar.gz')}"
    assert f"is in {back}" in run("restore").stdout
    assert (back / "zz-large").read_bytes() == (home / "zz-large").read_bytes()
    assert [(back / name).read_text() for name in ("a note.txt", "same.txt")] == ["hello", "hello"]
    assert (
        os.readlink(back / "venv/bin/python") == "/opt/conda/bin/python" and os.readlink(back / "out") == "../elsewhere"
    )
    assert (back / "restored-photo.csv").read_text() == "mine"
    assert not (back / ".cache").exists() and not list(home.glob("*.part"))
    assert "is there already" in run("restore", code=1).stderr


def test_the_oldest_go_and_nothing_that_is_no_copy(run: Callable, server: http.server.ThreadingHTTPServer) -> None:
    others = [f"{FOLDER}/ada/2026-01-01T00-00-00-000000Z.tar.gz", f"{FOLDER}/train.tar.gz", "teams/x.tar.gz"]
    server.files.update(dict.fromkeys([*OLD, *others], b"x"))
    run("store")
    new = set(server.files) - set(OLD) - set(others)
    assert len(new) == 1 and set(server.files) == {OLD[2], *others, *new}


def test_another_folder_is_read_and_never_written(run: Callable, server: http.server.ThreadingHTTPServer) -> None:
    run("store")
    (key,) = server.files
    server.files["bea/" + key.split("/")[1]] = server.files.pop(key)
    assert "is in " in run("restore", came_from="bea").stdout
    run("store", came_from="bea")
    assert sorted(each.split("/")[0] for each in server.files) == ["bea", FOLDER]


def test_a_connection_that_is_cut_is_no_end(run: Callable, server: http.server.ThreadingHTTPServer, home: Path) -> None:
    run("store")
    (key,) = server.files
    for most in (100, 2000, 150_000, len(server.files[key]) - 1):
        server.wrong = {"cut": most}
        assert "cannot restore: " in run("restore", code=1).stderr
        assert not list(home.glob("*.part")) and len(list(home.glob("restored-20*"))) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"part 2": 500}, "the object store answers 500 RequestTimeTooSkewed"),
        ({"part 1": 403}, "the object store answers 403 RequestTimeTooSkewed"),
    ],
)
def test_what_fails_half_way_leaves_nothing(
    run: Callable, server: http.server.ThreadingHTTPServer, wrong: dict, words: str
) -> None:
    server.wrong = wrong
    assert words in run("store", code=1).stderr
    assert server.files == {} and server.parts == {}
    (failed,) = wrong
    assert server.asked.count(failed) == 1 and "part 3" not in server.asked


def test_a_whole_copy_whose_answer_was_lost_is_there(run: Callable, server: http.server.ThreadingHTTPServer) -> None:
    server.wrong = {"whole": 404}
    assert "4 files" not in run("store").stderr
    assert len(server.files) == 1 and server.parts == {}


def test_one_that_is_stopped_takes_its_parts_back(
    command: Callable[..., list[str]], server: http.server.ThreadingHTTPServer, home: Path
) -> None:
    (home / "zz-more").write_bytes(os.urandom(30_000_000))
    process = subprocess.Popen(
        command("store"), env={**os.environ, "HOME": str(home)}, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not server.parts.get("u1"):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert "stopped" in process.communicate(timeout=30)[1]
    assert process.returncode != 0 and server.files == {} and server.parts == {}


def test_parts_that_were_left_yesterday_go_and_those_of_now_stay(
    run: Callable, server: http.server.ThreadingHTTPServer
) -> None:
    now = f"{FOLDER}/2099-01-01T00-00-00-000000Z.tar.gz"
    server.begun = {
        "old": OLD[0],
        "now": now,
        "other": f"{FOLDER}/train.tar.gz",
        "theirs": OLD[0].replace("team", "bea"),
    }
    run("store")
    assert set(server.begun) == {"now", "other", "theirs"}


def copy_of(files: dict[str, bytes], links: list[tuple[str, str]]) -> bytes:
    """An archive as somebody else may have made it."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return whole.getvalue()


def test_nothing_is_written_outside_of_the_copy(
    run: Callable, server: http.server.ThreadingHTTPServer, home: Path
) -> None:
    (home / "startup").mkdir()
    long = "a/" * 1200 + "x"
    links = [("a", "../startup"), ("a/00.py", "/tmp/evil.py"), ("a", "again"), ("../up", "x"), ("fine/b", "../in.txt")]
    server.files[OLD[1]] = copy_of({"in.txt": b"in", "../out.txt": b"out", "/abs.txt": b"abs", long: b"x"}, links)
    said = run("restore").stdout
    back = home / "restored-2026-01-02T00-00-00-000000Z"
    assert (back / "fine/b").read_text() == "in" and os.readlink(back / "a") == "../startup"
    assert not list((home / "startup").iterdir()) and not (home / "out.txt").exists() and not (home / "up").exists()
    assert "a/00.py: left out" in said and "../out.txt: left out" in said and "a: left out" in said


def test_one_that_is_named_is_brought_back(run: Callable, server: http.server.ThreadingHTTPServer, home: Path) -> None:
    server.files.update({key: copy_of({"name.txt": key.encode()}, []) for key in OLD})
    run("restore", "2026-01-02")
    assert (home / "restored-2026-01-02T00-00-00-000000Z/name.txt").read_text() == OLD[1]
    assert "there is no copy team" in run("restore", "team", code=1).stderr


def test_two_are_not_brought_back_at_once(run: Callable, server: http.server.ThreadingHTTPServer, home: Path) -> None:
    server.files[OLD[1]] = copy_of({"in.txt": b"in"}, [])
    held = os.open(home, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    assert "another one is being brought back" in run("restore", code=1).stderr
    os.close(held)
    run("restore")


def test_deep_folders_are_no_trouble(run: Callable, server: http.server.ThreadingHTTPServer) -> None:
    # In a place of its own: what tidies up after the tests goes down into folders by calling itself.
    folder = Path(tempfile.mkdtemp())
    here = os.open(folder, os.O_RDONLY)
    try:
        for _ in range(1100):
            os.mkdir("d", dir_fd=here)
            here, former = os.open("d", os.O_RDONLY, dir_fd=here), here
            os.close(former)
        run("store", folder=folder)
        assert len(server.files) == 1
    finally:
        os.close(here)
        subprocess.run(["rm", "-rf", folder], check=True)


def test_folders_that_cannot_be_read_are_named(
    run: Callable, server: http.server.ThreadingHTTPServer, home: Path, command: Callable[..., list[str]]
) -> None:
    (home / "secret").mkdir()
    program = Path(command("store")[1])
    mended = SCAN.replace("FOLDER", str(home / "secret"))
    text = program.read_text().replace("import contextlib\n", f"import contextlib\n{mended}", 1)
    program.write_text(text)
    answer = subprocess.run(
        [sys.executable, program, "store"],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "secret: left out, Permission denied" in answer.stdout and len(server.files) == 1


@pytest.mark.parametrize("verb", ["store", "list", "restore"])
def test_without_a_store_the_answer_is_a_sentence(
    run: Callable, server: http.server.ThreadingHTTPServer, verb: str
) -> None:
    server.wrong = {"list": 403, "part 1": 403}
    assert "the object store answers 403 RequestTimeTooSkewed" in run(verb, code=1).stderr
    server.shutdown()
    server.server_close()
    assert "the object store does not answer" in run(verb, code=1).stderr


def test_no_copy_yet_is_said(run: Callable) -> None:
    assert run("list").stdout == "there is no copy yet\n"
    assert "there is no copy yet in the folder team" in run("restore", code=1).stderr
