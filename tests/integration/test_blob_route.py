"""The blob route, from a ready wheel to its full URL, against the sandbox's container."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobClient, ContentSettings

from private_wheel.azure.http import HttpClients
from private_wheel.azure.http_config import HttpConfig
from private_wheel.errors import UnknownContainer
from private_wheel.publish.blob import storage as blobs
from sandbox import Sandbox
from sandbox.blob.azurite import Azurite
from sandbox.workspace.image_build import build_image

from .conftest import Job

FILE = "acme_forecast-1.2.3-py3-none-any.whl"
WheelMaker = Callable[..., Path]


@pytest.fixture
def stored(sandbox: Sandbox) -> BlobClient:
    """The blob of the one wheel, seen by its owner."""
    return sandbox.blobs("acmepackages", "wheels").get_blob_client(FILE)


def put_other(stored: BlobClient, content: bytes = b"other bytes", **settings: Any) -> str:
    """Put something else under the wheel's name; its SHA-256."""
    stored.upload_blob(content, **settings)
    return hashlib.sha256(content).hexdigest()


class TestPublish:
    def test_a_wheel_is_published_described_and_recognised(
        self, wheel_job: Job, stored: BlobClient
    ) -> None:
        first = wheel_job.run(**wheel_job.blob_inputs(), package=FILE)
        assert first.status == 0, first.log
        content = (wheel_job.checkout / FILE).read_bytes()
        url = f"{wheel_job.sandbox.container_url}/{FILE}"
        sha256 = hashlib.sha256(content).hexdigest()
        assert first.outputs["result"] == "published"
        assert first.outputs["url"] == url
        assert first.outputs["requirement"] == f"acme-forecast @ {url}#sha256={sha256}"
        assert first.outputs["index-url"] == ""
        assert stored.download_blob().readall() == content
        found = stored.get_blob_properties()
        assert found.metadata == {"sha256": sha256}
        assert found.content_settings.content_type == "application/octet-stream"
        assert f"Container: `{wheel_job.sandbox.container_url}`" in first.summary
        again = wheel_job.run(**wheel_job.blob_inputs(), package=FILE)
        assert again.outputs["result"] == "identical"
        assert again.outputs["url"] == url
        assert stored.get_blob_properties().etag == found.etag

    def test_the_environment_installs_it(self, wheel_job: Job, tmp_path: Path) -> None:
        ran = wheel_job.run(**wheel_job.blob_inputs("team a".replace(" ", "%20")), package=FILE)
        assert ran.status == 0, ran.log
        assert "team%20a" in ran.outputs["url"]
        for text in (
            ran.outputs["url"],
            (wheel_job.checkout / ran.outputs["environment-file"]).read_text(),
        ):
            assert "sig=" not in text
        sandbox = wheel_job.sandbox
        image = build_image(
            wheel_job.checkout / ran.outputs["environment-file"],
            sandbox.workspace("acme-ml"),
            tmp_path / "image",
            sandbox.environ(),
            sign=sandbox.signed_url,
        )
        assert "Successfully installed acme-forecast-1.2.3" in image.output

    def test_a_local_version_has_its_plus_quoted(self, job: Job, tiny_wheel: WheelMaker) -> None:
        wheel = tiny_wheel(version="1.2.3+gpu")
        (job.checkout / wheel.name).write_bytes(wheel.read_bytes())
        ran = job.run(**job.blob_inputs(), package=wheel.name)
        assert ran.status == 0, ran.log
        assert ran.outputs["url"].endswith("/acme_forecast-1.2.3%2Bgpu-py3-none-any.whl")

    def test_a_dry_run_sends_nothing(self, wheel_job: Job, stored: BlobClient) -> None:
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE, dry_run="true")
        assert ran.status == 0, ran.log
        assert ran.outputs["result"] == "dry-run"
        assert ran.outputs["url"] == ran.outputs["requirement"] == ""
        assert not stored.exists()

    def test_without_verify_the_services_own_check_is_enough_for_a_url(
        self, wheel_job: Job
    ) -> None:
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE, verify="none")
        assert ran.status == 0, ran.log
        assert ran.outputs["url"].endswith(FILE)
        assert not [
            one
            for one in wheel_job.sandbox.requests
            if one.server == "blob" and one.headers.get("X-Ms-Range")
        ]

    def test_an_emulators_key(self, wheel_job: Job, azurite: Azurite, stored: BlobClient) -> None:
        key = azurite.accounts["acmepackages"]
        variables = {
            "AZURE_STORAGE_CONNECTION_STRING": f"AccountName=acmepackages;AccountKey={key}"
        }
        inputs = {
            "publish_to": "blob",
            "container": wheel_job.sandbox.container_url,
            "package": FILE,
        }
        ran = wheel_job.run(variables, **inputs)
        assert ran.status == 0, ran.log
        assert stored.exists()
        assert key not in "\n".join(
            line for line in ran.log.splitlines() if not line.startswith("::add-mask::")
        )


class TestIfExists:
    @pytest.mark.parametrize(
        ("if_exists", "status", "result"),
        [("verify", 5, ""), ("skip", 0, "skipped"), ("replace", 0, "replaced"), ("fail", 5, "")],
    )
    def test_other_content(
        self, wheel_job: Job, stored: BlobClient, if_exists: str, status: int, result: str
    ) -> None:
        other = put_other(stored)
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE, if_exists=if_exists)
        assert ran.status == status, ran.log
        assert ran.outputs["result"] == result
        kept = stored.download_blob().readall() == b"other bytes"
        assert kept is (if_exists != "replace")
        if if_exists == "skip":
            assert ran.outputs["sha256"] == other
            assert ran.outputs["requirement"].endswith(f"#sha256={other}")

    @pytest.mark.parametrize(
        ("if_exists", "status"), [("verify", 0), ("skip", 0), ("replace", 0), ("fail", 5)]
    )
    @pytest.mark.parametrize("known_by", ["metadata", "md5", "bytes"])
    def test_the_same_content(
        self, wheel_job: Job, stored: BlobClient, if_exists: str, status: int, known_by: str
    ) -> None:
        content = (wheel_job.checkout / FILE).read_bytes()
        stored.upload_blob(
            content,
            metadata={"sha256": hashlib.sha256(content).hexdigest()}
            if known_by == "metadata"
            else {},
        )
        if known_by == "bytes":  # a blob that was put in blocks has no MD5
            stored.set_http_headers(ContentSettings(content_md5=None))
            assert not stored.get_blob_properties().content_settings.content_md5
        etag = stored.get_blob_properties().etag
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE, if_exists=if_exists)
        assert ran.status == status, ran.log
        assert ran.outputs["result"] == ("" if status else "identical")
        assert stored.get_blob_properties().etag == etag

    def test_metadata_that_lies_is_found_out(self, wheel_job: Job, stored: BlobClient) -> None:
        content = (wheel_job.checkout / FILE).read_bytes()
        stored.upload_blob(
            b"x" * len(content), metadata={"sha256": hashlib.sha256(content).hexdigest()}
        )
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE)
        assert ran.status == 6
        assert "PW612" in ran.errors[0]
        assert ran.outputs["url"] == ran.outputs["requirement"] == ""

    @pytest.mark.parametrize(("content", "result"), [("same", "published"), ("other", "")])
    def test_somebody_else_was_quicker(
        self, wheel_job: Job, stored: BlobClient, content: str, result: str
    ) -> None:
        """Between the plan and the upload."""
        theirs = (wheel_job.checkout / FILE).read_bytes() if content == "same" else b"other bytes"
        wheel_job.sandbox.faults.add(
            server="blob",
            method="PUT",
            path=f"*/{FILE}",
            times=1,
            hook=lambda: put_other(stored, theirs),
        )
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE)
        assert ran.outputs["result"] == result, ran.log
        assert stored.download_blob().readall() == theirs

    def test_what_changed_since_the_plan_is_not_replaced(
        self, wheel_job: Job, stored: BlobClient
    ) -> None:
        put_other(stored)
        wheel_job.sandbox.faults.add(
            server="blob",
            method="PUT",
            path=f"*/{FILE}",
            hook=lambda: put_other(stored, b"a third content", overwrite=True),
        )
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE, if_exists="replace")
        assert ran.status == 5, ran.log
        assert stored.download_blob().readall() == b"a third content"


class TestRefusals:
    @pytest.mark.parametrize(
        ("switch", "who", "code", "said"),
        [
            ("", "reader", "PW403", "Storage Blob Data Contributor"),
            ("", "outsider", "PW403", "Storage Blob Data Contributor"),
            ("firewall", "contributor", "PW404", "firewall"),
        ],
    )
    def test_three_kinds_of_403(
        self, wheel_job: Job, switch: str, who: str, code: str, said: str
    ) -> None:
        if switch:
            setattr(wheel_job.sandbox.blob_switches, switch, True)
        inputs = {**wheel_job.blob_inputs(), **wheel_job.sign_in_inputs(who)}
        ran = wheel_job.run(**inputs, package=FILE)
        assert ran.status == 4, ran.log
        assert len(ran.errors) == 1
        assert code in ran.errors[0]
        assert said in ran.errors[0]
        assert wheel_job.sent() == []

    def test_keys_are_forbidden(self, wheel_job: Job, azurite: Azurite) -> None:
        sandbox = wheel_job.sandbox
        sandbox.blob_switches.keys_forbidden = True
        variables = {"AZURE_STORAGE_KEY": azurite.accounts["acmepackages"]}
        ran = wheel_job.run(
            variables, publish_to="blob", container=sandbox.container_url, package=FILE
        )
        assert ran.status == 4
        assert "PW405" in ran.errors[0]

    def test_a_container_that_everybody_may_read(self, wheel_job: Job) -> None:
        owner = wheel_job.sandbox.blobs("acmepackages", "wheels")
        owner.set_container_access_policy({}, public_access="blob")
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE)
        owner.set_container_access_policy({})
        assert ran.status == 0, ran.log
        assert len(ran.warnings) == 1
        assert "Everybody may read" in ran.warnings[0]

    def test_no_container(self, wheel_job: Job) -> None:
        inputs = {
            **wheel_job.blob_inputs(),
            "container": f"{wheel_job.sandbox.container_url}-missing",
        }
        ran = wheel_job.run(**inputs, package=FILE)
        assert ran.status == 2
        assert "PW115" in ran.errors[0]
        assert "Container not found" in ran.errors[0]

    def test_no_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A storage account that does not exist has no address."""
        monkeypatch.setattr("urllib3.util.retry.time.sleep", lambda _: None)
        storage = blobs.BlobStorage(HttpClients(HttpConfig()))
        key = {"account_name": "acmenothere", "account_key": "bm9uZQ=="}
        container = storage.container("https://acmenothere.blob.core.invalid", "wheels", key)
        with pytest.raises(
            UnknownContainer, match="Storage account not found: the name acmenothere"
        ):
            container.check("")
        storage.close()

    @pytest.mark.parametrize(
        ("switch", "said"), [("immutable", "retention policy"), ("legal_hold", "legal hold")]
    )
    def test_replace_on_an_immutable_blob(
        self, wheel_job: Job, stored: BlobClient, switch: str, said: str
    ) -> None:
        put_other(stored)
        setattr(wheel_job.sandbox.blob_switches, switch, True)
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE, if_exists="replace")
        assert ran.status == 5, ran.log
        assert "PW505" in ran.errors[0]
        assert said in ran.errors[0]
        assert wheel_job.sent() == []
        setattr(wheel_job.sandbox.blob_switches, switch, False)
        assert stored.download_blob().readall() == b"other bytes"

    def test_an_immutable_container_takes_new_files(self, wheel_job: Job) -> None:
        wheel_job.sandbox.blob_switches.immutable = True
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE)
        assert ran.status == 0, ran.log

    def test_replace_on_a_leased_blob(self, wheel_job: Job, stored: BlobClient) -> None:
        put_other(stored)
        lease = stored.acquire_lease()
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE, if_exists="replace")
        assert ran.status == 5, ran.log
        assert "PW505" in ran.errors[0]
        assert "lease" in ran.errors[0]
        lease.release()

    def test_a_lease_that_comes_after_the_plan(self, wheel_job: Job, stored: BlobClient) -> None:
        put_other(stored)
        wheel_job.sandbox.faults.add(
            server="blob", method="PUT", path=f"*/{FILE}", hook=lambda: stored.acquire_lease(15)
        )
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE, if_exists="replace")
        assert ran.status == 5, ran.log
        assert "PW505" in ran.errors[0]
        assert "lease" in ran.errors[0]

    @pytest.mark.parametrize(
        "query", ["?sv=2024-11-04&sig=c2lnbmF0dXJlLW9mLWEtc2Fz", "?sig=c2lnbmF0dXJlLW9mLWEtc2Fz"]
    )
    def test_a_sas_is_refused_and_not_printed(self, wheel_job: Job, query: str) -> None:
        inputs = {**wheel_job.blob_inputs(), "container": wheel_job.sandbox.container_url + query}
        ran = wheel_job.run(**inputs, package=FILE)
        assert ran.status == 2
        told = "\n".join(
            line for line in ran.log.splitlines() if not line.startswith("::add-mask::")
        )
        assert "c2lnbmF0dXJlLW9mLWEtc2Fz" not in told + ran.summary
        assert "contains a credential" in told

    def test_the_clouds_token_does_not_go_to_another_host(self, wheel_job: Job) -> None:
        inputs = {
            **wheel_job.blob_inputs(),
            "container": "https://acme.blob.core.chinacloudapi.cn/wheels",
        }
        ran = wheel_job.run(**inputs, package=FILE)
        assert ran.status == 2
        assert "container" in ran.errors[0]
        assert "must not be sent to it" in ran.errors[0]

    def test_a_redirect_takes_no_token_along(self, wheel_job: Job) -> None:
        elsewhere = f"{wheel_job.sandbox.url('storage')}/elsewhere"
        wheel_job.sandbox.faults.add(
            server="blob", times=None, status=307, headers={"Location": elsewhere}
        )
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE)
        assert ran.status == 6, ran.log
        assert not [one for one in wheel_job.sandbox.requests if one.server == "storage"]

    def test_a_challenge_gets_no_token_for_another_service(self, wheel_job: Job) -> None:
        challenge = "Bearer authorization_uri=https://login.example.com/t/oauth2/authorize resource_id=https://evil.example"
        wheel_job.sandbox.faults.add(
            server="blob",
            times=None,
            status=401,
            headers={"WWW-Authenticate": challenge},
            body="no",
        )
        ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE)
        assert ran.status == 4, ran.log
        asked = [
            one.body.decode() for one in wheel_job.sandbox.requests if one.path.endswith("/token")
        ]
        assert asked
        assert not any("evil" in body for body in asked)


class TestLargeFiles:
    def test_blocks_are_sent_side_by_side_and_seen_as_a_whole(
        self, job: Job, tiny_wheel: WheelMaker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(blobs, "BLOCK_SIZE", 64 * 1024)
        wheel = tiny_wheel(content="A = 1\n" * 100_000)
        (job.checkout / FILE).write_bytes(wheel.read_bytes())
        ran = job.run(**job.blob_inputs(), package=FILE)
        assert ran.status == 0, ran.log
        blocks = [
            one
            for one in job.sandbox.requests
            if one.server == "blob" and "comp=block&" in f"{one.query}&"
        ]
        assert len(blocks) == -(-wheel.stat().st_size // (64 * 1024))
        assert all("Content-Md5" in one.headers for one in blocks)
        stored = job.sandbox.blobs("acmepackages", "wheels").get_blob_client(FILE)
        assert stored.download_blob().readall() == wheel.read_bytes()

    def test_blocks_of_another_program_are_in_the_way(
        self, job: Job, tiny_wheel: WheelMaker, stored: BlobClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(blobs, "BLOCK_SIZE", 64 * 1024)
        (job.checkout / FILE).write_bytes(tiny_wheel(content="A = 1\n" * 20_000).read_bytes())
        stored.stage_block("MQ==", b"theirs")
        ran = job.run(**job.blob_inputs(), package=FILE)
        assert ran.status == 6, ran.log
        assert "Another program has left an unfinished upload" in ran.errors[0]

    def test_a_body_that_changed_on_the_way_is_refused_by_the_service(
        self, wheel_job: Job, stored: BlobClient
    ) -> None:
        """The checksum is the service's to compare: here it gets one that does not fit."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "azure.storage.blob._shared.policies.calculate_content_md5", lambda data: b"0" * 16
            )
            ran = wheel_job.run(**wheel_job.blob_inputs(), package=FILE)
        assert ran.status == 6, ran.log
        assert not stored.exists()
