"""No token, in any form, in anything that a run leaves behind, while the servers repeat what they
were sent."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import pytest
from urllib3.connectionpool import HTTPConnectionPool

from private_wheel.__main__ import main
from sandbox.blob.accounts import PACKAGES_ACCOUNT
from sandbox.blob.azurite import Azurite
from sandbox.network.faults import Fault
from tests.leaks import Secrets, contents, credentials_in
from tests.masked_forms import masked_forms

from .conftest import REPOSITORY, Job, Outcome

_started: list[str] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """Every child's arguments and environment, as the interpreter hands them to the operating
    system."""
    if event == "subprocess.Popen":
        _started.append(repr(arguments[1:]))


sys.addaudithook(_watch)


def secrets(job: Job) -> Secrets:
    """Everything secret that this sandbox has handed out so far, and whatever reached a server as a
    credential."""
    sandbox = job.sandbox
    tokens = {value for value in vars(sandbox.tokens).values() if isinstance(value, str)}
    tokens |= {identity.secret for identity in sandbox.identities}
    tokens |= {sandbox.github_oidc_environ()["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]}
    return Secrets(tokens | credentials_in(sandbox.requests))


def left_behind(job: Job, *texts: str) -> bytes:
    """The log without the lines that tell the host what to mask, and every file outside the
    sandbox's own folder."""
    lines = [
        line.encode()
        for text in texts
        for line in text.splitlines()
        if not line.startswith("::add-mask::")
    ]
    for folder in (job.checkout, job.host_files):
        lines += [content for _, content in contents(folder)]
    return b"\n".join([*lines, *(started.encode() for started in _started)])


def check(job: Job, *texts: str) -> None:
    assert secrets(job).found_in(left_behind(job, *texts)) == []


def shown(ran: Outcome) -> tuple[str, str, str]:
    """All that a run showed by itself; its files are found in their places."""
    return ran.log, ran.summary, json.dumps(ran.outputs)


@pytest.fixture(autouse=True)
def _careless_servers(job: Job) -> Iterator[None]:
    job.sandbox.faults.echo_authorization = job.sandbox.faults.echo_body = True
    _started.clear()
    yield
    assert job.sandbox.requests


SCENARIOS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "success": ({}, {}),
    "feed refuses the token": ({}, {"feed_token": "other_organisation"}),
    "feed token may not write": ({}, {"feed_token": "read"}),
    "workspace token cannot read": ({}, {"connection_token": "write_only"}),
    "feed is broken": ({"server": "feed", "method": "POST", "status": 400, "times": None}, {}),
    "index is broken": ({"server": "feed", "method": "GET", "status": 418, "times": None}, {}),
    "ARM refuses the read": (
        {"server": "arm", "method": "GET", "path": "*/connections", "status": 403, "times": None},
        {},
    ),
    "ARM refuses the write": ({"server": "arm", "method": "PUT", "status": 400, "times": None}, {}),
    "Entra is broken": ({"server": "sign-in", "method": "POST", "status": 400, "times": None}, {}),
    "the issuer is broken": ({"server": "github", "status": 400, "times": None}, {}),
}


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("sign_in_writes", [False, True])
def test_on_github(job: Job, name: str, sign_in_writes: bool) -> None:
    fault, tokens = SCENARIOS[name]
    if fault:
        job.sandbox.faults.add(**fault)
    job.add_package("curious")
    inputs = {**job.feed_inputs(), **job.workspace_inputs()}
    inputs |= {key: getattr(job.sandbox.tokens, value) for key, value in tokens.items()}
    if sign_in_writes:
        inputs["feed_token"] = ""
    outcome = job.run({"RUNNER_DEBUG": "1"}, package="curious", **inputs)
    assert (outcome.status == 0) == (
        name == "success" or (sign_in_writes and "feed_token" in tokens)
    ), outcome.log
    check(job, outcome.log, outcome.summary)


@pytest.mark.parametrize(
    "name", ["success", "feed is broken", "ARM refuses the write", "feed refuses the token"]
)
def test_in_a_terminal(wheel_job: Job, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault, tokens = SCENARIOS[name]
    sandbox = wheel_job.sandbox
    if fault:
        sandbox.faults.add(**fault)
    (wheel_job.checkout / ".git").mkdir()
    environ = {
        **os.environ,
        **sandbox.service_principal_environ(sandbox.identities.contributor),
        "PRIVATE_WHEEL_DEBUG": "1",
        "INPUT_FEEDTOKEN": getattr(sandbox.tokens, tokens.get("feed_token", "write")),
        "INPUT_CONNECTIONTOKEN": sandbox.tokens.read,
    }
    stdout = io.StringIO()
    feed, workspace = sandbox.feed_url("acme", "python"), sandbox.workspace("acme-ml").short
    status = main(environ, stdout, ["--package", "*.whl", "--feed", feed, "--workspace", workspace])
    assert (status == 0) == (name == "success"), stdout.getvalue()
    assert "::add-mask::" not in stdout.getvalue()
    check(wheel_job, stdout.getvalue())


@pytest.mark.parametrize("requires", ["", "acme-core"], ids=["works", "does not resolve"])
@pytest.mark.parametrize("verify", ["published", "resolve", "install"])
def test_in_a_check_of_the_environment(
    job: Job, tiny_wheel: Any, verify: str, requires: str
) -> None:
    wheel = tiny_wheel(requires=[requires] if requires else [])
    wheel.rename(job.checkout / wheel.name)
    (job.checkout / "train.txt").write_text(
        f"--extra-index-url {job.sandbox.feed_url('acme', 'python')}\n"
    )
    inputs = {"verify": verify, "environment_base": "train.txt", "register_environment": "true"}
    inputs |= {"environment_formats": "conda azureml azureml-v1 requirements wheelhouse"}
    debug = {"RUNNER_DEBUG": "1"}
    outcome = job.run(
        debug, package="*.whl", **inputs, **job.feed_inputs(), **job.workspace_inputs()
    )
    assert (outcome.status == 0) == (not requires), outcome.log
    check(job, *shown(outcome))


def test_masks_come_before_everything_else(wheel_job: Job) -> None:
    outcome = wheel_job.run(package="*.whl", **wheel_job.feed_inputs())
    masks = list(takewhile(lambda line: line.startswith("::add-mask::"), outcome.log.splitlines()))
    for form in masked_forms(wheel_job.sandbox.tokens.write):
        assert f"::add-mask::{form}" in masks


def test_the_search_itself_finds_a_token(wheel_job: Job) -> None:
    """The checks above would be worth nothing if they could not fail."""
    with pytest.raises(AssertionError):
        check(wheel_job, f"some text with {wheel_job.sandbox.tokens.write} in it")
    (wheel_job.checkout / "left.txt").write_text(wheel_job.sandbox.tokens.read)
    with pytest.raises(AssertionError):
        check(wheel_job, "")
    wheel_job.run(package="*.whl", **wheel_job.feed_inputs())
    Path(wheel_job.checkout / "left.txt").unlink()


# --- the two routes that end in blob storage

FILE = "acme_forecast-1.2.3-py3-none-any.whl"
DEBUG = {"RUNNER_DEBUG": "1"}
ROUTES = ("blob", "workspace")
# Of a link that this program has never been given, and so cannot know.
FOREIGN_SIGNATURE = "c2lnbmF0dXJlLW9mLWEtc2FzLXRoYXQtbm9ib2R5LWtub3dz+/A="
FOREIGN_LINK = f"https://acme.blob.core.windows.net/a/b?sv=2024-11-04&sr=b&sig={quote(FOREIGN_SIGNATURE, safe='')}&sp=r"

# Answers that hold a link, and none that can be used. Their names go into the environment of a
# test, where the program looks for secrets too: so no name is made of the link.
UNUSABLE: dict[str, object] = {
    "scheme": {"contentUri": FOREIGN_LINK.replace("https", "wasbs")},
    "no scheme": {"contentUri": FOREIGN_LINK.removeprefix("https:")},
    "no host": {"contentUri": FOREIGN_LINK.replace("https://", "https:///")},
    "user": {"contentUri": FOREIGN_LINK.replace("https://", "https://user:word@")},
    "port": {"contentUri": FOREIGN_LINK.replace(".net", ".net:99999")},
    "no blob": {"contentUri": FOREIGN_LINK.replace("/a/b", "/")},
    "blank": {"contentUri": FOREIGN_LINK.replace("/a/b", "/a b")},
    "list": {"contentUri": [FOREIGN_LINK]},
    "object": {"contentUri": {"uri": FOREIGN_LINK}},
    "elsewhere": {"error": FOREIGN_LINK},
    "text": FOREIGN_LINK,
}


def inputs_of(job: Job, route: str) -> dict[str, str]:
    return job.blob_inputs() if route == "blob" else job.into_workspace_inputs()


@pytest.fixture
def careless_storage(
    job: Job, azurite: Azurite, no_pauses: None, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Errors repeat the address of the request too: a signed link is a credential. No library
    prints beside us."""
    azurite.start()  # its process is given the keys
    _started.clear()
    job.sandbox.faults.echo_url = True
    yield
    printed = capfd.readouterr()
    assert secrets(job).found_in(f"{printed.out}\n{printed.err}".encode()) == []


def keys_in(azurite: Azurite) -> Secrets:
    return Secrets(azurite.accounts.values())


@pytest.mark.usefixtures("careless_storage")
class TestStorage:
    @pytest.mark.parametrize("route", ROUTES)
    @pytest.mark.parametrize("verify", ["published", "none"])
    def test_success(self, job: Job, route: str, verify: str, azurite: Azurite) -> None:
        job.add_package("curious")
        ran = job.run(DEBUG, **inputs_of(job, route), package="curious", verify=verify)
        assert ran.status == 0, ran.log
        assert "environ " in ran.log  # the backend told all that it saw
        check(job, *shown(ran))
        assert keys_in(azurite).found_in(left_behind(job, *shown(ran))) == []
        # What had to be found was there to be found.
        used = credentials_in(job.sandbox.requests)
        expected = {"https://storage.azure.com"} if route == "blob" else {job.sandbox.url("arm")}
        assert expected <= {
            token.audience for value in used if (token := job.sandbox.access_tokens.find(value))
        }
        assert any(len(value) == 44 for value in used) is (
            route == "workspace"
        )  # signatures of links
        assert secrets(job).found_in(ran.log.encode())  # as masks

    @pytest.mark.parametrize("form", ["AZURE_STORAGE_KEY", "AZURE_STORAGE_CONNECTION_STRING"])
    @pytest.mark.parametrize("copied", [False, True], ids=["alone", "copied"])
    def test_an_emulators_key(self, job: Job, form: str, copied: bool, azurite: Azurite) -> None:
        """Also where another variable, of whatever name, holds it too."""
        job.add_package("curious")
        key = azurite.accounts[PACKAGES_ACCOUNT]
        value = (
            key
            if form == "AZURE_STORAGE_KEY"
            else f"AccountName={PACKAGES_ACCOUNT};AccountKey={key}"
        )
        inputs = {
            "publish_to": "blob",
            "container": job.sandbox.container_url,
            "package": "curious",
        }
        variables = {**DEBUG, form: value, **({"A_COPY": f"x={key}"} if copied else {})}
        for status in (0, 4):
            ran = job.run(variables, **inputs)
            assert ran.status == status, ran.log
            assert keys_in(azurite).found_in(left_behind(job, *shown(ran))) == []
            assert keys_in(azurite).found_in(ran.log.encode())  # as a mask
            job.sandbox.faults.add(refusal("blob", 403, server="blob", path="*.whl"))

    @pytest.mark.parametrize("route", ROUTES)
    @pytest.mark.parametrize("status", [400, 403, 500])
    def test_each_request_is_refused_by_a_careless_server(
        self, wheel_job: Job, route: str, status: int
    ) -> None:
        faults, requests = wheel_job.sandbox.faults, wheel_job.sandbox.requests
        inputs = {**inputs_of(wheel_job, route), "package": FILE}
        undisturbed = wheel_job.run(DEBUG, **inputs)
        assert undisturbed.status == 0, undisturbed.log
        for number, step in enumerate(list(requests)):
            forget(wheel_job, route)
            faults.add(refusal(step.server, status, skip=number))
            ran = wheel_job.run(DEBUG, **inputs)
            where = f"{status} from {step.server} {step.method} {step.path} on"
            assert ran.status, where
            assert len(ran.errors) == 1, where
            assert "PW999" not in ran.log, where
            assert "***" in ran.errors[0] or not credentials_in([step]), f"{where}: {ran.errors}"
            check(wheel_job, *shown(ran))
            faults.clear()
            faults.echo_authorization = faults.echo_body = faults.echo_url = True

    @pytest.mark.parametrize("route", ROUTES)
    @pytest.mark.parametrize("after", ["before it is sent", "when it was sent"])
    def test_a_traceback_shows_no_signed_link(
        self, wheel_job: Job, route: str, after: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A bug below the SDK, told with all that a debug run shows: exceptions of libraries repeat
        addresses."""
        genuine = HTTPConnectionPool.urlopen

        def break_down(
            pool: HTTPConnectionPool, method: str, url: str, *rest: Any, **options: Any
        ) -> Any:
            if not url.partition("?")[0].endswith(".whl") or "contentinfo" in url:
                return genuine(pool, method, url, *rest, **options)
            if after == "when it was sent":
                genuine(pool, method, url, *rest, **options).release_conn()
            _complain(f"{pool.scheme}://{pool.host}:{pool.port}{url}", dict(options["headers"]))

        monkeypatch.setattr(HTTPConnectionPool, "urlopen", break_down)
        ran = wheel_job.run(DEBUG, **inputs_of(wheel_job, route), package=FILE)
        assert ran.status == 1, ran.log
        assert "Traceback (most recent call last)" in ran.log
        assert "break_down" in ran.log
        assert "azure/core/pipeline" in ran.log
        assert "cannot send http" in ran.log
        assert "cannot go on with" in ran.log
        assert (
            ("sig=***" in ran.log or "?***" in ran.log)
            if route == "workspace"
            else ("Bearer ***" in ran.log)
        )
        check(wheel_job, *shown(ran))

    @pytest.mark.parametrize("route", ROUTES)
    def test_in_a_terminal(self, wheel_job: Job, route: str) -> None:
        sandbox = wheel_job.sandbox
        (wheel_job.checkout / ".git").mkdir()
        environ = {
            **os.environ,
            **sandbox.service_principal_environ(sandbox.identities.contributor),
            "PRIVATE_WHEEL_DEBUG": "1",
        }
        place = ["--container", sandbox.container_url] if route == "blob" else []
        place += ["--workspace", sandbox.workspace("acme-ml").short] if route == "workspace" else []
        for status in (0, 4):
            stdout = io.StringIO()
            assert (
                main(environ, stdout, ["--package", "*.whl", "--publish-to", route, *place])
                == status
            )
            assert "::add-mask::" not in stdout.getvalue()
            check(wheel_job, stdout.getvalue())
            sandbox.faults.add(refusal("blob", 403, server="blob", path=f"*/{FILE}"))

    @pytest.mark.parametrize("server", ["sign-in", "blob"])
    @pytest.mark.parametrize("route", ROUTES)
    def test_no_library_prints_beside_us(self, wheel_job: Job, route: str, server: str) -> None:
        """In a process of its own, as here pytest keeps what libraries log."""
        wheel_job.sandbox.faults.add(refusal(server, 403, server=server))
        environ = wheel_job.environ(DEBUG, **inputs_of(wheel_job, route), package=FILE)
        run = "from private_wheel.__main__ import run; run()"
        ran = subprocess.run(
            [sys.executable, "-W", "always", "-c", run],
            input=json.dumps(environ),
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 4, ran.stdout
        assert ran.stderr == ""
        check(wheel_job, ran.stdout, ran.stderr)

    @pytest.mark.parametrize("spelling", ["link", "xml", "json", "quoted", "query", "signature"])
    @pytest.mark.parametrize("server", ["arm", "artifact-service", "blob"])
    def test_a_foreign_link_in_an_error_is_not_repeated(
        self, wheel_job: Job, server: str, spelling: str
    ) -> None:
        """An address that came in an answer is nobody's to show, though it was never used."""
        query = FOREIGN_LINK.partition("?")[2]
        text = {
            "link": FOREIGN_LINK,
            "xml": FOREIGN_LINK.replace("&", "&amp;"),
            "json": FOREIGN_LINK.replace("&", r"\u0026"),
            "quoted": quote(FOREIGN_LINK, safe=""),
            "query": query,
            "signature": f"sig={FOREIGN_SIGNATURE}",
        }[spelling]
        wheel_job.sandbox.faults.add(
            server=server,
            path=f"*{'/acme-ml' if server == 'arm' else FILE}",
            status=400,
            times=None,
            body=f"See {text} there.",
        )
        ran = wheel_job.run(DEBUG, **wheel_job.into_workspace_inputs(), package=FILE)
        assert ran.status == 6, ran.log
        assert "See " in ran.errors[0] or server == "blob"  # the answer to HEAD has no body
        assert Secrets([FOREIGN_SIGNATURE]).found_in(left_behind(wheel_job, *shown(ran))) == []

    @pytest.mark.parametrize("kind", UNUSABLE)
    @pytest.mark.parametrize("when", ["plan", "registration", "conflict"])
    def test_a_link_that_cannot_be_used_is_not_repeated(
        self, wheel_job: Job, kind: str, when: str
    ) -> None:
        answer = UNUSABLE[kind]
        method, body = "GET", json.dumps(answer)
        if when != "plan":
            method = "POST"
            body = json.dumps({"artifactContentInformation": {FILE: answer}, "errors": {}})
        if when == "conflict":
            body = json.dumps(
                {
                    "artifactContentInformation": {},
                    "errors": {FILE: {"error": {"message": str(answer)}}},
                }
            )
        wheel_job.sandbox.faults.add(
            server="artifact-service",
            method=method,
            path=f"*{FILE if method == 'GET' else ''}",
            times=None,
            status=200,
            body=body,
        )
        ran = wheel_job.run(DEBUG, **wheel_job.into_workspace_inputs(), package=FILE)
        assert ran.status == 6, ran.log
        assert len(ran.errors) == 1
        assert Secrets([FOREIGN_SIGNATURE]).found_in(left_behind(wheel_job, *shown(ran))) == []


def forget(job: Job, route: str) -> None:
    """What earlier runs have published."""
    job.sandbox.workspace("acme-ml").artifacts.clear()
    container = job.sandbox.blobs(
        *(("acmepackages", "wheels") if route == "blob" else ("acmemlstore", "azureml"))
    )
    for name in container.list_blob_names():
        container.delete_blob(name)


def refusal(speaker: str, status: int, **where: Any) -> Fault:
    """From now on, in the form in which this server writes its errors."""
    body, kind = '{"error": {"code": "Odd", "message": "Denied to you:"}}', "application/json"
    if speaker == "blob":
        body = "<?xml version='1.0' encoding='utf-8'?><Error><Code>Odd</Code><Message>Denied to you:</Message></Error>"
        kind = "application/xml"
    return Fault(times=None, status=status, body=body, content_type=kind, **where)


def _complain(url: str, headers: dict[str, str]) -> NoReturn:
    try:
        raise ValueError(f"cannot send {url} with {headers}")
    except ValueError as error:
        raise RuntimeError(f"cannot go on with {quote(url)} and {quote(url, safe='')}") from error
