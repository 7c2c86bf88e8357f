"""The environments of a whole run: in every format, by every route, extended, proven, and without a
credential."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.masked_forms import masked_forms

from .conftest import Job

WheelMaker = Callable[..., Path]
FORMATS = "conda azureml azureml-v1 requirements wheelhouse"
OUT = Path("azureml-environment")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
BASE = f"""\
# Of the forecasting team.
name: forecasts
channels: [conda-forge]
dependencies:
  - python={PYTHON}
  - pip  # any
  - pip:
      - --pre  # they are careful
      - acme-forecast<1  # ours
"""


def text(name: str) -> str:
    return (OUT / name).read_bytes().decode()


def pip_part(conda: str) -> list[str]:
    lines: list[str] = YAML(typ="safe").load(conda)["dependencies"][-1]["pip"]
    return lines


def put_into_feed(job: Job, wheel: Path) -> None:
    """As if another team had published it."""
    wheel.rename(job.sandbox.directory / "feeds" / "acme" / "_organisation" / wheel.name)


def route(job: Job, name: str) -> dict[str, str]:
    if name == "feed":
        return {**job.feed_inputs(), **job.workspace_inputs()}
    return job.blob_inputs() if name == "blob" else job.into_workspace_inputs()


@pytest.mark.parametrize("name", ["feed", "blob", "workspace"])
@pytest.mark.parametrize("verify", ["resolve", "install"])
def test_every_route_in_every_format(wheel_job: Job, name: str, verify: str) -> None:
    inputs = route(wheel_job, name)
    ran = wheel_job.run(package="*.whl", environment_formats=FORMATS, verify=verify, **inputs)
    assert ran.status == 0, ran.log
    files = sorted(path.relative_to(OUT).as_posix() for path in OUT.rglob("*") if path.is_file())
    assert files == [
        "azureml-v1/azureml_environment.json",
        "azureml-v1/conda_dependencies.yml",
        "conda.yml",
        "environment.yml",
        "requirements.txt",
        "wheelhouse/Dockerfile.fragment",
        "wheelhouse/requirements.txt",
        "wheelhouse/wheels/acme_forecast-1.2.3-py3-none-any.whl",
    ]
    lines = pip_part(text("conda.yml"))
    assert lines[-1] == ran.outputs["requirement"]
    assert text("requirements.txt").splitlines() == lines
    assert text("azureml-v1/conda_dependencies.yml") == text("conda.yml")
    assert YAML(typ="safe").load(text("environment.yml"))["conda_file"] == YAML(typ="safe").load(
        text("conda.yml")
    )
    assert text("wheelhouse/requirements.txt") == "./wheels/acme_forecast-1.2.3-py3-none-any.whl\n"
    assert not any("\r" in text(path) for path in files if not path.endswith(".whl"))


def test_the_same_run_gives_the_same_bytes(wheel_job: Job) -> None:
    (wheel_job.checkout / "train.yml").write_text(BASE)
    inputs = {"package": "*.whl", "environment_formats": FORMATS, "environment_base": "train.yml"}
    found = []
    for _ in range(2):
        assert wheel_job.run(**inputs, **wheel_job.feed_inputs()).status == 0
        found.append({path: path.read_bytes() for path in OUT.rglob("*") if path.is_file()})
    assert found[0] == found[1]


def test_a_file_of_the_users_is_extended(wheel_job: Job) -> None:
    (wheel_job.checkout / "train.yml").write_text(BASE)
    inputs = {"environment_base": "train.yml", "environment_formats": FORMATS}
    ran = wheel_job.run(package="*.whl", verify="install", **inputs, **wheel_job.feed_inputs())
    assert ran.status == 0, ran.log
    index = f"      - --extra-index-url {ran.outputs['index-url']}\n"
    pre = "      - --pre  # they are careful\n"
    assert text("conda.yml") == BASE.replace("acme-forecast<1", "acme-forecast==1.2.3").replace(
        pre, pre + index
    )
    assert "# Of the forecasting team." in text("environment.yml")


def test_what_is_wrong_with_it_is_told_with_its_line_before_anything_is_done(
    wheel_job: Job,
) -> None:
    (wheel_job.checkout / "train.yml").write_text(BASE + "      - -r more.txt\n")
    ran = wheel_job.run(package="*.whl", environment_base="train.yml", **wheel_job.feed_inputs())
    assert ran.status == 2
    (error,) = ran.errors
    assert "file=train.yml" in error
    assert "line=10" in error
    assert "environment-base: train.yml, line 10: " in error
    assert wheel_job.sent() == []


def test_a_credential_in_it_is_never_shown(wheel_job: Job) -> None:
    token = wheel_job.sandbox.tokens.read
    line = f"      - --extra-index-url https://x:{token}@acme.invalid/simple/\n"
    (wheel_job.checkout / "train.yml").write_text(BASE + line)
    ran = wheel_job.run(package="*.whl", environment_base="train.yml", **wheel_job.feed_inputs())
    assert ran.status == 2
    assert "train.yml, line 10: contains a credential" in ran.errors[0]
    assert not any(form in ran.log + ran.summary for form in masked_forms(token))


@pytest.mark.parametrize("verify", ["resolve", "install"])
def test_what_does_not_work_is_not_let_in_or_handed_over(
    job: Job, tiny_wheel: WheelMaker, verify: str
) -> None:
    tiny_wheel(requires=["acme-core>=2"]).rename(
        job.checkout / "acme_forecast-1.2.3-py3-none-any.whl"
    )
    inputs = {"package": "*.whl", "verify": verify, "register_environment": "true"}
    ran = job.run(**inputs, **job.feed_inputs(), **job.workspace_inputs())
    assert ran.status == 3, ran.log
    (error,) = ran.errors
    assert "acme-core" in error
    assert "PW311" in error
    workspace = job.sandbox.workspace("acme-ml")
    assert (dict(workspace.connections), dict(workspace.environments), OUT.exists()) == (
        {},
        {},
        False,
    )
    assert (
        "Not completed: connection acme of acme-ml, environment acme-forecast 1.2.3"
        in ran.summary.replace("\\", "")
    )
    put_into_feed(job, tiny_wheel("acme-core", "2.0"))
    again = job.run(**inputs, **job.feed_inputs(), **job.workspace_inputs())
    assert again.status == 0, again.log
    assert (again.outputs["result"], list(workspace.environments)) == (
        "identical",
        ["acme-forecast"],
    )


def test_a_python_that_is_not_here_is_told_before_anything_is_sent(wheel_job: Job) -> None:
    ran = wheel_job.run(
        package="*.whl", verify="install", python_version="3.42", **wheel_job.feed_inputs()
    )
    assert ran.status == 2
    assert (
        "PW116: verify: Python 3.42, which the environment needs, is not installed here."
        in ran.errors[0]
    )
    assert wheel_job.sent() == []


def test_a_wheel_for_another_platform_is_not_sent(job: Job, tiny_wheel: WheelMaker) -> None:
    wheel = tiny_wheel(tag="cp311-cp311-win_amd64")
    wheel.rename(job.checkout / wheel.name)
    ran = job.run(package="*.whl", **job.feed_inputs())
    assert ran.status == 3
    assert "PW310" in ran.errors[0]
    assert "cibuildwheel" in ran.errors[0]
    assert job.sent() == []


def test_a_dry_run_tells_what_will_be_in_the_environment(wheel_job: Job) -> None:
    (wheel_job.checkout / "train.yml").write_text(BASE)
    inputs = {
        "environment_base": "train.yml",
        "verify": "install",
        "dry_run": "true",
        **wheel_job.feed_inputs(),
    }
    ran = wheel_job.run(package="*.whl", **inputs)
    assert ran.status == 0, ran.log
    log = ran.log.splitlines()
    assert any(
        line.startswith(f"environment acme-forecast 1.2.3: Python {PYTHON}, image mcr.")
        for line in log
    )
    assert "train.yml, line 9: -       - acme-forecast<1  # ours" in log
    assert "train.yml, line 9: +       - acme-forecast==1.2.3  # ours" in log
    assert "dry run: nothing was sent, and the environment was not checked (verify: install)" in log
    assert "      - acme-forecast==1.2.3  # ours\n" in ran.summary
    assert (OUT.exists(), wheel_job.sent()) == (False, [])


def test_the_summary_tells_what_was_shown(wheel_job: Job) -> None:
    ran = wheel_job.run(package="*.whl", verify="install", **wheel_job.feed_inputs())
    assert f"- Environment acme-forecast 1.2.3 installs with Python {PYTHON}" in ran.summary
    ran = wheel_job.run(package="*.whl", verify="resolve", **wheel_job.feed_inputs())
    resolves = f"resolves for Python {PYTHON} on Linux: 1 package, of these from the feed: acme-forecast 1.2.3"
    assert f"- Environment acme-forecast 1.2.3 {resolves}" in ran.summary


@pytest.mark.parametrize("verify", ["resolve", "install"])
def test_what_is_not_published_is_checked_with_the_wheel_itself(
    job: Job, tiny_wheel: WheelMaker, verify: str
) -> None:
    put_into_feed(job, tiny_wheel("acme-core", "2.0"))
    tiny_wheel(requires=["acme-core"]).rename(job.checkout / "acme_forecast-1.2.3-py3-none-any.whl")
    inputs = {"publish_to": "none", "environment_formats": "conda wheelhouse", **job.feed_inputs()}
    ran = job.run(package="*.whl", verify=verify, **inputs)
    assert ran.status == 0, ran.log
    assert pip_part(text("conda.yml"))[-1] == "acme-forecast==1.2.3"
    assert len(list((OUT / "wheelhouse" / "wheels").iterdir())) == 2


def test_a_warning_about_it_is_told_once(wheel_job: Job) -> None:
    inputs = {
        **wheel_job.into_workspace_inputs("acme-ml", "acme-test"),
        "environment_image": "acme.invalid/base",
    }
    ran = wheel_job.run(package="*.whl", dry_run="true", **inputs)
    assert ran.status == 0, ran.log
    assert len([one for one in ran.warnings if "has no fixed tag" in one]) == 1


def test_a_python_that_the_base_leaves_open_is_a_warning(wheel_job: Job) -> None:
    (wheel_job.checkout / "train.yml").write_text(BASE.replace(f"python={PYTHON}", "python>=3.8"))
    ran = wheel_job.run(
        package="*.whl", environment_base="train.yml", dry_run="true", **wheel_job.feed_inputs()
    )
    assert [
        "Line 5 of environment-base leaves the Python version" in one for one in ran.warnings
    ] == [True]


def test_a_python_of_the_base_that_does_not_suit_is_told_with_its_line(
    job: Job, tiny_wheel: WheelMaker
) -> None:
    wheel = tiny_wheel(tag="cp38-cp38-linux_x86_64")
    wheel.rename(job.checkout / wheel.name)
    (job.checkout / "train.yml").write_text(BASE)
    ran = job.run(package="*.whl", environment_base="train.yml", **job.feed_inputs())
    assert ran.status == 3
    (error,) = ran.errors
    assert f"has Python {PYTHON}. It comes from train.yml, line 5. Change that line" in error
    assert "file=train.yml,line=5" in error
    assert job.sent() == []


def test_a_local_path_means_what_was_built_from_it(job: Job) -> None:
    job.add_package("flit")
    job.commit()
    (job.checkout / "requirements.txt").write_text("-e ./flit\n")
    inputs = {"environment_base": "requirements.txt", "environment_formats": "requirements"}
    ran = job.run(package="flit", **inputs, **job.feed_inputs())
    assert ran.status == 0, ran.log
    assert text("requirements.txt").splitlines()[1:] == [ran.outputs["requirement"]]


def test_the_feed_is_read_with_the_credential_of_the_workspace(
    job: Job, tiny_wheel: WheelMaker
) -> None:
    put_into_feed(job, tiny_wheel("acme-core", "2.0"))
    tiny_wheel(requires=["acme-core"]).rename(job.checkout / "acme_forecast-1.2.3-py3-none-any.whl")
    ran = job.run(package="*.whl", verify="resolve", **job.feed_inputs(), **job.workspace_inputs())
    assert ran.status == 0, ran.log
    asked = [
        one
        for one in job.sandbox.requests
        if one.server == "feed" and "/simple/acme-core/" in one.path
    ]
    logins = {base64.b64decode(one.headers["Authorization"].split()[1]).decode() for one in asked}
    assert {login.rpartition(":")[2] for login in logins} == {job.sandbox.tokens.read}


class TestWheelhouse:
    """Docker cannot run here: the commands of the fragment do, in an empty virtual environment."""

    def install(self, job: Job) -> subprocess.CompletedProcess[str]:
        target = job.checkout.parent / "opt"
        fragment = text("wheelhouse/Dockerfile.fragment").splitlines()
        (copied,) = (line.split()[1:] for line in fragment if line.startswith("COPY "))
        (command,) = (line[4:] for line in fragment if line.startswith("RUN "))
        assert copied == ["wheelhouse/", "/opt/wheelhouse/"]
        subprocess.run(["cp", "-r", OUT / "wheelhouse", target], check=True)
        venv.create(job.checkout.parent / "image", with_pip=True)
        command = command.replace("/opt/wheelhouse", str(target))
        path = f"{job.checkout.parent / 'image' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        # Neither the feed nor a credential: what a Docker build has.
        environ = {**os.environ, "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        return subprocess.run(
            ["sh", "-c", command], env=environ, capture_output=True, text=True, check=False
        )

    def installed(self, job: Job) -> set[str]:
        python = job.checkout.parent / "image" / "bin" / "python"
        listed = subprocess.run(
            [python, "-m", "pip", "list"], capture_output=True, text=True, check=True
        ).stdout
        return {" ".join(line.split()) for line in listed.splitlines()}

    @pytest.mark.parametrize("index_mode", ["extra", "only"])
    def test_it_holds_what_only_the_feed_has(
        self, job: Job, tiny_wheel: WheelMaker, index_mode: str
    ) -> None:
        put_into_feed(job, tiny_wheel("acme-base", "3.0"))
        put_into_feed(job, tiny_wheel("acme-core", "2.0", requires=["acme-base"]))
        tiny_wheel(requires=["acme-core>=2"]).rename(
            job.checkout / "acme_forecast-1.2.3-py3-none-any.whl"
        )
        job.sandbox.public_project("acme-public", version="1.0")
        inputs = {
            "environment_formats": "wheelhouse",
            "index_mode": index_mode,
            **job.feed_inputs(),
        }
        ran = job.run(package="*.whl", **inputs)
        assert ran.status == 0, ran.log
        done = self.install(job)
        assert done.returncode == 0, done.stdout + done.stderr
        assert {"acme-forecast 1.2.3", "acme-core 2.0", "acme-base 3.0"} <= self.installed(job)
        assert ("--no-index" in text("wheelhouse/requirements.txt")) == (index_mode == "only")

    def test_public_packages_stay_public(self, job: Job, tiny_wheel: WheelMaker) -> None:
        for name in ("acme-public", "acme-core"):
            put_into_feed(job, tiny_wheel(name, "1.0"))
        job.sandbox.public_project("acme-public", version="1.0")
        requires = ["acme-public==1.0", "acme-core"]
        tiny_wheel(requires=requires).rename(job.checkout / "acme_forecast-1.2.3-py3-none-any.whl")
        ran = job.run(package="*.whl", environment_formats="wheelhouse", **job.feed_inputs())
        assert ran.status == 0, ran.log
        assert sorted(path.name for path in (OUT / "wheelhouse" / "wheels").iterdir()) == [
            "acme_core-1.0-py3-none-any.whl",
            "acme_forecast-1.2.3-py3-none-any.whl",
        ]

    def test_extras_markers_and_hashes(self, job: Job, tiny_wheel: WheelMaker) -> None:
        wheel = tiny_wheel()
        wheel.rename(job.checkout / wheel.name)
        (job.checkout / "requirements.txt").write_text(
            'acme-forecast[plot]==1.0 ; python_version > "3" --hash=sha256:' + "0" * 64 + "\n"
        )
        inputs = {
            "environment_formats": "requirements wheelhouse",
            "environment_base": "requirements.txt",
        }
        ran = job.run(package="*.whl", **inputs, **job.feed_inputs())
        assert ran.status == 0, ran.log
        assert text("wheelhouse/requirements.txt") == (
            './wheels/acme_forecast-1.2.3-py3-none-any.whl[plot] ; python_version > "3"'
            f" --hash=sha256:{ran.outputs['sha256']}\n"
        )
        done = self.install(job)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "acme-forecast 1.2.3" in self.installed(job)

    @pytest.mark.parametrize(
        "how", ["write_bytes(b'EVIL')", "unlink() or path.symlink_to('/etc/passwd')"]
    )
    def test_code_that_changes_the_wheel_meanwhile(
        self, job: Job, tiny_wheel: WheelMaker, how: str
    ) -> None:
        """The import of the package runs foreign code, beside the wheel."""
        path = job.checkout / "acme_forecast-1.2.3-py3-none-any.whl"
        code = f"import pathlib\npath = pathlib.Path({str(path)!r})\npath.{how}\n"
        tiny_wheel(content=code).rename(path)
        ran = job.run(
            package="*.whl", verify="install", environment_formats="wheelhouse", **job.feed_inputs()
        )
        assert ran.status == 3
        assert "was changed on this machine" in ran.errors[0]
        assert not (OUT / "wheelhouse").exists()

    @pytest.mark.parametrize(
        "name", ["1%0Aevil%0A%23", "1%1B%5D0;%07", "1;x", "9" * 300, "1%2F..%2Fx"]
    )
    def test_odd_names_in_the_feed_are_not_taken(
        self, job: Job, tiny_wheel: WheelMaker, name: str
    ) -> None:
        put_into_feed(job, tiny_wheel("acme-core", "2.0"))
        right = "acme_core-2.0-py3-none-any.whl"
        odd = f'<a href="../../acme_core-2.0-{name}-py3-none-any.whl">x</a>'
        page = f'<html><body>{odd}<a href="/acme/_packaging/python/pypi/download/acme-core/2.0/{right}">x</a></body>'
        job.sandbox.faults.add(
            server="feed",
            method="GET",
            path="*/simple/acme-core/",
            status=200,
            body=page,
            content_type="text/html",
            times=None,
        )
        tiny_wheel(requires=["acme-core"]).rename(
            job.checkout / "acme_forecast-1.2.3-py3-none-any.whl"
        )
        ran = job.run(package="*.whl", environment_formats="wheelhouse", **job.feed_inputs())
        assert ran.status == 0, ran.log
        assert text("wheelhouse/requirements.txt").splitlines()[:-1] == [f"./wheels/{right}"]

    def test_an_index_beside_ours_stays(self, wheel_job: Job) -> None:
        public, ours = wheel_job.sandbox.public_index_url, wheel_job.feed_inputs()["feed"]
        lines = f"--extra-index-url {public} --extra-index-url {ours}\nacme-forecast\n"
        (wheel_job.checkout / "requirements.txt").write_text(lines)
        inputs = {"environment_formats": "wheelhouse", "environment_base": "requirements.txt"}
        ran = wheel_job.run(package="*.whl", **inputs, **wheel_job.feed_inputs())
        assert ran.status == 0, ran.log
        assert text("wheelhouse/requirements.txt").splitlines()[0] == f"--extra-index-url {public}"
        assert "\nwheels\n" not in ran.summary

    @pytest.mark.parametrize("between", ["\n", " "])
    def test_an_index_beside_ours_takes_the_place_of_the_first(
        self, job: Job, tiny_wheel: WheelMaker, between: str
    ) -> None:
        """pip would find nothing behind --no-index, and with no first one it would ask its default."""
        put_into_feed(job, tiny_wheel("acme-core", "2.0"))
        tiny_wheel(requires=["acme-core"]).rename(
            job.checkout / "acme_forecast-1.2.3-py3-none-any.whl"
        )
        job.sandbox.public_project("acme-public", version="1.0")
        public = job.sandbox.public_index_url
        indexes = f"--index-url {job.feed_inputs()['feed']}{between}--extra-index-url {public}"
        (job.checkout / "requirements.txt").write_text(f"{indexes}\nacme-public\n")
        inputs = {"environment_formats": "wheelhouse", "environment_base": "requirements.txt"}
        ran = job.run(package="*.whl", **inputs, **job.feed_inputs())
        assert ran.status == 0, ran.log
        assert text("wheelhouse/requirements.txt").splitlines() == [
            f"--index-url {public}",
            "./wheels/acme_core-2.0-py3-none-any.whl",
            "acme-public",
            "./wheels/acme_forecast-1.2.3-py3-none-any.whl",
        ]
        done = self.install(job)
        assert done.returncode == 0, done.stdout + done.stderr
        assert {"acme-forecast 1.2.3", "acme-core 2.0", "acme-public 1.0"} <= self.installed(job)

    @pytest.mark.parametrize("hashed", [False, True])
    def test_a_private_dependency_that_the_base_names(
        self, job: Job, tiny_wheel: WheelMaker, hashed: bool
    ) -> None:
        core = tiny_wheel("acme-core", "2.0")
        option = f" --hash=sha256:{hashlib.sha256(core.read_bytes()).hexdigest()}" if hashed else ""
        put_into_feed(job, core)
        tiny_wheel(requires=["acme-core"]).rename(
            job.checkout / "acme_forecast-1.2.3-py3-none-any.whl"
        )
        (job.checkout / "requirements.txt").write_text(f"acme-core==2.0{option}\n")
        inputs = {"environment_formats": "wheelhouse", "environment_base": "requirements.txt"}
        ran = job.run(package="*.whl", **inputs, **job.feed_inputs())
        assert ran.status == 0, ran.log
        assert f"./wheels/acme_core-2.0-py3-none-any.whl{option}\n" in text(
            "wheelhouse/requirements.txt"
        )
        done = self.install(job)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_of_an_earlier_run_nothing_stays(self, wheel_job: Job) -> None:
        stale = OUT / "wheelhouse" / "wheels" / "acme_forecast-1.0-py3-none-any.whl"
        stale.parent.mkdir(parents=True)
        stale.write_text("old")
        assert (
            wheel_job.run(
                package="*.whl", environment_formats="wheelhouse", **wheel_job.feed_inputs()
            ).status
            == 0
        )
        assert not stale.exists()
        assert [path.name for path in OUT.iterdir()] == ["wheelhouse"]
