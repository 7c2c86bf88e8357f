"""Which container URLs are understood, and which are refused."""

from __future__ import annotations

import string
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from private_wheel.azure.clouds import CLOUDS
from private_wheel.publish.blob.address import ContainerAddress, parse_container

PUBLIC = "https://acmepackages.blob.core.windows.net"
SIGNATURE = "c2lnbmF0dXJlLW9mLWEtc2Fz"
# Where a container may be: an account of a cloud, with and without its endpoint's zone, and
# emulators.
ACCOUNTS = (
    PUBLIC,
    "https://acmepackages.privatelink.blob.core.windows.net",
    "https://acme1.z07.blob.storage.azure.net:443",
    "https://acme.blob.core.chinacloudapi.cn",
    "http://acme.blob.localhost:10000",
    "http://127.0.0.1:10000/devstoreaccount1",
    "https://localhost/acme",
)
# What a person or an attacker writes, in pieces that hypothesis puts together.
PIECES = (
    *(
        "https://",
        "http://",
        "HTTPS:",
        "ftp://",
        "file:///",
        "//",
        "/",
        "\\",
        ":",
        "@",
        "?",
        "#",
        "&",
        "=",
        ";",
    ),
    *(
        "..",
        ".",
        "%2e%2e",
        ".%2E",
        "%252e%252e",
        "%2f",
        "%5c",
        "%00",
        "%0a",
        "%ff",
        "%c0%ae",
        "%zz",
        "%",
        "%u002e",
    ),
    *(
        "localhost",
        "127.0.0.1",
        "[::1]",
        "[",
        "]",
        "[::1%25lo]",
        ":0",
        ":99999",
        ":port",
        ":-1",
        "user:word@",
    ),
    *(
        ".blob.",
        ".dfs.",
        "-secondary",
        ".core.windows.net",
        "acme",
        "wheels",
        "$root",
        "a--b",
        "xn--",
    ),
    *(
        "?sig=",
        "&sv=",
        "AccountKey=",
        "\n",
        "\r",
        "\t",
        " ",
        "\0",
        "\x85",
        "\u2028",
        "\u212a",
        "\u3002",
    ),
    *("\uff0f", "\uff0e\uff0e", "\u2025", "\udcff"),
)
ANY_LETTER = st.characters(
    exclude_categories=()
)  # with lone surrogates: an environment may hold them
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(ANY_LETTER, max_size=6), max_size=10).map(
    "".join
)
BEGINNINGS = (
    "",
    *(f"{account}/" for account in ACCOUNTS),
    *(f"{account}/wheels/" for account in ACCOUNTS),
)
CONTAINERS = st.from_regex(r"[a-z0-9](-?[a-z0-9]){2,30}", fullmatch=True)
# The parts of a prefix, decoded.
FOLDERS = st.lists(
    st.text(
        st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\"),
        min_size=1,
        max_size=12,
    ).filter(lambda part: not part.endswith(".")),
    max_size=4,
)
# What the servers behind resolve, or read as another number of parts.
LEADS_ELSEWHERE = (
    "",
    ".",
    "..",
    "a/b",
    "/",
    "../..",
    "/..",
    "a\\b",
    "..\\",
    "a\0",
    "\n",
    "a.",
    "...",
)


def in_any_spelling(text: str) -> st.SearchStrategy[str]:
    """Each letter as it is, or quoted with letters of either case; a slash quoted, else it would
    part two parts."""
    spellings = []
    for letter in text:
        quoted = "".join(f"%{byte:02x}" for byte in letter.encode())
        spellings.append([quoted, quoted.upper(), *(letter if letter != "/" else "")])
    return st.tuples(*map(st.sampled_from, spellings)).map("".join)


@pytest.mark.parametrize(
    ("value", "account_url", "container", "prefix"),
    [
        (f"{PUBLIC}/wheels", PUBLIC, "wheels", ""),
        (f"{PUBLIC}/wheels/", PUBLIC, "wheels", ""),
        (f"{PUBLIC}/wheels/team/a", PUBLIC, "wheels", "team/a/"),
        (f"{PUBLIC}/wheels/team%20a/", PUBLIC, "wheels", "team a/"),
        (f"{PUBLIC}/wheels/100%25", PUBLIC, "wheels", "100%/"),
        ("https://AcmePackages.Blob.Core.Windows.Net/wheels", PUBLIC, "wheels", ""),
        ("https://acmepackages.privatelink.blob.core.windows.net/wheels", PUBLIC, "wheels", ""),
        (
            "https://acme1.z07.blob.storage.azure.net/w-1",
            "https://acme1.z07.blob.storage.azure.net",
            "w-1",
            "",
        ),
        (
            "https://acme.blob.core.usgovcloudapi.net/wheels",
            "https://acme.blob.core.usgovcloudapi.net",
            "wheels",
            "",
        ),
        (
            "https://acme.blob.core.chinacloudapi.cn/wheels",
            "https://acme.blob.core.chinacloudapi.cn",
            "wheels",
            "",
        ),
        (
            "https://acme.blob.local.stack.example.com/wheels",
            "https://acme.blob.local.stack.example.com",
            "wheels",
            "",
        ),
        (
            "http://127.0.0.1:10000/devstoreaccount1/wheels",
            "http://127.0.0.1:10000/devstoreaccount1",
            "wheels",
            "",
        ),
        (
            "https://localhost:10000/acme/wheels/a/b",
            "https://localhost:10000/acme",
            "wheels",
            "a/b/",
        ),
        (
            "http://acme.blob.localhost:10000/wheels",
            "http://acme.blob.localhost:10000",
            "wheels",
            "",
        ),
    ],
)
def test_understood(value: str, account_url: str, container: str, prefix: str) -> None:
    address = parse_container(value)
    assert (address.account_url, address.container, address.prefix) == (
        account_url,
        container,
        prefix,
    )
    assert parse_container(address.url) == address


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("http://acmepackages.blob.core.windows.net/wheels", "plain http"),
        ("/srv/wheels", "not a web address"),
        ("wheels", "not a web address"),
        (PUBLIC, "does not name a container"),
        (f"{PUBLIC}/", "does not name a container"),
        ("http://127.0.0.1:10000/devstoreaccount1", "does not name a container"),
        (f"{PUBLIC}/$root", "not a container's name"),
        (f"{PUBLIC}/Wheels", "not a container's name"),
        (f"{PUBLIC}/a--b", "not a container's name"),
        (f"{PUBLIC}/ab", "not a container's name"),
        (f"{PUBLIC}/{'a' * 64}", "not a container's name"),
        (f"{PUBLIC}/wheels/../secrets", "not allowed"),
        (f"{PUBLIC}/wheels/%2e%2e/secrets", "not allowed"),
        (f"{PUBLIC}/wheels/./a", "not allowed"),
        (f"{PUBLIC}/wheels//a", "not allowed"),
        (f"{PUBLIC}/wheels/a%2Fb", "not allowed"),
        (f"{PUBLIC}/wheels/a%5Cb", "not allowed"),
        (f"{PUBLIC}/wheels/a%00b", "not allowed"),
        (f"{PUBLIC}/wheels/a.", "not allowed"),
        (f"{PUBLIC}/wheels/%ff", "UTF-8"),
        (f"{PUBLIC}/wheels/{'a' * 600}", "longer than"),
        (f"{PUBLIC}/wheels?", "query"),
        (f"{PUBLIC}/wheels?comp=list", "query"),
        (f"{PUBLIC}/wheels#a", "fragment"),
        ("https://acmepackages.dfs.core.windows.net/wheels", "write blob instead"),
        ("https://acmepackages-secondary.blob.core.windows.net/wheels", "Leave out -secondary"),
        ("https://acme_packages.blob.core.windows.net/wheels", "not a blob host"),
        ("https://packages.example.com/wheels", "not a blob host"),
        (f"https://user:word@{PUBLIC[8:]}/wheels", "credential"),
    ],
)
def test_refused(value: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_container(value)


@pytest.mark.parametrize(
    "value",
    [
        f"{PUBLIC}/wheels?sv=2024-11-04&sr=c&sig=c2lnbmF0dXJl",
        f"{PUBLIC}/wheels?sig=c2lnbmF0dXJl",
        "DefaultEndpointsProtocol=https;AccountName=acmepackages;AccountKey=c2lnbmF0dXJl",
        "BlobEndpoint=https://acmepackages.blob.core.windows.net/;SharedAccessSignature=c2lnbmF0dXJl",
    ],
)
def test_a_credential_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(ValueError, match="contains a credential") as caught:
        parse_container(value)
    assert "c2lnbmF0dXJl" not in str(caught.value)


@pytest.mark.parametrize(
    ("cloud", "host", "owned"),
    [
        ("AzureCloud", "acme.blob.core.windows.net", True),
        ("AzureCloud", "acme.z07.blob.storage.azure.net", True),
        ("AzureCloud", "acme.blob.core.chinacloudapi.cn", False),
        ("AzureCloud", "acme.blob.core.windows.net.example.com", False),
        ("AzureCloud", "acmeblob.core.windows.net", False),
        ("AzureCloud", "localhost", False),
        ("AzureUSGovernment", "acme.blob.core.usgovcloudapi.net", True),
        ("AzureUSGovernment", "acme.blob.core.windows.net", False),
        ("AzureChinaCloud", "acme.blob.core.chinacloudapi.cn", True),
    ],
)
def test_a_token_for_storage_goes_to_blobs_of_its_cloud_alone(
    cloud: str, host: str, owned: bool
) -> None:
    assert CLOUDS[cloud].has_storage(host) is owned


@settings(deadline=None, max_examples=300)
@given(beginning=st.sampled_from(BEGINNINGS), text=TEXTS)
def test_any_text_is_understood_or_refused(beginning: str, text: str) -> None:
    address = understood(beginning + text)
    if address:
        check(address)


@pytest.mark.parametrize(
    "value",
    [
        "https://[::1]:10000/acme/wheels",
        "https://localhost:10000/a%20b/wheels",
        "https://localhost:10000/a%3Fb/wheels",
        "https://localhost:10000/a%23b/wheels",
        "https://localhost:10000/a%25b/wheels",
        "https://localhost:10000/%E2%82%AC/wheels",
        "https://localhost:10000/%40acme/wheels",
        f"{PUBLIC}/wheels/\udcff",
        f"{PUBLIC}/wheels/\udcff%41",
        f"{PUBLIC}/wheels/%252e%252e",
        f"{PUBLIC}/wheels/%25252e",
        f"{PUBLIC}:443/wheels",
        f"{PUBLIC}:/wheels",
        f"{PUBLIC}./wheels",
        f"{PUBLIC}\u3002/wheels",
        f"{PUBLIC}/wheels/\u2025",
        "https://\u212amepackages.blob.core.windows.net/wheels",
    ],
)
def test_odd_ones_are_understood_or_refused(value: str) -> None:
    address = understood(value)
    if address:
        check(address)


@settings(deadline=None)
@given(
    account=st.sampled_from(ACCOUNTS), container=CONTAINERS, folders=FOLDERS, slash=st.booleans()
)
@example(
    account=PUBLIC,
    container="wheels",
    folders=["100%", "?sig=x", "a&b=c", "#", "%2e%2e", "~"],
    slash=False,
)
def test_what_is_allowed_is_understood(
    account: str, container: str, folders: list[str], slash: bool
) -> None:
    path = "/".join(quote(part, safe="") for part in (container, *folders))
    address = parse_container(f"{account}/{path}{'/' if slash else ''}")
    assert address.container == container
    assert address.prefix == "".join(f"{folder}/" for folder in folders)
    check(address)


@settings(deadline=None)
@given(data=st.data(), account=st.sampled_from(ACCOUNTS), before=FOLDERS, behind=FOLDERS)
def test_no_part_leads_elsewhere_in_any_spelling(
    data: st.DataObject, account: str, before: list[str], behind: list[str]
) -> None:
    bad = data.draw(st.sampled_from(LEADS_ELSEWHERE).flatmap(in_any_spelling))
    parts = [
        *(quote(part, safe="") for part in before),
        bad,
        *(quote(part, safe="") for part in behind),
    ]
    assume(bad or behind)  # one slash at the end is none too many
    with pytest.raises(
        ValueError,
        match=r"not allowed|not name a container|not a container's name|backslash|web address|be printed",
    ):
        parse_container(f"{account}/wheels/{'/'.join(parts)}")


@settings(deadline=None)
@given(account=st.sampled_from(ACCOUNTS), container=CONTAINERS, folders=FOLDERS)
@pytest.mark.parametrize(
    "credential",
    ["?sv=2024-11-04&sig={}", "?sig={}", "?SV=1&Sig={}", "&sig={}", "?comp=list&sig={}"],
)
def test_no_refusal_repeats_a_credential(
    credential: str, account: str, container: str, folders: list[str]
) -> None:
    path = "/".join(quote(part, safe="") for part in (container, *folders))
    with pytest.raises(ValueError, match="credential") as caught:
        parse_container(f"{account}/{path}{credential.format(SIGNATURE)}")
    assert SIGNATURE not in str(caught.value)


def understood(value: str) -> ContainerAddress | None:
    """None if it was refused by a sentence. Every other exception would be a bug, though it is a
    kind of ValueError."""
    try:
        return parse_container(value)
    except ValueError as error:
        if type(error) is not ValueError or not str(error):
            raise
    return None


def check(address: ContainerAddress) -> None:
    """Its URL stands for it, and for one place only."""
    assert parse_container(address.url) == address
    parts = urlsplit(address.url)
    assert (parts.query, parts.fragment, parts.username, parts.password) == ("", "", None, None)
    assert parts.hostname == address.host
    assert address.url.startswith(f"{address.account_url}/{address.container}")
    segments = [unquote(part) for part in parts.path.removeprefix("/").split("/")]
    assert not {"", ".", ".."} & set(segments)
    assert not any(set(part) & set("/\\\0") for part in segments)
    expected = [address.container, *address.prefix.split("/")[:-1]]
    assert segments[-len(expected) :] == expected
    assert set(address.container) <= set(string.ascii_lowercase + string.digits + "-")
