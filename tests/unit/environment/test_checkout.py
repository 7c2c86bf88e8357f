"""Files that are not read: outside the checkout, too large, not text, or with a credential."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from private_wheel.environment.base import read_base
from private_wheel.environment.wrong_file import WrongFile
from tests.unit.environment.extending import (
    Reader,
    unreadable,
)


def test_where_it_may_lie(checkout: Path, read: Reader) -> None:
    outside = checkout.parent / "outside.yml"
    outside.write_text("dependencies: []\n")
    (checkout / "link.yml").symlink_to(outside)
    (checkout / "folder").symlink_to(checkout.parent)
    (checkout / "loop.yml").symlink_to("loop.yml")
    (checkout / "dir.yml").mkdir()
    os.mkfifo(checkout / "pipe.yml")
    for value, what in {
        "../outside.yml": "outside the checkout",
        str(outside): "outside the checkout",
        "link.yml": "^link.yml is a link to a file outside the checkout. Only files in the checkout can be read.$",
        "folder/outside.yml": "a link to a file outside the checkout",
        "missing.yml": "^missing.yml does not exist. Correct the path, which is relative to the working directory.$",
        "dir.yml": "not a file",
        "pipe.yml": "not a file",
        "loop.yml": "cannot be found|does not exist",
        "a" * 5000 + ".yml": "cannot be found",
        "a\0.yml": "cannot be found",
    }.items():
        with pytest.raises(WrongFile, match=what) as caught:
            read_base(value, checkout)
        assert (caught.value.path, caught.value.line) == (value, 0)
    read("dependencies: []\n", "inside.yml")
    (checkout / "good.yml").symlink_to("inside.yml")
    assert read_base("good.yml", checkout).kind == "conda"
    assert read_base(str(checkout / "inside.yml"), checkout).kind == "conda"


def test_too_much(read: Reader, checkout: Path) -> None:
    assert "2 MiB" in str(unreadable(read, b"#" * (2 * 1024 * 1024 + 1)))
    with (checkout / "sparse.yml").open("wb") as file:
        file.truncate(50 * 1024**3)
    with pytest.raises(WrongFile, match="2 MiB"):
        read_base("sparse.yml", checkout)
    assert unreadable(read, "#\n" * 60_000).line == 50_001
    assert unreadable(read, "a\n" * 10_001, "requirements.txt").line == 10_001
    assert unreadable(read, "b\n" + "a" * 100_001, "requirements.txt").line == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"a: b\nc: \xff\n", 2),
        (b"a: b\r\nc: d\re: \xe4\n", 3),
        (b"a: b\n\nc: \x00\n", 3),
        (b"a: b\nc: \x0b\n", 2),
        ("a: b\nc: \u2028\n".encode(), 2),
        ("a: b\nc: \x85\n".encode(), 2),
    ],
)
def test_bytes_that_are_no_text(read: Reader, text: bytes, line: int) -> None:
    assert unreadable(read, text).line == line
    assert unreadable(read, text, "requirements.txt").line == line


def test_a_credential_is_told_by_its_line_alone(read: Reader) -> None:
    for text, name in {
        "dependencies:\n- pip:\n  - --extra-index-url https://u:hunter2@x/\n": "base.yml",
        "a\nb\n# https://u:hunter2@x/\n": "requirements.txt",
        "a: [\n- \n  https://u:hunter2@x/\n": "broken.yml",
    }.items():
        error = unreadable(read, text, name)
        assert error.line == 3
        assert "hunter2" not in str(error)
    with pytest.raises(WrongFile) as caught:
        read("a\nb xyzzy\n", "requirements.txt", secrets=["xyzzy"])
    assert caught.value.line == 2
    assert "xyzzy" not in str(caught.value)


def test_a_signature_is_told_as_such(read: Reader) -> None:
    error = unreadable(
        read, "a\nhttps://acme.blob.core.windows.net/w/a.zip?sv=1&sig=hunter2\n", "requirements.txt"
    )
    what = "contains a signature (SAS). Remove it: everyone with access to the workspace could read it."
    assert str(error) == f"requirements.txt, line 2: {what}"
    other = str(unreadable(read, "a\n# https://u:hunter2@x/\n", "requirements.txt"))
    assert other.endswith("Remove it: the workspace connection provides it to the image build.")


def test_a_credential_in_the_conda_file_that_a_definition_names(
    checkout: Path, read: Reader
) -> None:
    (checkout / "conda.yml").write_text("dependencies:\n- six # a-token-of-the-run\n")
    with pytest.raises(WrongFile, match="line 2: contains a credential") as caught:
        read("image: a/b:1\nconda_file: conda.yml\n", secrets=["a-token-of-the-run"])
    assert caught.value.path.endswith("conda.yml")


URLS = [
    "https:/u:s3cret@h/simple", "//u:s3cret@h/simple", "https//u:s3cret@h/simple", "htps//u:s3cret@h/simple",
    "https;//u:s3cret@h/simple", "https:u:s3cret@h/simple", "https:\\\\u:s3cret@h/simple", "https%3A//u:s3cret@h/x.whl",
    "user:s3cret@h/simple", "u:s3cret@h/simple", "https://u:s3cret\u00a0x@h/simple", "https://u:s3cret\u2003x@h/simple",
    "https://u:x\u00a0s3cret@h/simple", 'https://u:"s3cret"@h/simple/', "https://u:'s3cret'@h/simple/",
    'https:/""/u:s3cret@h/simple/', 'https://u:s3cret"" @h/simple/', "https://u:s3cret @h/simple/",
    'user:""s3cret@h/simple', "'user':s3cret@h/simple", "git+https:user:s3cret@h/r", "https:u:s3;cret@h/x",
    "u:s3;cret@h/x", "u:s3cret;x@h/x", "u:x;s3cret@h/x", "s3cret-abcdefghij0123@h/simple",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(
    "option", ["--extra-index-url ", "--index-url=", "-i", "-f ", "", "foo @ ", "-e "]
)
def test_no_form_of_a_login_is_taken_or_told(read: Reader, option: str, url: str) -> None:
    if url.startswith("s3cret") and option in ("", "foo @ ", "-e "):
        return  # likely a package's name
    error = unreadable(read, f"six\n{option}{url}\n", "requirements.txt")
    assert error.line == 2
    assert "s3" not in str(error)
    assert "cret" not in str(error)
    line = f"{option}{url}".replace("'", "''")
    error = unreadable(read, f"dependencies:\n- pip:\n  - six\n  - '{line}'\n")
    assert error.line == 4
    assert "s3" not in str(error)
    assert "cret" not in str(error)


@pytest.mark.parametrize(
    "login", ["u:s3cret@h", "https:/u:s3cret@h", "//u:s3cret@h", "https%3A//u:s3cret@h"]
)
@pytest.mark.parametrize(
    "text",
    [
        "image: a\n? {0}\n: x\n",
        "{0}: x\nchannels: []\n",
        "{0}: x\n{0}: y\n",
        "image: a\nconda_file: h/{0}\n",
        "image: a\nconda_file: {0}\n",
        "dependencies:\n- pip:\n  - six={0}\n",
        "dependencies:\n- pip:\n  - {0}\n",
        "dependencies:\n- pip:\n  - --{0}\n",
    ],
)
def test_no_value_of_yaml_tells_a_login(read: Reader, text: str, login: str) -> None:
    assert "s3cret" not in str(unreadable(read, text.format(login)))


@pytest.mark.parametrize(
    "line",
    [
        "six @ git+ssh://git@example.invalid:acme/six.git@v1",
        "git+ssh://git@example.invalid/six.git@v1#egg=six",
        "six @ https://example.invalid/six-1.0-py3-none-any.whl",
        "--extra-index-url https://a-long-name-of-a-user@dev.azure.com/a-long-name-of-a-user/simple/",
        "--extra-index-url 'https://${USER}:${PASSWORD}@example.invalid/simple/'",
        "-f 'https://example.invalid:8443/a b'",
        "six -C key=a:b@c",
        "six # ask a.b@c.example: he knows",
        "-e 'six @ git+https://example.invalid/six.git@v1'",
    ],
)
def test_what_only_looks_like_a_login_is_taken(read: Reader, line: str) -> None:
    read(f"{line}\n", "requirements.txt")
    quoted = line.replace("'", "''")
    read(f"dependencies:\n- pip:\n  - '{quoted}'\n")
