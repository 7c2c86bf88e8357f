"""The sandbox's feeds refuse what Azure Artifacts refuses, as it refuses it; the plain index is
pypiserver's own."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.identity.access_tokens import DEVOPS_RESOURCE
from tests.sandbox.calls import call, project_page, upload

WheelMaker = Callable[..., Path]


class TestFeedRefusals:
    @pytest.mark.parametrize(
        ("token", "path", "status", "text"),
        [
            (
                "read",
                "/acme/_packaging/missing/pypi/simple/",
                404,
                "The feed with ID 'missing' doesn't exist.",
            ),
            ("read", "/acme/other/_packaging/python/pypi/simple/", 404, "FeedIdNotFoundException"),
            ("read", "/acme/_packaging/python@Nightly/pypi/simple/", 404, "python@Nightly"),
            ("read", "/acme/_packaging/python/pypi/simple/nothing/", 404, "nothing"),
            ("read", "/acme/_packaging/python/npm/", 404, "controller for path"),
            ("read", "/nobody/_packaging/python/pypi/simple/", 404, "controller for path"),
            (
                "read",
                "/acme/_packaging/python/pypi/download/a/1/a-1-py3-none-any.whl",
                404,
                "a-1-py3",
            ),
            (
                "expired",
                "/acme/_packaging/python/pypi/simple/",
                401,
                "Personal Access Token used has expired",
            ),
            (
                "other_organisation",
                "/acme/_packaging/python/pypi/simple/",
                401,
                "is not authorized",
            ),
            ("read", "/globex/_packaging/python/pypi/simple/", 401, "is not authorized"),
            (
                "write_only",
                "/acme/_packaging/python/pypi/simple/",
                403,
                "You need to have 'ReadPackages'.",
            ),
            ("sign_in_page", "/acme/_packaging/python/pypi/simple/", 203, "Sign In"),
            ("sign_in_redirect", "/acme/_packaging/python/pypi/simple/", 302, ""),
        ],
    )
    def test_reading(self, sandbox: Sandbox, token: str, path: str, status: int, text: str) -> None:
        auth = ("any", getattr(sandbox.tokens, token))
        answer = call(sandbox, "GET", sandbox.url("feed") + path, auth=auth)
        assert (answer.status_code, text in answer.text) == (status, True), answer.text

    @pytest.mark.parametrize(
        "auth", [None, ("any", "unknown"), ("any", ""), ("", "as the read token")]
    )
    def test_no_credential(self, sandbox: Sandbox, auth: tuple[str, str] | None) -> None:
        if auth == ("", "as the read token"):
            auth = ("", sandbox.tokens.read)
        answer = call(sandbox, "GET", sandbox.feed_url("acme", "python"), auth=auth)
        assert answer.status_code == 401
        assert answer.headers["X-VSS-ResourceTenant"] == sandbox.tenant_id
        assert "Basic realm=" in answer.headers["WWW-Authenticate"]
        assert "Bearer authorization_uri=" in answer.headers["WWW-Authenticate"]

    @pytest.mark.parametrize(
        ("token", "feed", "status", "text"),
        [
            ("read", "python", 403, "You need to have 'AddPackage'."),
            ("expired", "python", 401, "expired"),
            ("other_organisation", "python", 401, "is not authorized"),
            ("write", "missing", 404, "The feed with ID 'missing' doesn't exist."),
            ("write", "python@Release", 400, "view of a feed"),
            ("sign_in_page", "python", 203, "Sign In"),
            ("sign_in_redirect", "python", 302, ""),
            ("write", "python", 202, ""),
            ("write_only", "python", 202, ""),
        ],
    )
    def test_uploading(
        self,
        sandbox: Sandbox,
        tiny_wheel: WheelMaker,
        token: str,
        feed: str,
        status: int,
        text: str,
    ) -> None:
        url = sandbox.feed_url("acme", feed, api="upload")
        answer = upload(sandbox, tiny_wheel(), getattr(sandbox.tokens, token), url)
        assert (answer.status_code, text in answer.text) == (status, True), answer.text
        listed = project_page(sandbox, "acme-forecast", sandbox.tokens.read).status_code
        assert listed == (200 if status == 202 else 404)

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
    def test_wrong_method(self, sandbox: Sandbox, method: str) -> None:
        url = sandbox.feed_url("acme", "python")
        assert call(sandbox, method, url, auth=("any", sandbox.tokens.write)).status_code == 405

    def test_not_an_upload(self, sandbox: Sandbox) -> None:
        url = sandbox.feed_url("acme", "python", api="upload")
        answer = call(sandbox, "POST", url, data={"name": "x"}, auth=("any", sandbox.tokens.write))
        assert (answer.status_code, answer.json()["typeKey"]) == (400, "InvalidPackageException")

    @pytest.mark.parametrize(
        ("identity", "status"),
        [("contributor", 202), ("reader", 403), ("outsider", 401), ("stranger", 401)],
    )
    def test_entra_token(
        self, sandbox: Sandbox, tiny_wheel: WheelMaker, identity: str, status: int
    ) -> None:
        token = sandbox.access_tokens.issue(getattr(sandbox.identities, identity), DEVOPS_RESOURCE)
        assert upload(sandbox, tiny_wheel(), token).status_code == status

    def test_entra_token_for_another_resource(self, sandbox: Sandbox) -> None:
        token = sandbox.access_tokens.issue(sandbox.identities.contributor, sandbox.url("arm"))
        assert project_page(sandbox, "x", token).status_code == 401

    def test_expired_entra_token(self, sandbox: Sandbox) -> None:
        sandbox.access_tokens.lifetime = -1
        token = sandbox.access_tokens.issue(sandbox.identities.contributor, DEVOPS_RESOURCE)
        assert project_page(sandbox, "x", token).status_code == 401


class TestFeedPackages:
    def test_duplicate(self, sandbox: Sandbox, tiny_wheel: WheelMaker) -> None:
        wheel = tiny_wheel()
        assert upload(sandbox, wheel, sandbox.tokens.write).status_code == 202
        again = upload(sandbox, wheel, sandbox.tokens.write)
        message = f"The feed 'python' already contains file '{wheel.name}' in package 'acme-forecast 1.2.3'."
        assert (again.status_code, again.reason) == (409, message)
        assert again.json()["message"] == message
        assert again.json()["typeKey"] == "PackageAlreadyExistsException"

    def test_feeds_are_apart(self, sandbox: Sandbox, tiny_wheel: WheelMaker) -> None:
        upload(
            sandbox,
            tiny_wheel(),
            sandbox.tokens.write,
            sandbox.feed_url("acme", "python", "ml", "upload"),
        )
        assert project_page(sandbox, "acme-forecast", sandbox.tokens.read, "ml").status_code == 200
        assert project_page(sandbox, "acme-forecast", sandbox.tokens.read).status_code == 404

    def test_page_and_download(self, sandbox: Sandbox, tiny_wheel: WheelMaker) -> None:
        wheel = tiny_wheel()
        upload(sandbox, wheel, sandbox.tokens.write)
        page = project_page(sandbox, "Acme_Forecast", sandbox.tokens.read)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        link = (
            sandbox.feed_url("acme", "python", api="download") + f"acme-forecast/1.2.3/{wheel.name}"
        )
        assert page.headers["Content-Type"].startswith("text/html")
        assert f'<a href="{link}#sha256={digest}">{wheel.name}</a>' in page.text
        auth = ("any", sandbox.tokens.read)
        assert call(sandbox, "HEAD", link, auth=auth).status_code == 405
        found = call(sandbox, "GET", link, auth=auth)
        assert found.status_code == 303
        assert call(sandbox, "GET", found.headers["Location"]).content == wheel.read_bytes()
        assert call(sandbox, "GET", found.headers["Location"], auth=auth).status_code == 400

    def test_without_trailing_slash_and_through_a_view(
        self, sandbox: Sandbox, tiny_wheel: WheelMaker
    ) -> None:
        url = sandbox.feed_url("acme", "python", api="upload").rstrip("/")
        assert upload(sandbox, tiny_wheel(), sandbox.tokens.write, url).status_code == 202
        view = sandbox.feed_url("acme", "python@Local") + "acme-forecast"
        assert call(sandbox, "GET", view, auth=("any", sandbox.tokens.read)).status_code == 200

    def test_switches(self, sandbox: Sandbox, tiny_wheel: WheelMaker) -> None:
        switches = sandbox.feed_switches
        switches.hashes = False
        switches.listing_delay = 0.4
        switches.metadata_versions = frozenset({"1.0", "2.1"})
        switches.reserved.add(("acme-forecast", "1.0"))
        assert upload(sandbox, tiny_wheel(), sandbox.tokens.write).status_code == 202
        assert project_page(sandbox, "acme-forecast", sandbox.tokens.read).status_code == 404
        new = upload(
            sandbox, tiny_wheel(version="2.0"), sandbox.tokens.write, metadata_version="2.4"
        )
        assert (new.status_code, new.json()["message"]) == (
            400,
            "Metadata version '2.4' is unsupported. Supported versions are: 1.0,2.1.",
        )
        assert upload(sandbox, tiny_wheel(version="1.0"), sandbox.tokens.write).status_code == 409
        time.sleep(0.5)
        page = project_page(sandbox, "acme-forecast", sandbox.tokens.read)
        assert page.status_code == 200
        assert "sha256" not in page.text
        assert "1.0-" not in page.text

    def test_two_uploads_at_once(self, sandbox: Sandbox, tiny_wheel: WheelMaker) -> None:
        wheel = tiny_wheel()
        with ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(lambda _: upload(sandbox, wheel, sandbox.tokens.write), range(4))
            )
        assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]

    def test_large_file(self, sandbox: Sandbox, tiny_wheel: WheelMaker) -> None:
        """Past the sizes that servers keep in memory."""
        wheel = tiny_wheel(content=os.urandom(600_000).hex())
        assert upload(sandbox, wheel, sandbox.tokens.write).status_code == 202
        assert (
            hashlib.sha256(wheel.read_bytes()).hexdigest()
            in project_page(sandbox, "acme-forecast", sandbox.tokens.read).text
        )


class TestPlainIndex:
    def test_closed_to_others(self, sandbox: Sandbox) -> None:
        assert call(sandbox, "GET", sandbox.plain_index_url).status_code == 401
        assert (
            call(sandbox, "GET", sandbox.plain_index_url, auth=("builder", "wrong")).status_code
            == 403
        )

    @pytest.mark.parametrize(("agent", "status"), [("twine/7.0.0", 400), ("uv/0.13", 409)])
    def test_duplicate(
        self, sandbox: Sandbox, tiny_wheel: WheelMaker, agent: str, status: int
    ) -> None:
        """pypiserver's own answers: 400 to twine, 409 to others."""
        wheel = tiny_wheel()
        answers = [
            call(
                sandbox,
                "POST",
                sandbox.url("plain-index") + "/",
                data={":action": "file_upload"},
                files={"content": (wheel.name, wheel.read_bytes())},
                auth=sandbox.plain_index_account,
                headers={"User-Agent": agent},
            )
            for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [200, status]
        assert "already exists" in answers[1].text
