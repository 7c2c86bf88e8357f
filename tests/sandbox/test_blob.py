"""Microsoft's own client judges the sandbox's blob storage: what it stores, and what it refuses."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core import MatchConditions
from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity import ClientSecretCredential
from azure.storage.blob import BlobClient, ContainerClient, ContentSettings

from sandbox import Sandbox
from sandbox.blob.accounts import new_accounts
from sandbox.blob.azurite import Azurite, AzuriteError
from sandbox.identity.access_tokens import STORAGE_RESOURCE
from sandbox.workspace.image_build import ImageBuildError, build_image
from tests.sandbox.calls import bearer, call

ContainerMaker = Callable[..., ContainerClient]
WheelMaker = Callable[..., Path]
NAME = "team a/acme_forecast-1.0+local.1-py3-none-any.whl"
BLOCK = 64 * 1024
LARGE = 5 * BLOCK // 2


@pytest.fixture
def trusting(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    for name, value in sandbox.environ().items():
        monkeypatch.setenv(name, value)
    return sandbox


@pytest.fixture
def container(trusting: Sandbox) -> Iterator[ContainerMaker]:
    """`container(who, url)`: the official client of one of the identities, with a token from the
    sign-in server."""
    opened: list[ContainerClient | ClientSecretCredential] = []

    def make(who: str = "contributor", url: str = "") -> ContainerClient:
        identity = getattr(trusting.identities, who)
        credential = ClientSecretCredential(
            identity.tenant_id,
            identity.client_id,
            identity.secret,
            authority=trusting.url("sign-in"),
            disable_instance_discovery=True,
        )
        client = ContainerClient.from_container_url(
            url or trusting.container_url,
            credential=credential,
            retry_total=0,
            max_single_put_size=BLOCK,
            max_block_size=BLOCK,
        )
        opened.extend((credential, client))
        return client

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def blob(container: ContainerMaker) -> BlobClient:
    return container().get_blob_client(NAME)


def code_of(error: HttpResponseError) -> str:
    """The clients set it as they go."""
    found = getattr(error, "error_code", "")
    return str(getattr(found, "value", found))


def refusal(action: Callable[[], object]) -> tuple[int | None, str]:
    """Status and error code with which the client was refused."""
    with pytest.raises(HttpResponseError) as caught:
        action()
    return caught.value.status_code, code_of(caught.value)


def blob_requests(sandbox: Sandbox) -> list[tuple[str, str]]:
    found = [one for one in sandbox.requests if one.server == "blob"]
    return [
        (one.method, "&".join(part for part in one.query.split("&") if "comp=" in part))
        for one in found
    ]


class TestStores:
    def test_one_request(self, blob: BlobClient, sandbox: Sandbox) -> None:
        digest = hashlib.sha256(b"wheel").hexdigest()
        settings = ContentSettings(content_type="application/octet-stream")
        blob.upload_blob(
            b"wheel",
            metadata={"sha256": digest, "Made_By": "x"},
            content_settings=settings,
            validate_content=True,
        )
        found = blob.get_blob_properties()
        assert found.metadata == {"sha256": digest, "Made_By": "x"}
        assert (found.size, found.content_settings.content_type) == (5, "application/octet-stream")
        assert bytes(found.content_settings.content_md5 or b"") == hashlib.md5(b"wheel").digest()  # noqa: S324  # Azure's choice
        assert blob.download_blob().readall() == b"wheel"
        assert [one.name for one in sandbox.blobs("acmepackages", "wheels").list_blobs()] == [NAME]

    def test_blocks(self, blob: BlobClient, sandbox: Sandbox) -> None:
        content = secrets.token_bytes(LARGE)
        blob.upload_blob(content, max_concurrency=3)
        assert blob.download_blob().readall() == content
        puts = [query for method, query in blob_requests(sandbox) if method == "PUT"]
        assert puts == ["comp=block"] * 3 + ["comp=blocklist"]

    def test_wrong_checksum(self, blob: BlobClient, sandbox: Sandbox) -> None:
        headers = {"Content-MD5": "MDEyMzQ1Njc4OWFiY2RlZg=="}
        assert refusal(lambda: blob.upload_blob(b"wheel", headers=headers)) == (400, "Md5Mismatch")
        assert not blob.exists()

    def test_each_sandbox_begins_empty(self, tmp_path: Path, azurite: Azurite) -> None:
        for name in ("one", "two"):
            with Sandbox(tmp_path / name, azurite=azurite) as sandbox:
                wheels = sandbox.blobs("acmepackages", "wheels")
                assert not list(wheels.list_blobs())
                wheels.upload_blob("left", b"over")

    def test_one_of_its_own_ends_with_the_sandbox(self, tmp_path: Path) -> None:
        with Sandbox(tmp_path) as sandbox:
            own = sandbox._storage.azurite
            url = f"https://127.0.0.1:{own.port}/acmepackages/wheels/x"
            assert requests.get(url, verify=str(own.authority_file), timeout=60).status_code in {
                403,
                404,
            }
        with pytest.raises(requests.ConnectionError):
            requests.get(url, verify=str(own.authority_file), timeout=60)

    def test_nothing_is_started_for_who_does_not_ask(self, tmp_path: Path) -> None:
        with Sandbox(tmp_path) as sandbox:
            call(sandbox, "GET", sandbox.metadata_url)
        assert not (tmp_path / "azurite").exists()


class TestConditions:
    def test_nothing_is_overwritten(self, blob: BlobClient) -> None:
        blob.upload_blob(b"first")
        with pytest.raises(ResourceExistsError) as caught:
            blob.upload_blob(b"second")
        assert (caught.value.status_code, code_of(caught.value)) == (409, "BlobAlreadyExists")
        assert blob.download_blob().readall() == b"first"

    def test_nothing_is_overwritten_in_blocks(self, blob: BlobClient) -> None:
        blob.upload_blob(b"first")
        assert refusal(lambda: blob.upload_blob(bytes(LARGE))) == (409, "BlobAlreadyExists")

    def test_only_what_was_seen_is_replaced(self, blob: BlobClient) -> None:
        seen = blob.upload_blob(b"first")["etag"]
        condition: dict[str, Any] = {
            "overwrite": True,
            "etag": seen,
            "match_condition": MatchConditions.IfNotModified,
        }
        blob.upload_blob(b"second", **condition)
        assert refusal(lambda: blob.upload_blob(b"third", **condition)) == (412, "ConditionNotMet")

    def test_a_condition_that_nothing_meets(self, blob: BlobClient) -> None:
        """Whether an identity may write is asked by it."""
        condition: dict[str, Any] = {
            "overwrite": True,
            "etag": '"0x0"',
            "match_condition": MatchConditions.IfNotModified,
        }
        assert refusal(lambda: blob.upload_blob(b"", **condition)) == (412, "ConditionNotMet")
        assert not blob.exists()

    def test_a_lease(self, blob: BlobClient) -> None:
        blob.upload_blob(b"first")
        lease = blob.acquire_lease()
        assert blob.get_blob_properties().lease.status == "locked"
        assert refusal(lambda: blob.upload_blob(b"second", overwrite=True)) == (
            412,
            "LeaseIdMissing",
        )
        blob.upload_blob(b"second", overwrite=True, lease=lease)

    def test_missing(self, container: ContainerMaker, sandbox: Sandbox) -> None:
        wheels = container()
        assert refusal(wheels.get_blob_client("missing").get_blob_properties) == (
            404,
            "BlobNotFound",
        )
        other = container(url=sandbox.blob_url("acmepackages", "missing"))
        assert refusal(other.get_container_properties) == (404, "ContainerNotFound")
        assert refusal(lambda: other.upload_blob(NAME, b"x")) == (404, "ContainerNotFound")


class TestSignIn:
    def test_a_reader_reads(self, container: ContainerMaker, blob: BlobClient) -> None:
        blob.upload_blob(b"wheel")
        seen = container("reader").get_blob_client(NAME)
        assert seen.download_blob().readall() == b"wheel"
        assert refusal(lambda: seen.upload_blob(b"", overwrite=True)) == (
            403,
            "AuthorizationPermissionMismatch",
        )
        assert refusal(seen.delete_blob) == (403, "AuthorizationPermissionMismatch")

    @pytest.mark.parametrize("who", ["outsider", "stranger"])
    def test_without_a_role(self, container: ContainerMaker, who: str) -> None:
        wheels = container(who)
        # A HEAD has no body: the code is in a header.
        assert refusal(wheels.get_blob_client(NAME).get_blob_properties) == (
            403,
            "AuthorizationPermissionMismatch",
        )
        assert refusal(lambda: wheels.upload_blob(NAME, b"x")) == (
            403,
            "AuthorizationPermissionMismatch",
        )

    @pytest.mark.parametrize("account", ["acmemlstore", "acmeteststore", "acmelockedstore"])
    def test_nobody_has_a_role_on_a_workspaces_own_account(
        self, container: ContainerMaker, sandbox: Sandbox, account: str
    ) -> None:
        wheels = container(url=sandbox.blob_url(account, "azureml"))
        assert refusal(wheels.get_container_properties) == (403, "AuthorizationPermissionMismatch")

    @pytest.mark.parametrize("wrong", ["audience", "expired", "unknown"])
    def test_a_wrong_token(self, trusting: Sandbox, wrong: str) -> None:
        audience = trusting.url("arm") if wrong == "audience" else STORAGE_RESOURCE
        trusting.access_tokens.lifetime = -1 if wrong == "expired" else 3600
        value = trusting.access_tokens.issue(trusting.identities.contributor, audience)
        headers = {"Authorization": f"Bearer {'x' if wrong == 'unknown' else ''}{value}"}
        answer = call(
            trusting, "GET", trusting.container_url + "?restype=container", headers=headers
        )
        assert answer.status_code == 401
        assert answer.headers["x-ms-error-code"] == "InvalidAuthenticationInfo"
        assert answer.headers["WWW-Authenticate"] == (
            f"Bearer authorization_uri={trusting.url('sign-in')}/{trusting.tenant_id}/oauth2/authorize"
            f" resource_id={STORAGE_RESOURCE}"
        )
        assert answer.headers["Content-Type"] == "application/xml"
        explained = {
            "audience": "Audience did not match",
            "expired": "token is expired",
            "unknown": "Signature",
        }
        assert explained[wrong] in answer.text

    def test_the_client_tells_the_code_of_a_wrong_token(self, trusting: Sandbox) -> None:
        class Wrong:
            def get_token(self, *scopes: str, **options: object) -> AccessToken:
                token = trusting.access_tokens.issue(
                    trusting.identities.contributor, trusting.url("arm")
                )
                return AccessToken(token, 2**31)

        with ContainerClient.from_container_url(
            trusting.container_url, credential=Wrong(), retry_total=0
        ) as wheels:
            assert refusal(lambda: wheels.upload_blob(NAME, b"x")) == (
                401,
                "InvalidAuthenticationInfo",
            )

    @pytest.mark.parametrize(
        ("authorization", "status", "code"),
        [("", 404, "ResourceNotFound"), ("Basic eDp5", 400, "InvalidAuthenticationInfo")],
    )
    def test_no_token(self, sandbox: Sandbox, authorization: str, status: int, code: str) -> None:
        headers = {"Authorization": authorization} if authorization else {}
        for method in ("GET", "HEAD", "PUT"):
            answer = call(sandbox, method, f"{sandbox.container_url}/{NAME}", headers=headers)
            assert (answer.status_code, answer.headers["x-ms-error-code"]) == (status, code)
            assert (f"<Code>{code}</Code>" in answer.text) is (method != "HEAD")

    def test_unknown_account(self, sandbox: Sandbox) -> None:
        headers = bearer(sandbox, sandbox.identities.contributor, STORAGE_RESOURCE)
        answer = call(
            sandbox, "GET", sandbox.blob_url("globexpackages", "wheels", NAME), headers=headers
        )
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (404, "ResourceNotFound")


class TestSignatures:
    def test_a_signed_link(self, blob: BlobClient, sandbox: Sandbox) -> None:
        blob.upload_blob(b"wheel")
        signed = sandbox.signed_url(f"{blob.url}#sha256=00")
        link, _, fragment = signed.partition("#")
        assert fragment == "sha256=00"
        assert call(sandbox, "GET", link).content == b"wheel"
        head = call(sandbox, "HEAD", link)
        assert (head.status_code, head.headers["Content-Length"]) == (200, "5")
        refused = call(sandbox, "PUT", link, headers={"x-ms-blob-type": "BlockBlob"}, data=b"other")
        assert (refused.status_code, refused.headers["x-ms-error-code"]) == (
            403,
            "AuthorizationPermissionMismatch",
        )

    def test_a_link_that_is_not_good(self, blob: BlobClient, sandbox: Sandbox) -> None:
        blob.upload_blob(b"wheel")
        expired = sandbox.signed_url(blob.url, lifetime=timedelta(seconds=-5))
        other = sandbox.signed_url(f"{blob.url}.other").partition("?")[2]
        links = {
            expired: "not valid in the specified time frame",
            f"{blob.url}?{other}": "did not match",
            sandbox.signed_url(blob.url).replace("sp=r", "sp=rw"): "did not match",
        }
        for link, detail in links.items():
            refused = call(sandbox, "GET", link)
            assert (refused.status_code, refused.headers["x-ms-error-code"]) == (
                403,
                "AuthenticationFailed",
            )
            assert detail in refused.text

    def test_a_url_elsewhere_is_not_signed(self, sandbox: Sandbox) -> None:
        for url in (
            f"{sandbox.url('feed')}/acme/x.whl",
            "https://example.invalid/x.whl",
            sandbox.container_url,
        ):
            assert sandbox.signed_url(url) == url


class TestSwitches:
    def test_firewall(self, blob: BlobClient, sandbox: Sandbox) -> None:
        sandbox.blob_switches.firewall = True
        assert refusal(lambda: blob.upload_blob(b"x")) == (403, "AuthorizationFailure")
        assert refusal(blob.get_blob_properties) == (403, "AuthorizationFailure")

    def test_keys_forbidden(self, blob: BlobClient, trusting: Sandbox) -> None:
        blob.upload_blob(b"wheel")
        link = trusting.signed_url(blob.url)
        key = {
            "account_name": "acmepackages",
            "account_key": trusting._storage.azurite.accounts["acmepackages"],
        }
        trusting.blob_switches.keys_forbidden = True
        for credential, url in ((None, link), (key, blob.url)):
            with BlobClient.from_blob_url(url, credential=credential, retry_total=0) as client:
                code = refusal(client.get_blob_properties)
                assert code == (403, "KeyBasedAuthenticationNotPermitted")
                trusting.blob_switches.keys_forbidden = False
                assert client.exists()
                trusting.blob_switches.keys_forbidden = True
        assert blob.exists()

    @pytest.mark.parametrize("switch", ["immutable", "legal_hold"])
    def test_write_once(
        self, container: ContainerMaker, blob: BlobClient, sandbox: Sandbox, switch: str
    ) -> None:
        setattr(sandbox.blob_switches, switch, True)
        denied = (409, "BlobImmutableDueToPolicy")
        etag = blob.upload_blob(bytes(LARGE))["etag"]
        same = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        assert refusal(lambda: blob.upload_blob(b"second", overwrite=True)) == denied
        assert refusal(lambda: blob.upload_blob(b"second", overwrite=True, **same)) == denied
        assert refusal(lambda: blob.upload_blob(bytes(LARGE), overwrite=True)) == denied
        assert refusal(lambda: blob.set_blob_metadata({"sha256": "x"})) == denied
        assert refusal(blob.delete_blob) == denied
        # Its own condition stops a request before the policy does.
        assert refusal(lambda: blob.upload_blob(b"second")) == (409, "BlobAlreadyExists")
        other: dict[str, Any] = {"etag": '"0x1"', "match_condition": MatchConditions.IfNotModified}
        assert refusal(lambda: blob.upload_blob(b"second", overwrite=True, **other)) == (
            412,
            "ConditionNotMet",
        )
        properties = container().get_container_properties()
        assert properties.has_immutability_policy is (switch == "immutable")
        assert properties.has_legal_hold is (switch == "legal_hold")
        assert bool(blob.get_blob_properties().has_legal_hold) is (switch == "legal_hold")

    def test_without_a_policy(self, container: ContainerMaker, blob: BlobClient) -> None:
        blob.upload_blob(b"first")
        blob.upload_blob(b"second", overwrite=True)
        properties = container().get_container_properties()
        assert not properties.has_immutability_policy
        assert not properties.has_legal_hold


class TestFaults:
    def test_one_kind_of_request_after_some(self, blob: BlobClient, sandbox: Sandbox) -> None:
        sandbox.faults.add(server="blob", query="*comp=block&*", skip=1, status=403)
        sandbox.faults.add(server="blob", query="*comp=blocklist*", status=500)
        assert refusal(lambda: blob.upload_blob(bytes(LARGE), max_concurrency=1))[0] == 403
        assert refusal(lambda: blob.upload_blob(bytes(LARGE), max_concurrency=1))[0] == 500
        sent = [
            (one.query.partition("comp=")[2].partition("&")[0], one.status)
            for one in sandbox.requests
        ]
        sent = [one for one in sent if one[0]]
        assert sent == [("block", 201), ("block", 403), *[("block", 201)] * 3, ("blocklist", 500)]

    def test_the_connection_breaks_within_a_body(self, blob: BlobClient, sandbox: Sandbox) -> None:
        sandbox.faults.add(server="blob", method="PUT", reset_after=1000)
        with pytest.raises((ServiceRequestError, ServiceResponseError)):
            blob.upload_blob(bytes(BLOCK))
        (broken,) = [one for one in sandbox.requests if one.server == "blob"]
        assert (broken.length, broken.status) == (1000, 0)
        with pytest.raises(ResourceNotFoundError):
            blob.get_blob_properties()

    def test_a_client_that_is_gone_within_a_body(
        self, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
    ) -> None:
        context = ssl.create_default_context(cafile=str(sandbox.authority_file))
        address = ("127.0.0.1", int(sandbox.url("blob").rpartition(":")[2]))
        head = b"PUT /acmepackages/wheels/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
        with (
            socket.create_connection(address) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as own,
        ):
            own.sendall(head + bytes(500))
        for _ in range(100):
            if sandbox.requests:
                break
            time.sleep(0.05)
        assert [(one.method, one.status) for one in sandbox.requests] == [("PUT", 0)]
        assert "Traceback" not in capfd.readouterr().err

    @pytest.mark.parametrize("after_work", [False, True])
    def test_a_hook(self, blob: BlobClient, sandbox: Sandbox, after_work: bool) -> None:
        stored: list[int] = []
        wheels = sandbox.blobs("acmepackages", "wheels")

        def look() -> None:
            stored.append(len(list(wheels.list_blobs())))

        sandbox.faults.add(server="blob", method="PUT", hook=look, after_work=after_work)
        blob.upload_blob(b"wheel")
        blob.upload_blob(b"wheel", overwrite=True)
        assert stored == [int(after_work)]

    def test_an_error_that_repeats_the_token(self, blob: BlobClient, sandbox: Sandbox) -> None:
        sandbox.faults.echo_authorization = True
        with pytest.raises(HttpResponseError, match="Authorization: Bearer ") as caught:
            blob.download_blob()
        assert code_of(caught.value) == "BlobNotFound"

    def test_large_bodies_are_not_kept(self, blob: BlobClient, sandbox: Sandbox) -> None:
        blob.upload_blob(bytes(BLOCK))
        with ContainerClient.from_container_url(
            sandbox.container_url, credential=blob.credential
        ) as wheels:
            wheels.upload_blob("large", bytes(10 * BLOCK))
        kept = [(len(one.body), one.length) for one in sandbox.requests if one.method == "PUT"]
        assert kept == [(BLOCK, BLOCK), (BLOCK, 10 * BLOCK)]


class TestPublicNames:
    @pytest.fixture
    def public(
        self, tmp_path: Path, azurite: Azurite, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Sandbox]:
        with Sandbox(tmp_path / "sandbox", public_names=True, azurite=azurite) as sandbox:
            for name, value in sandbox.environ().items():
                monkeypatch.setenv(name, value)
            yield sandbox

    def test_an_account_is_a_host(self, public: Sandbox) -> None:
        assert public.container_url == "https://acmepackages.blob.core.windows.net/wheels"
        headers = bearer(public, public.identities.contributor, STORAGE_RESOURCE)
        headers |= {"x-ms-version": "2021-08-06", "x-ms-blob-type": "BlockBlob"}
        url = public.blob_url("acmepackages", "wheels", NAME)
        assert requests.put(url, b"wheel", headers=headers, timeout=60).status_code == 201
        assert requests.get(public.signed_url(url), timeout=60).content == b"wheel"
        assert public.blobs("acmepackages", "wheels").download_blob(NAME).readall() == b"wheel"
        refused = requests.get(
            public.blob_url("acmemlstore", "azureml", NAME), headers=headers, timeout=60
        )
        assert refused.headers["x-ms-error-code"] == "AuthorizationPermissionMismatch"

    def test_an_unknown_account_has_no_name(self, public: Sandbox) -> None:
        with pytest.raises(requests.exceptions.ProxyError):
            requests.get("https://globexpackages.blob.core.windows.net/wheels", timeout=60)


class TestImageBuild:
    @pytest.mark.parametrize(
        "form", ["{url}", "acme-forecast @ {url}", "acme-forecast @ {url}#sha256={digest}"]
    )
    def test_installs_by_signed_urls(
        self, trusting: Sandbox, tiny_wheel: WheelMaker, tmp_path: Path, form: str
    ) -> None:
        python = self.build(trusting, tiny_wheel(version="1.0+local.1"), tmp_path, form)
        assert list(python.parents[1].rglob("acme_forecast.py"))

    def test_a_wrong_hash_fails(
        self, trusting: Sandbox, tiny_wheel: WheelMaker, tmp_path: Path
    ) -> None:
        with pytest.raises(ImageBuildError, match="HASH"):
            self.build(trusting, tiny_wheel(), tmp_path, "acme-forecast @ {url}#sha256=" + "0" * 64)

    def test_without_signing(
        self, trusting: Sandbox, tiny_wheel: WheelMaker, tmp_path: Path
    ) -> None:
        with pytest.raises(ImageBuildError, match="404"):
            self.build(trusting, tiny_wheel(), tmp_path, "{url}", sign=lambda url: url)

    def build(
        self,
        sandbox: Sandbox,
        wheel: Path,
        directory: Path,
        form: str,
        **options: Callable[[str], str],
    ) -> Path:
        sandbox.blobs("acmepackages", "wheels").upload_blob(
            f"releases/{wheel.name}", wheel.read_bytes()
        )
        url = sandbox.blob_url("acmepackages", "wheels", f"releases/{wheel.name}")
        line = form.format(url=url, digest=hashlib.sha256(wheel.read_bytes()).hexdigest())
        file = directory / "conda.yml"
        file.write_text(f"dependencies:\n- python=3.11\n- pip:\n  - {line}\n", encoding="utf-8")
        environ = {**os.environ, "PIP_NO_CACHE_DIR": "1"}
        options = {"sign": sandbox.signed_url, **options}
        return build_image(
            file, sandbox.workspace("acme-ml"), directory / "image", environ, **options
        ).python


class TestAzurite:
    def test_it_ends_with_who_started_it(self, tmp_path: Path) -> None:
        """However that ends: nothing is left to hold a port and memory."""
        program = (
            "import os, pathlib, signal, sys; from sandbox.blob.azurite import Azurite\n"
            "print(Azurite(pathlib.Path(sys.argv[1]), {'one': 'AAAA'}).port, flush=True)\n"
            "os.kill(os.getpid(), signal.SIGTERM if os.name == 'nt' else signal.SIGKILL)"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program, tmp_path],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert ended.returncode != 0
        address = ("127.0.0.1", int(ended.stdout))
        for _ in range(100):
            try:
                socket.create_connection(address, timeout=10).close()
            except OSError:
                return
            time.sleep(0.05)
        pytest.fail("Azurite still answers.")

    def test_a_missing_installation_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", os.fspath(tmp_path))
        with pytest.raises(AzuriteError, match="Run make tools"):
            Azurite(tmp_path, {}).start()

    def test_it_can_keep_blobs_in_files(self, tmp_path: Path) -> None:
        azurite = Azurite(tmp_path, new_accounts(), in_memory=False)
        try:
            with azurite.service("acmepackages") as service:
                service.create_container("wheels").upload_blob("large", bytes(BLOCK))
            assert (
                sum(file.stat().st_size for file in (tmp_path / "__blobstorage__").iterdir())
                == BLOCK
            )
        finally:
            azurite.stop()
