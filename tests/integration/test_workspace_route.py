"""The workspace route: the exchange of SDK v1's private wheels, against the sandbox's artifact
service."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from azure.storage.blob import BlobClient

from sandbox import Sandbox
from sandbox.workspace.image_build import build_image

from .conftest import Job

FILE = "acme_forecast-1.2.3-py3-none-any.whl"
BLOB = f"Environment/azureml-private-packages/{FILE}"
WheelMaker = Callable[..., Path]


@pytest.fixture
def stored(sandbox: Sandbox) -> BlobClient:
    """The blob of the one wheel in acme-ml's own storage, seen by its owner."""
    return sandbox.blobs("acmemlstore", "azureml").get_blob_client(BLOB)


def register(job: Job, stored: BlobClient, content: bytes | None) -> None:
    """What an earlier run left: the artifact, and `content` unless that never arrived."""
    ran = job.run(**job.into_workspace_inputs(), package=FILE)
    assert ran.status == 0, ran.log
    stored.delete_blob()
    if content is not None:
        stored.upload_blob(content)


class TestPublish:
    def test_a_wheel_is_published_described_and_recognised(
        self, wheel_job: Job, stored: BlobClient
    ) -> None:
        first = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
        assert first.status == 0, first.log
        content = (wheel_job.checkout / FILE).read_bytes()
        assert first.outputs["result"] == "published"
        url = wheel_job.sandbox.blob_url("acmemlstore", "azureml", BLOB)
        assert first.outputs["url"] == first.outputs["requirement"] == url
        assert first.outputs["sha256"] == hashlib.sha256(content).hexdigest()
        assert stored.download_blob().readall() == content
        assert FILE in wheel_job.sandbox.workspace("acme-ml").artifacts
        assert len(first.warnings) == 1
        assert "SDK v1" in first.warnings[0]
        etag = stored.get_blob_properties().etag
        again = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
        assert again.outputs["result"] == "identical"
        assert again.outputs["url"] == url
        assert stored.get_blob_properties().etag == etag

    def test_the_environment_installs_it_and_holds_no_signature(
        self, wheel_job: Job, tmp_path: Path
    ) -> None:
        ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
        assert ran.status == 0, ran.log
        sandbox, file = wheel_job.sandbox, wheel_job.checkout / ran.outputs["environment-file"]
        shown = [line for line in ran.log.splitlines() if not line.startswith("::add-mask::")]
        for text in (
            *shown,
            ran.summary,
            str(ran.outputs),
            file.read_text(),
            (file.parent / "environment.yml").read_text(),
        ):
            assert "sig=" not in text
        image = build_image(
            file,
            sandbox.workspace("acme-ml"),
            tmp_path / "image",
            sandbox.environ(),
            sign=sandbox.signed_url,
        )
        assert "Successfully installed acme-forecast-1.2.3" in image.output

    def test_each_workspace_has_its_own_url_and_its_own_files(self, wheel_job: Job) -> None:
        ran = wheel_job.run(**wheel_job.into_workspace_inputs("acme-ml", "acme-test"), package=FILE)
        assert ran.status == 0, ran.log
        sandbox = wheel_job.sandbox
        for name, account in (("acme-ml", "acmemlstore"), ("acme-test", "acmeteststore")):
            url = sandbox.blob_url(account, "azureml", BLOB)
            assert sandbox.blobs(account, "azureml").get_blob_client(BLOB).exists()
            directory = wheel_job.checkout / "azureml-environment" / name
            assert url in (directory / "conda.yml").read_text()
            assert url in (directory / "environment.yml").read_text()
            assert f'"workspace": "{name}"' in ran.outputs["packages-json"]
        assert ran.outputs["environment-file"] == "azureml-environment/acme-ml/conda.yml"
        assert ran.outputs["environment-dir"] == "azureml-environment"
        assert len(ran.warnings) == 1

    def test_one_workspace_that_may_not_be_written_stops_all(self, wheel_job: Job) -> None:
        ran = wheel_job.run(
            **wheel_job.into_workspace_inputs("acme-ml", "acme-locked"), package=FILE
        )
        assert ran.status == 4, ran.log
        assert "PW403" in ran.errors[0]
        assert "metadata/artifacts/write" in ran.errors[0]
        assert wheel_job.sent() == []

    def test_a_dry_run_sends_nothing(self, wheel_job: Job, stored: BlobClient) -> None:
        ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE, dry_run="true")
        assert ran.status == 0, ran.log
        assert wheel_job.sent() == []
        assert not stored.exists()
        assert wheel_job.sandbox.workspace("acme-ml").artifacts == {}


@pytest.mark.parametrize("raw_conflict", [False, True], ids=["errors-map", "409"])
class TestSomethingIsThere:
    """A conflict comes as a 409, or as an entry in the errors of a 200: both are read alike."""

    @pytest.fixture(autouse=True)
    def turn(self, sandbox: Sandbox, raw_conflict: bool) -> None:
        sandbox.artifact_switches.raw_conflict = raw_conflict

    @pytest.mark.parametrize(
        ("if_exists", "status", "result"),
        [("verify", 5, ""), ("skip", 0, "skipped"), ("replace", 0, "replaced"), ("fail", 5, "")],
    )
    def test_other_content(
        self, wheel_job: Job, stored: BlobClient, if_exists: str, status: int, result: str
    ) -> None:
        register(wheel_job, stored, b"other bytes")
        ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE, if_exists=if_exists)
        assert ran.status == status, ran.log
        assert ran.outputs["result"] == result
        assert (stored.download_blob().readall() == b"other bytes") is (if_exists != "replace")
        if if_exists == "verify":
            assert "with other content" in ran.errors[0]

    @pytest.mark.parametrize(
        "length", [None, 0, 1, 100, -1], ids=["missing", "empty", "one byte", "cut", "one less"]
    )
    @pytest.mark.parametrize("may_write", [False, True])
    def test_a_broken_upload_is_repaired(
        self, wheel_job: Job, stored: BlobClient, length: int | None, may_write: bool
    ) -> None:
        wheel_job.sandbox.artifact_switches.contentinfo_may_write = may_write
        content = (wheel_job.checkout / FILE).read_bytes()
        register(wheel_job, stored, None if length is None else content[:length])
        ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
        assert ran.status == 0, ran.log
        assert ran.outputs["result"] == "published"
        assert stored.download_blob().readall() == content

    def test_a_registration_whose_answer_was_lost(self, wheel_job: Job, stored: BlobClient) -> None:
        content = (wheel_job.checkout / FILE).read_bytes()
        wheel_job.sandbox.faults.add(
            server="artifact-service", method="POST", status=500, after_work=True
        )
        ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
        assert ran.status == 0, ran.log
        assert stored.download_blob().readall() == content


class TestRefusals:
    def test_keys_are_forbidden_in_its_storage(self, wheel_job: Job) -> None:
        wheel_job.sandbox.blob_switches.keys_forbidden = True
        ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
        assert ran.status == 4, ran.log
        assert "PW405" in ran.errors[0]
        assert ran.outputs["url"] == ""

    def test_its_storage_has_a_firewall(self, wheel_job: Job) -> None:
        wheel_job.sandbox.blob_switches.firewall = True
        ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
        assert ran.status == 4, ran.log
        assert "PW404" in ran.errors[0]

    @pytest.mark.parametrize(("who", "code"), [("reader", "PW403"), ("stranger", "PW403")])
    def test_who_may_not(self, wheel_job: Job, who: str, code: str) -> None:
        inputs = {**wheel_job.into_workspace_inputs(), **wheel_job.sign_in_inputs(who)}
        ran = wheel_job.run(**inputs, package=FILE)
        assert ran.status == 4, ran.log
        assert code in ran.errors[0]

    @pytest.mark.parametrize(
        "answer",
        [
            "{}",
            "[]",
            '{"contentUri": null}',
            '{"contentUri": "http://plain.example.com/x?sig=c2lnbmF0dXJlLW9mLWEtc2Fz"}',
            '{"contentUri": "file:///etc/passwd"}',
            "<html>proxy</html>",
        ],
    )
    def test_an_answer_that_is_none(self, wheel_job: Job, answer: str) -> None:
        wheel_job.sandbox.faults.add(
            server="artifact-service", path=f"*/{FILE}", times=None, status=200, body=answer
        )
        ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
        assert ran.status == 6, ran.log
        assert len(ran.errors) == 1
        assert "c2lnbmF0dXJlLW9mLWEtc2Fz" not in ran.errors[0]

    @pytest.mark.parametrize(
        "answer", ["{}", '{"history": "http://plain.example.com"}', "<html>proxy</html>"]
    )
    def test_a_discovery_that_leads_nowhere(self, wheel_job: Job, answer: str) -> None:
        wheel_job.sandbox.faults.add(
            server="artifact-service", path="/discovery", times=None, status=200, body=answer
        )
        ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
        assert ran.status == 6, ran.log
        assert len(ran.errors) == 1
