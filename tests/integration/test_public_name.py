"""What the public index is asked before a second index is put beside it, and what is made of its
answer."""

from __future__ import annotations

import base64
import logging
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from private_wheel.azure.http import READ_TIMEOUT, HttpClients
from private_wheel.inputs.ambient import read_http_config
from private_wheel.publish.feed.address import parse_feed
from private_wheel.publish.feed.public_name import public_name_warnings
from private_wheel.system.pip_configuration import read_pip_configuration
from sandbox import Sandbox
from sandbox.network.recording import RecordedRequest

from .conftest import Job

INDEX_VARIABLES = ("PIP_INDEX_URL", "PIP_NO_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL")


@dataclass(frozen=True, kw_only=True)
class Asker:
    sandbox: Sandbox
    machine: Mapping[str, str]

    def ask(self, *names: str, **variables: str) -> list[str]:
        """On a machine whose pip is told nothing but `variables`; the sandbox's public index,
        unless they name one."""
        told = variables or {"PIP_INDEX_URL": self.sandbox.public_index_url}
        feed = parse_feed(self.sandbox.feed_url("acme", "python"))
        pip = read_pip_configuration({**self.machine, **told})
        http = HttpClients(read_http_config(self.sandbox.environ()))
        return public_name_warnings(names or ["acme-forecast"], pip, feed, http)

    @property
    def asked(self) -> list[RecordedRequest]:
        return [request for request in self.sandbox.requests if "acme-forecast" in request.path]


@pytest.fixture
def asker(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asker:
    for name, value in sandbox.environ().items():
        monkeypatch.setenv(name, value)
    return Asker(sandbox=sandbox, machine={"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"})


def with_login(url: str, login: str = "reader:index-password") -> str:
    return url.replace("://", f"://{login}@")


class TestAnswers:
    def test_an_unknown_name_is_no_news(self, asker: Asker) -> None:
        assert asker.ask() == []
        assert [request.path for request in asker.asked] == ["/simple/acme-forecast/"]

    def test_a_project_of_the_same_name(self, asker: Asker) -> None:
        asker.sandbox.public_project("acme-forecast")
        (warning,) = asker.ask("acme-forecast", "acme-other")
        for word in (
            urlsplit(asker.sandbox.public_index_url).netloc,
            "acme-forecast",
            "--extra-index-url",
            "index-mode: only",
        ):
            assert word in warning
        assert "acme-other" not in warning

    def test_a_name_is_asked_once(self, asker: Asker) -> None:
        asker.sandbox.public_project("acme-forecast")
        assert len(asker.ask("acme-forecast", "acme-forecast")) == 1
        assert len(asker.asked) == 1

    def test_a_page_without_a_file_is_no_project(self, asker: Asker) -> None:
        """Some indexes have a page for every name; a proxy's own page names no file either."""
        page = (
            "<html><a href='../'>up</a> ask about whl and tar.gz files at help.zip.example</html>"
        )
        asker.sandbox.faults.add(
            server="public-index", status=200, body=page, content_type="text/html"
        )
        assert asker.ask() == []

    @pytest.mark.parametrize(
        "link",
        ['<a href="a-1.tar.gz">', "<a href='a-1-py3-none-any.whl#sha256=00'>", "<A HREF=a-1.zip>"],
    )
    def test_a_file_however_it_is_linked(self, asker: Asker, link: str) -> None:
        """Also where the page is cut in two between blocks."""
        for before in (0, 2**14 - len(link) + 3, 2**14 - 5, 2**15 - 9):
            page = "x" * before + link
            asker.sandbox.faults.add(
                server="public-index", status=200, body=page, content_type="text/html"
            )
            assert len(asker.ask()) == 1, before

    def test_a_page_without_end_is_not_read_to_it(self, asker: Asker) -> None:
        page = "x" * 2**23 + '<a href="a-1.whl">'
        asker.sandbox.faults.add(
            server="public-index", status=200, body=page, content_type="text/html"
        )
        assert asker.ask() == []

    @pytest.mark.parametrize("status", [401, 403, 429, 500, 503, 203])
    def test_any_other_answer_is_told(self, asker: Asker, status: int) -> None:
        asker.sandbox.faults.add(
            server="public-index", status=status, body="the server's own words"
        )
        (warning,) = asker.ask("acme-forecast")
        assert "acme-forecast" in warning
        assert "not known" in warning
        assert "check-public-name: false" in warning
        assert "own words" not in warning

    def test_names_that_could_not_be_asked_share_a_warning(self, asker: Asker) -> None:
        asker.sandbox.public_project("acme-one")
        asker.sandbox.faults.add(server="public-index", path="*/acme-two/", status=500)
        asker.sandbox.faults.add(server="public-index", path="*/acme-three/", status=500)
        known, unknown = asker.ask("acme-one", "acme-two", "acme-three", "acme-four")
        assert "acme-one" in known
        assert "acme-two or acme-three is" in unknown

    def test_many_names(self, asker: Asker) -> None:
        asker.sandbox.public_project("acme-n29")
        (warning,) = asker.ask(*(f"acme-n{number}" for number in range(30)))
        assert "acme-n29" in warning
        assert len(asker.sandbox.requests) == 30


class TestRedirects:
    def test_are_followed(self, asker: Asker) -> None:
        asker.sandbox.public_project("acme-forecast")
        location = f"{asker.sandbox.public_index_url}acme-forecast/"
        asker.sandbox.faults.add(server="plain-index", status=302, headers={"Location": location})
        index = with_login(asker.sandbox.plain_index_url)
        (warning,) = asker.ask(PIP_INDEX_URL=index)
        assert "also has a project acme-forecast" in warning
        first, second = asker.asked
        assert first.headers["Authorization"].startswith("Basic ")
        assert "Authorization" not in second.headers

    @pytest.mark.parametrize(
        ("location", "said"),
        [
            ("http://example.invalid/x/", "without https"),
            ("file:///etc/passwd", "without https"),
            ("https://localhost:1/", "could not be reached"),
        ],
    )
    def test_not_to_everywhere(self, asker: Asker, location: str, said: str) -> None:
        asker.sandbox.faults.add(server="public-index", status=302, headers={"Location": location})
        (warning,) = asker.ask()
        assert said in warning

    @pytest.mark.parametrize(
        "location", ["https://[", "https://localhost:999999/", "https://localhost:x/", "https://"]
    )
    def test_not_to_what_is_no_address(self, asker: Asker, location: str) -> None:
        """A server of a few lines: the sandbox's own would not say such a thing."""

        class Redirecting(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(302)
                self.send_header("Location", location)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            (warning,) = asker.ask(PIP_INDEX_URL=f"http://127.0.0.1:{server.server_port}/simple/")
            server.shutdown()
            thread.join()
        assert "could not be reached" in warning

    def test_not_to_a_sign_in_page(self, asker: Asker) -> None:
        location = f"{asker.sandbox.url('sign-in')}/_signin?realm=index"
        asker.sandbox.faults.add(server="public-index", status=302, headers={"Location": location})
        (warning,) = asker.ask()
        assert "it requires a sign-in" in warning
        assert not [request for request in asker.sandbox.requests if request.server == "sign-in"]

    def test_without_end(self, asker: Asker) -> None:
        asker.sandbox.faults.add(
            server="public-index",
            times=None,
            status=301,
            headers={"Location": asker.sandbox.public_index_url},
        )
        (warning,) = asker.ask()
        assert "redirects too often" in warning
        assert len(asker.sandbox.requests) < 10


class TestWhichIndex:
    def test_pips_configuration_names_it(self, asker: Asker, tmp_path: Path) -> None:
        asker.sandbox.public_project("acme-forecast")
        file = tmp_path / "chosen.conf"
        file.write_text(f"[global]\nindex-url = {asker.sandbox.public_index_url.rstrip('/')}\n")
        assert len(asker.ask(PIP_CONFIG_FILE=str(file))) == 1

    @pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
    @pytest.mark.parametrize("named", ["", "company="])
    def test_what_uv_is_told_comes_first(self, asker: Asker, variable: str, named: str) -> None:
        asker.sandbox.public_project("acme-forecast")
        url = named + asker.sandbox.public_index_url
        variables = {variable: url, "PIP_INDEX_URL": asker.sandbox.plain_index_url}
        assert "has a project" in asker.ask(**variables)[0]

    def test_a_credential_goes_to_it_and_is_not_told(self, asker: Asker) -> None:
        user, password = asker.sandbox.plain_index_account
        asker.sandbox.faults.echo_authorization = True
        index = with_login(asker.sandbox.plain_index_url, f"{user}:{password}")
        assert asker.ask(PIP_INDEX_URL=index) == []
        (warning,) = asker.ask(
            PIP_INDEX_URL=with_login(asker.sandbox.plain_index_url, f"{user}:wrong%2Fpassword")
        )
        assert "403" in warning
        assert not [word for word in (user, password, "wrong") if word in warning]
        assert (
            asker.asked[1].headers["Authorization"]
            == f"Basic {base64.b64encode(f'{user}:wrong/password'.encode()).decode()}"
        )

    @pytest.mark.parametrize("login", ["only-a-token", ":only-a-password", "one:two"])
    def test_a_credential_in_parts(self, asker: Asker, login: str) -> None:
        asker.sandbox.faults.add(server="plain-index", status=200)
        assert asker.ask(PIP_INDEX_URL=with_login(asker.sandbox.plain_index_url, login)) == []
        expected = base64.b64encode((login if ":" in login else f"{login}:").encode()).decode()
        assert asker.asked[0].headers["Authorization"] == f"Basic {expected}"

    @pytest.mark.parametrize(
        "url",
        [
            "file:///srv/simple",
            "http://index.example/simple/",
            "https://[",
            "/srv/simple",
            "http://u:p@h/s",
        ],
    )
    def test_one_that_cannot_be_asked(self, asker: Asker, url: str) -> None:
        (warning,) = asker.ask(PIP_INDEX_URL=url)
        assert "check-public-name: false" in warning
        assert "u:p" not in warning

    def test_none_at_all(self, asker: Asker) -> None:
        (warning,) = asker.ask(PIP_NO_INDEX="1")
        assert "no index" in warning

    @pytest.mark.parametrize("changed", [str, lambda url: url.rstrip("/"), with_login])
    def test_the_feed_itself(
        self, asker: Asker, changed: object, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert callable(changed)
        caplog.set_level(logging.INFO)
        assert asker.ask(PIP_INDEX_URL=changed(asker.sandbox.feed_url("acme", "python"))) == []
        assert asker.sandbox.requests == []
        assert "only index" in caplog.text

    def test_pypi_otherwise(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with Sandbox(tmp_path / "sandbox", public_names=True) as sandbox:
            for name, value in sandbox.environ().items():
                monkeypatch.setenv(name, value)
            asker = Asker(
                sandbox=sandbox, machine={"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}
            )
            sandbox.public_project("acme-forecast")
            (warning,) = asker.ask(PIP_CONFIG_FILE="/dev/null")
            assert "pypi.org also has a project acme-forecast" in warning
            assert sandbox.public_index_url == "https://pypi.org/simple/"


class TestTime:
    def test_a_host_that_never_answers(self, asker: Asker) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            begun = time.monotonic()
            url = f"https://localhost:{silent.getsockname()[1]}/simple/"
            (warning,) = asker.ask(*(f"acme-n{number}" for number in range(20)), PIP_INDEX_URL=url)
        assert time.monotonic() - begun < READ_TIMEOUT
        assert "5 seconds" in warning

    def test_a_host_that_refuses(self, asker: Asker) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            url = f"https://localhost:{closed.getsockname()[1]}/simple/"
        (warning,) = asker.ask(PIP_INDEX_URL=url)
        assert "could not be reached" in warning


class TestRun:
    """By `check-public-name`, in a job."""

    def test_a_project_of_the_same_name_is_a_warning(self, wheel_job: Job) -> None:
        wheel_job.sandbox.public_project("acme-forecast")
        outcome = wheel_job.run(
            package="*.whl", check_public_name="true", **wheel_job.feed_inputs()
        )
        assert outcome.status == 0, outcome.log
        (warning,) = outcome.warnings
        assert "index-mode: only" in warning
        assert "acme-forecast" in outcome.summary

    @pytest.mark.parametrize(
        "inputs",
        [
            {"index_mode": "only"},
            {"check_public_name": "false"},
            {"publish_to": "blob", "feed": ""},
        ],
    )
    def test_nobody_is_asked_without_need(self, wheel_job: Job, inputs: dict[str, str]) -> None:
        wheel_job.sandbox.public_project("acme-forecast")
        blob = wheel_job.blob_inputs() if "publish_to" in inputs else {}
        outcome = wheel_job.run(
            package="*.whl",
            **{"check_public_name": "true", **wheel_job.feed_inputs(), **blob, **inputs},
        )
        assert outcome.status == 0, outcome.log
        assert outcome.warnings == []
        assert not [
            request for request in wheel_job.sandbox.requests if request.server == "public-index"
        ]

    def test_an_index_that_cannot_be_asked_does_not_stop_it(self, wheel_job: Job) -> None:
        wheel_job.sandbox.faults.add(server="public-index", times=None, status=500)
        outcome = wheel_job.run(
            package="*.whl", check_public_name="true", **wheel_job.feed_inputs()
        )
        assert outcome.status == 0, outcome.log
        assert len(outcome.warnings) == 1
        assert "check-public-name: false" in outcome.warnings[0]
