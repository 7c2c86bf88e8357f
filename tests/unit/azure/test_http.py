"""The factory of HTTP clients, and to whom a client shows its credential."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from private_wheel.azure import http
from private_wheel.azure.http import Authorization, HttpClients, same_origin
from private_wheel.azure.http_config import HttpConfig
from private_wheel.azure.retries import retry_rules
from private_wheel.errors import ServiceUnreachable

HOST = "https://service.example"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (f"{HOST}/a", f"{HOST}/b?c#d", True),
        (HOST, f"{HOST}:443/", True),
        ("http://service.example", "http://service.example:80/", True),
        ("https://SERVICE.example/", HOST, True),
        ("HTTPS://service.example/", HOST, True),
        (f"{HOST}:8443/", f"{HOST}:8443/a", True),
        (f"https://user@{HOST[8:]}/", HOST, True),
        (HOST, "http://service.example", False),
        (HOST, f"{HOST}:8443", False),
        (f"{HOST}:80", "http://service.example", False),
        (HOST, "https://other.example", False),
        (HOST, f"{HOST}.evil.example", False),
        (HOST, f"https://evil.example/{HOST}", False),
        (HOST, "https://service.example@evil.example/", False),
        (HOST, "https://evil.example\\@service.example/", False),
        (HOST, "https://service.example\t/", False),
        (HOST, "https://service.example /", False),
        (HOST, "https://service.example:port/", False),
        (HOST, "//service.example/", False),
        (HOST, "", False),
        ("", "", False),
        ("mailto:a@service.example", "mailto:a@service.example", False),
        ("ftp://service.example", "ftp://service.example", False),
        ("https://[::1/", "https://[::1/", False),
    ],
)
def test_what_has_the_same_origin(one: str, other: str, same: bool) -> None:
    assert same_origin(one, other) is same
    assert same_origin(other, one) is same


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (f"{HOST}/anything", True),
        ("https://service.example:443/anything", True),
        ("https://other.example/", False),
        ("http://service.example/", False),
        ("https://evil.example\\@service.example/", False),
    ],
)
def test_a_credential_goes_to_its_origin_only(url: str, sent: bool) -> None:
    authorization = Authorization(lambda: "Bearer token", f"{HOST}/base")
    request = requests.Request("GET", url, auth=authorization).prepare()
    assert request.headers.get("Authorization") == ("Bearer token" if sent else None)


def test_the_process_environment_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    monkeypatch.setenv("CURL_CA_BUNDLE", "nowhere.pem")
    HttpClients(HttpConfig()).session().close()


@pytest.mark.parametrize("name", ["nowhere.pem", "empty.pem"])
def test_a_ca_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.pem").touch()
    with pytest.raises(ServiceUnreachable, match=name):
        HttpClients(HttpConfig(ca_bundle=str(tmp_path / name))).client(HOST)


@pytest.mark.parametrize("bundle", [DEFAULT_CA_BUNDLE_PATH, str(Path(ssl.__file__).parent)])
def test_all_clients_share_the_certificates(bundle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading them takes 30 ms. A directory is read by OpenSSL, a file at a time."""
    made: list[ssl.SSLContext] = []
    make = ssl.create_default_context

    def count(**options: object) -> ssl.SSLContext:
        made.append(make(**options))  # type: ignore[arg-type]  # passed on
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", count)
    clients = HttpClients(HttpConfig(ca_bundle=bundle))
    clients.client(HOST).close()
    clients.session(retry_rules()).close()
    clients.adapter(read_timeout=300).close()
    (context,) = made
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize(("read_timeout", "sent"), [(None, http.READ_TIMEOUT), (300.0, 300.0)])
def test_every_request_has_a_timeout(
    monkeypatch: pytest.MonkeyPatch, read_timeout: float | None, sent: float
) -> None:
    """An SDK's own is replaced."""
    timeouts: list[object] = []

    def send(*_: object, **options: object) -> requests.Response:
        timeouts.append(options["timeout"])
        return requests.Response()

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", send)
    adapter = HttpClients(HttpConfig()).adapter(read_timeout=read_timeout)
    adapter.send(requests.Request("GET", HOST).prepare(), timeout=1000)
    assert timeouts == [(http.CONNECT_TIMEOUT, sent)]


@pytest.mark.parametrize(("repeats", "attempts"), [(True, 5), (False, 1)])
def test_repeats_are_a_choice(repeats: bool, attempts: int) -> None:
    client = HttpClients(HttpConfig()).client(HOST, repeats=repeats)
    retries = client._session.get_adapter(HOST).max_retries  # type: ignore[attr-defined]
    assert retries.total == attempts - 1
    client.close()


def test_a_session_has_as_many_connections_as_asked_for() -> None:
    session = HttpClients(HttpConfig()).session(connections=24)
    manager = session.get_adapter(HOST).poolmanager  # type: ignore[attr-defined]
    pool = manager.connection_from_url(HOST)
    assert pool.pool.maxsize == 24
    session.close()
