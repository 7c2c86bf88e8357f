"""Many wheels in one run, on both routes that end in blob storage: checked before the first is
sent, and sent side by side."""

from __future__ import annotations

import json
import logging
import re
import shutil
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from azure.storage.blob import BlobClient

from private_wheel.publish.blob import storage as blobs
from private_wheel.publish.blob.storage import FILES_AT_ONCE
from private_wheel.wheels.wheel import digest_of

from .conftest import Job, Outcome

MANY = FILES_AT_ONCE + 4
SECONDS = 60.0  # until a test gives up waiting for what should happen at once
A_MOMENT = 0.5  # for what should not happen at all
FOLDER = "Environment/azureml-private-packages"
UPLOADS = "*/acme_part_*"
ROUTES = ("blob", "workspace")
WheelMaker = Callable[..., Path]


def file_name(number: int, version: str = "1.0") -> str:
    return f"acme_part_{number:02}-{version}-py3-none-any.whl"


class Place:
    """Where one route puts wheels, with the wheels of a checkout."""

    def __init__(self, job: Job, route: str, make: WheelMaker) -> None:
        self.job, self.route, self._make = job, route, make
        self.inputs = job.blob_inputs() if route == "blob" else job.into_workspace_inputs()
        self.suffix = "" if route == "blob" else " in workspace acme-ml"
        self.dist = job.checkout / "dist"
        self.dist.mkdir()

    def add(self, count: int, *, version: str = "1.0", content: str = "ANSWER = 42\n") -> list[str]:
        """So many wheels; the packages' names are in the order of their numbers."""
        for number in range(count):
            self.add_one(number, version=version, content=content)
        return [file_name(number, version) for number in range(count)]

    def add_one(self, number: int, *, version: str = "1.0", content: str = "ANSWER = 42\n") -> Path:
        wheel = self._make(f"acme-part-{number:02}", version, content=content)
        return wheel.rename(self.dist / wheel.name)

    def run(self, package: str = "dist", **inputs: str) -> Outcome:
        return self.job.run(**{**self.inputs, **inputs}, package=package)

    def stored(self, file: str) -> BlobClient:
        sandbox = self.job.sandbox
        if self.route == "blob":
            return sandbox.blobs("acmepackages", "wheels").get_blob_client(file)
        return sandbox.blobs("acmemlstore", "azureml").get_blob_client(f"{FOLDER}/{file}")

    def names(self) -> list[str]:
        """What lies there."""
        account, container = (
            ("acmepackages", "wheels") if self.route == "blob" else ("acmemlstore", "azureml")
        )
        found = self.job.sandbox.blobs(account, container).list_blob_names()
        return sorted(name.rpartition("/")[2] for name in found)

    def url(self, file: str) -> str:
        sandbox = self.job.sandbox
        if self.route == "blob":
            return f"{sandbox.container_url}/{file}"
        return sandbox.blob_url("acmemlstore", "azureml", f"{FOLDER}/{file}")

    def uploads(self) -> list[str]:
        """The files that were put so far, in the order in which they had arrived."""
        requests = self.job.sandbox.requests
        return [
            one.path.rpartition("/")[2]
            for one in requests
            if one.server == "blob" and one.method == "PUT" and one.length and one.status == 201
        ]

    def lines(self, ran: Outcome, outcome: str) -> list[str]:
        """The files that the log says this of, each as often as it says it."""
        return re.findall(rf"^(\S+){re.escape(self.suffix)}: {outcome}$", ran.log, re.MULTILINE)


@pytest.fixture(params=ROUTES)
def place(job: Job, request: pytest.FixtureRequest, tiny_wheel: WheelMaker) -> Place:
    return Place(job, request.param, tiny_wheel)


class TestAllOfThem:
    @pytest.mark.parametrize("form", ["directory", "glob", "list"])
    def test_each_is_published_and_told_once_in_the_order_listed(
        self, place: Place, form: str
    ) -> None:
        files = place.add(12)
        (place.dist / "README.md").write_text("no wheel")
        if form == "list":
            files = [*files[::-2], *files[::2]]
        ran = place.run(
            {"directory": "dist", "glob": "dist/*.whl"}.get(form)
            or "\n".join(f"dist/{x}" for x in files)
        )
        assert ran.status == 0, ran.log
        assert place.names() == sorted(files)
        assert all(
            place.stored(file).download_blob().readall() == (place.dist / file).read_bytes()
            for file in files
        )
        assert sorted(place.uploads()) == sorted(files)  # each of them once
        assert sorted(place.lines(ran, "published")) == sorted(files)
        told = re.findall(
            r"^(\S+\.whl)(?: in workspace \S+)? is available at (\S+)$", ran.log, re.MULTILINE
        )
        assert sorted(told) == sorted((file, place.url(file)) for file in files)

        packages = json.loads(ran.outputs["packages-json"])
        assert [package["wheel"] for package in packages] == files
        assert [package["url"] for package in packages] == [place.url(file) for file in files]
        assert [package["sha256"] for package in packages] == [
            digest_of(place.dist / file) for file in files
        ]
        first = {name: value for name, value in packages[0].items() if name != "workspace"}
        assert {name: ran.outputs[name] for name in first} == first

        conda = (place.job.checkout / ran.outputs["environment-file"]).read_text()
        assert re.findall(r"https://[^\s#]+\.whl", conda) == [place.url(file) for file in files]
        assert all(place.url(file) in ran.summary for file in files)
        assert "12 packages" in ran.summary.splitlines()[0]

    def test_again_nothing_is_sent(self, place: Place) -> None:
        files = place.add(12)
        first = place.run()
        assert first.status == 0, first.log
        sent = place.job.sent()
        again = place.run()
        assert again.status == 0, again.log
        assert sorted(place.lines(again, "identical")) == files
        assert place.job.sent() == sent
        results = [
            {**package, "result": ""} for package in json.loads(first.outputs["packages-json"])
        ]
        assert [
            {**package, "result": ""} for package in json.loads(again.outputs["packages-json"])
        ] == results

    def test_several_workspaces_get_all_of_them(self, job: Job, tiny_wheel: WheelMaker) -> None:
        place = Place(job, "workspace", tiny_wheel)
        files = place.add(4)
        ran = place.run(**job.into_workspace_inputs("acme-test", "acme-ml"))
        assert ran.status == 0, ran.log
        packages = json.loads(ran.outputs["packages-json"])
        expected = [(workspace, file) for workspace in ("acme-test", "acme-ml") for file in files]
        assert [(package["workspace"], package["wheel"]) for package in packages] == expected
        for workspace, account in (("acme-test", "acmeteststore"), ("acme-ml", "acmemlstore")):
            conda = (job.checkout / "azureml-environment" / workspace / "conda.yml").read_text()
            urls = [job.sandbox.blob_url(account, "azureml", f"{FOLDER}/{file}") for file in files]
            assert re.findall(r"https://\S+\.whl", conda) == urls
        assert ran.outputs["url"] == job.sandbox.blob_url(
            "acmeteststore", "azureml", f"{FOLDER}/{files[0]}"
        )


def no_zip(place: Place) -> str:
    (place.dist / file_name(99)).write_bytes(b"PK\3\4 and no more")
    return "PW308"


def renamed(place: Place) -> str:
    place.add_one(98).rename(place.dist / file_name(99))
    return "PW308"


def other_metadata(place: Place) -> str:
    wheel = place.add_one(99)
    with zipfile.ZipFile(wheel) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            changed = (
                content.replace(b"\nVersion: 1.0\n", b"\nVersion: 1.1\n")
                if "METADATA" in name
                else content
            )
            archive.writestr(name, changed)
    return "PW308"


def symlink(place: Place) -> str:
    place.add_one(99).rename(place.job.checkout / file_name(99))
    (place.dist / file_name(99)).symlink_to(place.job.checkout / file_name(99))
    return "PW308"


def symlink_elsewhere(place: Place) -> str:
    outside = place.job.checkout.parent / file_name(99)
    place.add_one(99).rename(outside)
    (place.dist / file_name(99)).symlink_to(outside)
    return "PW101"


def dangling_symlink(place: Place) -> str:
    (place.dist / file_name(99)).symlink_to("missing.whl")
    return "PW301"


def directory(place: Place) -> str:
    (place.dist / file_name(99)).mkdir()
    return "PW301"


def other_content(place: Place) -> str:
    place.add_one(99, content="ANSWER = 1\n")
    assert place.run(f"dist/{file_name(99)}").status == 0
    shutil.rmtree(place.job.checkout / "azureml-environment")
    place.add_one(99)
    return "PW501"


def other_version(place: Place) -> str:
    place.add_one(11, version="1.1")
    return "PW304"


def test_wheels_of_one_version_for_several_pythons(place: Place) -> None:
    """An index would choose between them. By URL, the environment has the one that fits it best."""
    place.add(2)
    wheel = place.dist / file_name(1)
    for_both = place.dist / wheel.name.replace("py3-none", "py2.py3-none")
    for_both.write_bytes(wheel.read_bytes())
    ran = place.run()
    assert ran.status == 0, ran.log
    assert for_both.name in place.names()
    conda = (place.job.checkout / "azureml-environment" / "conda.yml").read_text(encoding="utf-8")
    assert [name in conda for name in (f"/{wheel.name}", f"/{for_both.name}")].count(True) == 1


class TestOneIsWrong:
    @pytest.mark.parametrize(
        "spoil",
        [
            no_zip,
            renamed,
            other_metadata,
            symlink,
            symlink_elsewhere,
            dangling_symlink,
            directory,
            other_content,
            other_version,
        ],
        ids=lambda spoil: spoil.__name__,
    )
    def test_nothing_is_sent_at_all(self, place: Place, spoil: Callable[[Place], str]) -> None:
        place.add(12)
        code = spoil(place)
        before = place.names()
        place.job.sandbox.requests.clear()
        ran = place.run()
        assert ran.status, ran.log
        assert len(ran.errors) == 1
        assert code in ran.errors[0]
        assert place.job.sent() == []
        assert place.names() == before
        assert "Nothing was changed." in ran.summary
        assert ran.outputs.get("environment-file", "") == ran.outputs.get("url", "") == ""
        assert not (place.job.checkout / "azureml-environment").exists()

    def test_it_may_be_any_of_them(self, place: Place) -> None:
        """The last one in order is checked like the first."""
        place.add(12)
        for number in (0, 11):
            good = (place.dist / file_name(number)).read_bytes()
            (place.dist / file_name(number)).write_bytes(good[:-10])
            ran = place.run()
            assert ran.status == 3, ran.log
            assert file_name(number) in ran.errors[0]
            (place.dist / file_name(number)).write_bytes(good)
        assert place.job.sent() == []


class TestSideBySide:
    def test_as_many_as_allowed_are_under_way_at_once(self, place: Place) -> None:
        files = place.add(MANY)
        barrier = threading.Barrier(FILES_AT_ONCE)
        place.job.sandbox.faults.add(
            server="blob",
            method="PUT",
            path=UPLOADS,
            times=FILES_AT_ONCE,
            hook=lambda: barrier.wait(SECONDS),
        )
        ran = place.run()
        assert ran.status == 0, ran.log
        assert not barrier.broken
        assert place.names() == files

    @pytest.mark.parametrize(
        ("method", "path"), [("HEAD", UPLOADS), ("GET", UPLOADS)], ids=["plan", "read back"]
    )
    def test_so_are_looking_and_reading_back(self, place: Place, method: str, path: str) -> None:
        files = place.add(FILES_AT_ONCE)
        if method == "HEAD":  # a blob that is there is looked at in every plan
            assert place.run().status == 0
        barrier = threading.Barrier(FILES_AT_ONCE)
        place.job.sandbox.faults.add(
            server="blob",
            method=method,
            path=path,
            times=FILES_AT_ONCE,
            hook=lambda: barrier.wait(SECONDS),
        )
        ran = place.run()
        assert ran.status == 0, ran.log
        assert not barrier.broken
        assert place.names() == files

    def test_no_connection_is_opened_for_one_request_only(
        self, job: Job, tiny_wheel: WheelMaker, caplog: pytest.LogCaptureFixture
    ) -> None:
        """There are as many as are used at once; urllib3 says of others that it throws them away."""
        place = Place(job, "workspace", tiny_wheel)
        place.add(FILES_AT_ONCE)
        barrier = threading.Barrier(FILES_AT_ONCE)
        job.sandbox.faults.add(
            server="artifact-service",
            path=UPLOADS,
            times=FILES_AT_ONCE,
            hook=lambda: barrier.wait(SECONDS),
        )
        with caplog.at_level(logging.WARNING, "urllib3"):
            ran = place.run()
        assert ran.status == 0, ran.log
        assert not barrier.broken
        assert "Connection pool is full" not in caplog.text

    def test_large_files_go_one_after_the_other(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each has blocks side by side already, and memory holds those of one."""
        block = 64 * 1024
        monkeypatch.setattr(blobs, "BLOCK_SIZE", block)
        files = place.add(3, content="A = 1\n" * (block // 3))
        assert all((place.dist / file).stat().st_size > block for file in files)
        under_way: list[str] = []
        together: list[set[str]] = []

        def begun(file: str) -> None:
            under_way.append(file)
            done = {
                one.path.rpartition("/")[2]
                for one in place.job.sandbox.requests
                if "comp=blocklist" in one.query
            }
            together.append(set(under_way) - done)

        for file in files:
            place.job.sandbox.faults.add(
                server="blob",
                method="PUT",
                path=f"*/{file}",
                query="*comp=block&*",
                times=None,
                delay=0.05,
                hook=lambda file=file: begun(file),
            )
        ran = place.run()
        assert ran.status == 0, ran.log
        assert set(under_way) == set(files)
        assert len(under_way) > len(files)
        assert all(len(some) == 1 for some in together), together


class TestOneFails:
    def test_it_is_told_what_is_done_and_the_next_run_does_the_rest(self, place: Place) -> None:
        files = place.add(MANY)
        refused, begun, not_begun = files[3], files[:FILES_AT_ONCE], files[FILES_AT_ONCE:]
        all_under_way, another = threading.Barrier(FILES_AT_ONCE), threading.Event()

        def wait_for_all() -> None:
            all_under_way.wait(SECONDS)

        def wait_for_the_refusal() -> None:
            all_under_way.wait(SECONDS)
            another.wait(
                A_MOMENT
            )  # while the program hears of it, and may be tempted to begin another one

        faults = place.job.sandbox.faults
        faults.add(server="blob", method="PUT", path=f"*/{refused}", status=403, hook=wait_for_all)
        faults.add(
            server="blob", method="PUT", path=UPLOADS, times=FILES_AT_ONCE - 1, hook=wait_for_the_refusal
        )  # fmt: skip
        faults.add(server="blob", method="PUT", path=UPLOADS, hook=another.set)
        ran = place.run()
        assert not all_under_way.broken
        assert ran.status == 4, ran.log
        assert len(ran.errors) == 1
        assert not another.is_set(), "another one was begun after the failure"
        done = [file for file in begun if file != refused]
        assert place.names() == done
        assert sorted(place.lines(ran, "published")) == done
        summary = ran.summary.replace("\\", "")
        told = r"Possibly completed: (.*?)\. Not completed: (.*?)\. Fix the error and run again"
        assert re.search(told, summary), summary
        assert f"Possibly completed: {refused}{place.suffix}." in summary
        assert f"Not completed: {', '.join(file + place.suffix for file in not_begun)}." in summary
        assert summary.count("| published") == len(done)
        assert [package["wheel"] for package in json.loads(ran.outputs["packages-json"])] == done
        assert ran.outputs["environment-file"] == ran.outputs["environment-dir"] == ""
        assert not (place.job.checkout / "azureml-environment").exists()

        faults.clear()
        place.job.sandbox.requests.clear()
        again = place.run()
        assert again.status == 0, again.log
        assert sorted(place.uploads()) == sorted([refused, *not_begun])
        assert sorted(place.lines(again, "identical")) == done
        assert place.names() == files
        conda = (place.job.checkout / again.outputs["environment-file"]).read_text()
        assert all(place.url(file) in conda for file in files)

    def test_one_that_cannot_be_read_back_takes_no_url_from_the_others(self, place: Place) -> None:
        """What was seen is told, and no environment file names what was not."""
        files = place.add(12)
        place.job.sandbox.faults.add(
            server="blob", method="GET", path=f"*/{files[5]}", times=None, status=403
        )
        ran = place.run()
        assert ran.status == 4, ran.log
        packages = {
            package["wheel"]: package for package in json.loads(ran.outputs["packages-json"])
        }
        assert [file for file, package in packages.items() if not package["url"]] == [files[5]]
        assert packages[files[5]]["requirement"] == ""
        assert place.url(files[5]) not in ran.log + ran.summary
        assert ran.outputs["environment-file"] == ""
        assert not (place.job.checkout / "azureml-environment").exists()
