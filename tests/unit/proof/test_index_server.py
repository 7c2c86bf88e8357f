"""The private index on loopback: what it passes on, and all that it refuses."""

from __future__ import annotations

import json
import shutil
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from private_wheel.azure.http import HttpClients
from private_wheel.errors import PermissionMissing, ServiceFailed, ServiceUnreachable
from private_wheel.inputs.ambient import read_http_config
from private_wheel.proof import loopback
from private_wheel.proof.index_server import IndexServer
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.address import parse_feed
from private_wheel.publish.feed.index import SimpleIndex
from sandbox import Sandbox

WheelMaker = Callable[..., Path]
FILE = "acme_forecast-1.2.3-py3-none-any.whl"


class Served:
    """The sandbox's feed with one wheel in it, passed on."""

    def __init__(self, sandbox: Sandbox, server: IndexServer) -> None:
        self.sandbox, self.server = sandbox, server
        self.failures: list[str] = []

    def get(self, path: str = "", *, method: str = "GET") -> requests.Response:
        """Ask for a path below the index, or for a whole URL."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method, path if "://" in path else self.server.index_url + path, timeout=60
            )


@pytest.fixture
def served(
    sandbox: Sandbox, tiny_wheel: WheelMaker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    for name, value in sandbox.environ().items():
        monkeypatch.setenv(name, value)
    shutil.copy(tiny_wheel(), sandbox.directory / "feeds" / "acme" / "_organisation")
    feed = parse_feed(sandbox.feed_url("acme", "python"))
    account = Account(username="x", token=lambda: sandbox.tokens.read, input="feed-token")
    http = HttpClients(read_http_config(sandbox.environ()))
    failures: list[str] = []
    with (
        closing(SimpleIndex(feed, account, http)) as index,
        IndexServer(index, feed.index_url, lambda: failures.append("told")) as server,
    ):
        served = Served(sandbox, server)
        served.failures = failures
        yield served


def test_a_project_and_its_file(served: Served, tiny_wheel: WheelMaker) -> None:
    page = served.get("acme-forecast/")
    assert page.headers["Content-Type"] == "application/vnd.pypi.simple.v1+json"
    (file,) = page.json()["files"]
    assert (page.json()["name"], file["filename"]) == ("acme-forecast", FILE)
    assert len(file["hashes"]["sha256"]) == 64
    answer = served.get(file["url"])
    assert answer.content == tiny_wheel().read_bytes()
    assert answer.history == []
    assert served.server.is_index_file(file["url"])
    assert served.server.failure is None


def test_what_the_index_says_of_a_file_is_kept(served: Served) -> None:
    page = (
        '<a href="a-1.tar.gz#sha256=AB" data-requires-python="&gt;=3.10">a</a>'
        '<a href="a-2.tar.gz" data-yanked="">b</a><a href="a-3.tar.gz" data-yanked="broken">c</a>'
    )
    served.sandbox.faults.add(
        server="feed", path="*/simple/a/", status=200, content_type="text/html", body=page
    )
    first, second, third = served.get("a/").json()["files"]
    assert (first["requires-python"], first["hashes"], "yanked" in first) == (
        ">=3.10",
        {"sha256": "ab"},
        False,
    )
    assert (second["yanked"], second["hashes"]) == (True, {})
    assert third["yanked"] == "broken"


@pytest.mark.parametrize(
    "path",
    [
        "", "unknown/", "Acme_Forecast/", "acme-forecast/other-1.0-py3-none-any.whl",
        "acme-forecast%0a/", f"unknown/{FILE}", f"acme-forecast/{FILE}/more",
        f"acme-forecast/%2e%2e%2f{FILE}", "..%2f..%2f/", "%00/",
        "https:%2f%2flocalhost/", "acme-forecast%2f",
    ],
)  # fmt: skip
def test_what_is_not_in_the_index(served: Served, path: str) -> None:
    assert served.get(path).status_code == 404
    assert served.server.failure is None


def test_without_the_random_segment_there_is_nothing(served: Served) -> None:
    address = urlsplit(served.server.index_url)
    origin, segment = f"{address.scheme}://{address.netloc}", address.path.split("/")[1]
    before = len(served.sandbox.requests)
    for path in (
        "",
        "/",
        "/simple/acme-forecast/",
        f"/{segment[:-1]}/simple/acme-forecast/",
        "/é/simple/",
        f"/{segment}",
    ):
        assert served.get(origin + path).status_code == 404
    assert len(served.sandbox.requests) == before
    assert address.hostname == "127.0.0.1"
    assert len(segment) >= 32


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD"])
def test_it_only_reads(served: Served, method: str) -> None:
    before = len(served.sandbox.requests)
    assert served.get("acme-forecast/", method=method).status_code in (405, 501)
    assert len(served.sandbox.requests) == before


def test_no_answer_holds_the_credential_or_leads_elsewhere(served: Served) -> None:
    """The feed's own link leads to its storage by a signed one, which is followed here."""
    answers = [
        served.get("acme-forecast/"),
        served.get(f"acme-forecast/{FILE}"),
        served.get("unknown/"),
    ]
    for answer in answers:
        text = json.dumps(dict(answer.headers)).encode() + answer.content
        assert served.sandbox.tokens.read.encode() not in text
        assert b"Location" not in text
        assert b"sig=" not in text
        assert b"localhost" not in text


def test_a_refusal_of_the_feed_is_remembered_and_told_once(served: Served) -> None:
    served.sandbox.faults.add(server="feed", path="*/simple/a/", status=403, times=None)
    assert [served.get("a/").status_code for _ in range(2)] == [502, 502]
    assert isinstance(served.server.failure, PermissionMissing)
    assert served.failures == ["told"]


class Answers(socketserver.BaseRequestHandler):
    """Gives every caller the same bytes, and hangs up."""

    bytes = b""

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(self.bytes)


@pytest.fixture
def storage() -> Iterator[Callable[[bytes], str]]:
    """Where the files of a feed may be: the address of one that answers like this."""
    servers = []

    def start(answer: bytes) -> str:
        server = socketserver.TCPServer(
            ("127.0.0.1", 0), type("Answer", (Answers,), {"bytes": answer})
        )
        threading.Thread(target=server.serve_forever, args=[0.05]).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/{FILE}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("head", "body", "failure"),
    [
        (b"Content-Length: 1000", b"short", ServiceUnreachable),
        (b"Transfer-Encoding: chunked", b"5\r\nshort\r\n", ServiceUnreachable),
        (b"Content-Length: 5", b"other", ServiceFailed),
        (b"Connection: close", b"other", ServiceFailed),
    ],
    ids=["cut short", "cut short between chunks", "other bytes", "other bytes of unknown length"],
)
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of the broken connection
def test_a_file_that_is_not_whole(
    served: Served,
    storage: Callable[[bytes], str],
    head: bytes,
    body: bytes,
    failure: type[Exception],
) -> None:
    link = storage(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body)
    page = f'<a href="{link}#sha256={"0" * 64}">file</a>'
    served.sandbox.faults.add(
        server="feed",
        path="*/simple/acme-forecast/",
        status=200,
        content_type="text/html",
        body=page,
    )
    with pytest.raises(requests.RequestException):
        served.get(f"acme-forecast/{FILE}")
    assert isinstance(served.server.failure, failure)


def test_a_file_of_unknown_length(served: Served, storage: Callable[[bytes], str]) -> None:
    link = storage(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 3_000_000)
    page = f'<a href="{link}">file</a>'
    served.sandbox.faults.add(
        server="feed",
        path="*/simple/acme-forecast/",
        status=200,
        content_type="text/html",
        body=page,
    )
    answer = served.get(f"acme-forecast/{FILE}")
    assert (answer.headers["Transfer-Encoding"], answer.content) == ("chunked", b"a" * 3_000_000)
    assert served.server.failure is None


def test_files_of_this_machine(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "acme_core-1.0+local-py3-none-any.whl"
    path.write_bytes(b"bytes" * 10**6)
    url = served.server.add(path, "https://real.invalid/acme_core.whl")
    assert served.get(url).content == path.read_bytes()
    assert not served.server.is_index_file(url)
    for wrong in (
        url.replace("/files/0/", "/files/1/"),
        url.replace("acme_core", "other"),
        url.replace("/0/", "/-1/"),
    ):
        assert served.get(wrong).status_code == 404
    for number in ("9" * 5000, "\u0660", "00"):
        assert served.get(url.replace("/0/", f"/{number}/")).status_code == 404
    assert served.server.failure is None


def test_at_its_end_nobody_gets_anything(served: Served) -> None:
    """Not on a connection that is open already either."""
    with requests.Session() as session:
        session.trust_env = False
        url = served.server.index_url + "acme-forecast/"
        assert session.get(url, timeout=60).status_code == 200
        served.server.close()
        assert session.get(url, timeout=60).status_code == 404
    with pytest.raises(requests.ConnectionError):
        served.get("acme-forecast/")


def test_who_asks_nothing_keeps_nobody_out_for_long(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loopback._Handler, "timeout", 2.0)
    address = urlsplit(served.server.index_url)
    before = threading.active_count()
    with ExitStack() as idle:
        for _ in range(200):
            idle.enter_context(
                closing(socket.create_connection((address.hostname, address.port or 0), timeout=60))
            )
        with pytest.raises(requests.ConnectionError):
            served.get("acme-forecast/")
        assert threading.active_count() - before <= 128
        time.sleep(3)
        assert served.get("acme-forecast/").status_code == 200
    assert served.server.failure is None


def test_a_slow_reader_is_waited_for(
    served: Served, storage: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than for a question."""
    monkeypatch.setattr(loopback._Handler, "timeout", 0.5)
    link = storage(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 30_000_000)
    served.sandbox.faults.add(
        server="feed",
        path="*/simple/acme-forecast/",
        status=200,
        content_type="text/html",
        body=f'<a href="{link}">',
    )
    with requests.Session() as session:
        session.trust_env = False
        with session.get(
            served.server.index_url + f"acme-forecast/{FILE}", stream=True, timeout=60
        ) as answer:
            time.sleep(2)
            assert len(answer.content) == 30_000_000


def test_texts_get_the_real_names_back(served: Served, tmp_path: Path) -> None:
    server = served.server
    wheel = server.add(tmp_path / "a b.whl", "https://real.invalid/a%20b.whl")
    real = parse_feed(served.sandbox.feed_url("acme", "python")).index_url
    url = server.index_url
    text = f"from {url}, {url.rstrip('/')}, {wheel} and {url}a/b.whl"
    assert server.with_real_names(text) == (
        f"from {real}, {real.rstrip('/')}, https://real.invalid/a%20b.whl and {real}a/b.whl"
    )
    segment = urlsplit(server.index_url).path.split("/")[1]
    assert segment not in server.with_real_names(f"part of it: {segment}/else")


def test_the_index_in_other_spellings(served: Served) -> None:
    real = parse_feed(served.sandbox.feed_url("acme", "python")).index_url
    host = urlsplit(real).netloc
    for url in (
        real,
        real.rstrip("/"),
        real.replace("acme", "ACME"),
        real.replace(host, f"user@{host}"),
    ):
        assert served.server.reachable(url) == served.server.index_url
    for url in (
        real + "other/",
        real.replace("python", "python2"),
        "https://pypi.org/simple",
        real.replace("https", "http"),
    ):
        assert served.server.reachable(url) == url
