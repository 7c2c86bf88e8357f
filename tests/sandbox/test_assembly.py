"""What the sandbox offers to tests: faults, the record of requests, and the image build."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from sandbox import Sandbox
from sandbox.workspace.image_build import ImageBuildError, build_image
from tests.sandbox.calls import PAT_BODY, SECRET, VERSION, call, call_arm, project_page, upload

WheelMaker = Callable[..., Path]


class TestFaults:
    def test_some_answers_then_normal(self, sandbox: Sandbox) -> None:
        sandbox.faults.add(
            server="arm", path="/meta*", status=429, headers={"Retry-After": "1"}, times=2
        )
        answers = [call(sandbox, "GET", sandbox.metadata_url) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [429, 429, 200]
        assert answers[0].headers["Retry-After"] == "1"

    def test_connection_reset(self, sandbox: Sandbox) -> None:
        sandbox.faults.add(server="arm", reset=True)
        with pytest.raises(requests.ConnectionError):
            call(sandbox, "GET", sandbox.metadata_url)
        assert call(sandbox, "GET", sandbox.metadata_url).status_code == 200
        assert [one.status for one in sandbox.requests] == [0, 200]

    def test_delay(self, sandbox: Sandbox) -> None:
        sandbox.faults.add(server="arm", delay=0.3)
        began = time.monotonic()
        assert call(sandbox, "GET", sandbox.metadata_url).status_code == 200
        assert time.monotonic() - began >= 0.3

    def test_upload_stored_then_503(self, sandbox: Sandbox, tiny_wheel: WheelMaker) -> None:
        """The half-taken upload of Azure/azure-sdk-for-python#9286."""
        sandbox.faults.add(server="feed", method="POST", status=503, after_work=True)
        answers = [upload(sandbox, tiny_wheel(), sandbox.tokens.write) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [503, 409]

    def test_echo(self, sandbox: Sandbox) -> None:
        sandbox.faults.echo_authorization = True
        sandbox.faults.echo_body = True
        page = project_page(sandbox, "missing", sandbox.tokens.read)
        assert f"any:{sandbox.tokens.read}" in page.json()["message"]
        html = project_page(sandbox, "missing", sandbox.tokens.expired)
        assert f"any:{sandbox.tokens.expired}" in html.text
        body = {"properties": {**PAT_BODY["properties"], "category": "x"}}
        url = f"{sandbox.workspace('acme-ml').arm_id}/connections/acme?{VERSION}"
        message = call_arm(sandbox, "PUT", url, body=body).json()["error"]["message"]
        assert SECRET in message
        assert "Authorization: Bearer " in message
        assert (
            "Bearer"
            not in call(
                sandbox, "GET", sandbox.metadata_url, headers={"Authorization": "Bearer x"}
            ).text
        )

    def test_what_is_recorded(self, sandbox: Sandbox) -> None:
        project_page(sandbox, "acme-forecast", sandbox.tokens.read)
        (one,) = sandbox.requests
        assert (one.server, one.method, one.status) == ("feed", "GET", 404)
        assert one.path == "/acme/_packaging/python/pypi/simple/acme-forecast/"
        assert one.headers["Authorization"].startswith("Basic ")

    def test_a_silent_client_stops_nobody(self, sandbox: Sandbox) -> None:
        port = int(sandbox.url("arm").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)):
            assert call(sandbox, "GET", sandbox.metadata_url).status_code == 200


class TestImageBuild:
    def conda_file(self, sandbox: Sandbox, directory: Path) -> Path:
        file = directory / "conda.yml"
        file.write_text(
            "dependencies:\n"
            "- python=3.11\n"
            "- pip:\n"
            f"  - --index-url {sandbox.feed_url('acme', 'python')}\n"
            "  - acme-forecast==1.2.3\n"
        )
        return file

    def connect(
        self, sandbox: Sandbox, name: str = "acme", path: str = "/acme", token: str = ""
    ) -> None:
        sandbox.workspace("acme-ml").connections[name] = {
            **PAT_BODY["properties"],
            "target": sandbox.url("feed") + path,
            "credentials": {"pat": token or sandbox.tokens.read},
        }

    def build(self, sandbox: Sandbox, directory: Path) -> Path:
        """Everything that the build leaves is below `directory`/work."""
        work = directory / "work"
        work.mkdir()
        environ = {**os.environ, **sandbox.environ(), "TMPDIR": str(work)}
        file = self.conda_file(sandbox, work)
        return build_image(file, sandbox.workspace("acme-ml"), work / "image", environ).python

    def test_installs_with_the_closest_connection(
        self, sandbox: Sandbox, tiny_wheel: WheelMaker, tmp_path: Path
    ) -> None:
        upload(sandbox, tiny_wheel(), sandbox.tokens.write)
        self.connect(sandbox)
        self.connect(sandbox, "whole-host", "", sandbox.tokens.expired)
        self.connect(sandbox, "other-prefix", "/ac", sandbox.tokens.expired)
        python = self.build(sandbox, tmp_path)
        assert list(python.parents[1].rglob("acme_forecast.py"))
        token = sandbox.tokens.read.encode()
        left = [file for file in (tmp_path / "work").rglob("*") if file.is_file()]
        assert not [file for file in left if token in file.read_bytes()]

    def test_without_connection(self, sandbox: Sandbox, tmp_path: Path) -> None:
        with pytest.raises(ImageBuildError, match="EOFError") as caught:
            self.build(sandbox, tmp_path)
        assert "User for localhost" in str(caught.value)

    def test_two_connections_for_one_target(self, sandbox: Sandbox, tmp_path: Path) -> None:
        self.connect(sandbox, "one", "/acme/")
        self.connect(sandbox, "two", "/acme")
        with pytest.raises(ImageBuildError, match="Unique workspace connection not available"):
            self.build(sandbox, tmp_path)
