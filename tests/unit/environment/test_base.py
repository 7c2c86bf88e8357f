"""Which files can be extended, and the line that says why one cannot."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from private_wheel.environment.base import Base, read_base
from private_wheel.environment.wrong_file import WrongFile

Reader = Callable[..., Base]


@pytest.fixture
def read(checkout: Path) -> Reader:
    """`read(text, name)` writes the file and reads it as a base."""

    def reader(text: str | bytes, name: str = "base.yml", **options: list[str]) -> Base:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_base(name, checkout, **options)

    return reader


def refused(read: Reader, text: str | bytes, name: str = "base.yml") -> WrongFile:
    with pytest.raises(WrongFile) as caught:
        read(text, name)
    error = caught.value
    where = f"{error.path}, line {error.line}: " if error.line else f"{error.path} "
    assert str(error).startswith(where)
    return error


def test_the_kinds(read: Reader) -> None:
    assert read("dependencies: [numpy]\n").kind == "conda"
    assert read("dependencies: [numpy]\n", "base.yaml").kind == "conda"
    assert read("image: a\n").kind == "azureml"
    assert read("conda_file: {dependencies: [numpy]}\n").kind == "azureml"
    assert read("numpy\n", "requirements.txt").kind == "requirements"
    assert read("numpy\n", "sub/requirements-dev.in").kind == "requirements"
    assert read("# none yet\n", "requirements.txt").text == "# none yet\n"


def test_line_ends_and_byte_order_marks(read: Reader) -> None:
    for text in (b"a\r\nb\r\n", b"a\rb", b"\xef\xbb\xbfa\nb\n", b"a\nb"):
        assert read(text, "requirements.txt").text == "a\nb\n"
    assert read(b"\xef\xbb\xbfdependencies:\r\n- \xc3\xa4\r\n").text == "dependencies:\n- \u00e4\n"


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


@pytest.mark.parametrize(
    "name", ["base.toml", "requirements", "Pipfile", "base.yml.j2", "environment.json"]
)
def test_names_of_other_kinds(read: Reader, name: str) -> None:
    text = str(refused(read, "dependencies: []\n", name))
    assert text == (
        f"{name} has an unsupported file extension. Use .yml or .yaml for a conda file or an "
        "environment YAML, or .txt or .in for a requirements file."
    )


def test_too_much(read: Reader, checkout: Path) -> None:
    assert "2 MiB" in str(refused(read, b"#" * (2 * 1024 * 1024 + 1)))
    with (checkout / "sparse.yml").open("wb") as file:
        file.truncate(50 * 1024**3)
    with pytest.raises(WrongFile, match="2 MiB"):
        read_base("sparse.yml", checkout)
    assert refused(read, "#\n" * 60_000).line == 50_001
    assert refused(read, "a\n" * 10_001, "requirements.txt").line == 10_001
    assert refused(read, "b\n" + "a" * 100_001, "requirements.txt").line == 2


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
    assert refused(read, text).line == line
    assert refused(read, text, "requirements.txt").line == line


YAML = {
    "": (1, "the file is empty. Remove environment-base, or specify another file."),
    "# only\n---\n": (1, "empty"),
    "dependencies:\n\t- numpy\n": (2, "tab"),
    "dependencies:\n- a\n - b: c\n": (3, "invalid YAML"),
    "dependencies: [a\nname: x\n": (2, "invalid YAML"),
    "dependencies:\n- 'a\n": (2, "a quote is opened here and never closed"),
    'dependencies:\n- "a\n- b\nname: c\n': (2, "a quote is opened here and never closed"),
    "dependencies:\n  - a\n - b\n": (
        3,
        "the indentation of this line differs from the lines before it.",
    ),
    "dependencies:\n- pip:\n    - a\n   - b\n": (4, "the indentation of this line"),
    "dependencies:\n- 'a' b\n": (2, "invalid YAML"),
    "dependencies: []\n---\nname: x\n": (2, "second document"),
    "%YAML 1.1\n---\ndependencies: []\n": (2, "directive"),
    "dependencies: []\nname: a\nname: b\n": (
        3,
        "duplicate key 'name'. Remove one of them.",
    ),
    "dependencies: []\nvariables: {a: 1,\n a: 2}\n": (3, "duplicate key"),
    "a: &a {b: c}\ndependencies: []\nd:\n  <<: *a\n": (4, "merge key"),
    "a: &a [b]\ndependencies: *a\n": (2, r"\*a"),
    "dependencies:\n- &a [*a]\n": (2, r"\*a"),
    "dependencies:\n- *a\n": (2, "has no anchor before it"),
    "dependencies:\n- !!python/object/apply:os.system ['id']\n": (2, "tag"),
    "dependencies:\n- !!str a\n": (2, "tag"),
    "name: !x y\ndependencies: []\n": (1, "tag"),
    "? [a]\n: b\ndependencies: []\n": (1, "cannot be a key"),
    "- dependencies\n": (1, "must be a conda file .* It contains a list."),
    "name: x\nchannels: []\n": (1, "must be a conda file .* Existing keys: name, channels.$"),
    "name: x\nchannels: []\ndependancies: []\n": (
        1,
        "Existing keys: name, channels, dependancies. Did you mean dependencies?",
    ),
    "name: x\nimages: y\n": (1, "Existing keys: name, images. Did you mean image?"),
    "".join(f"k{n}: 1\n" for n in range(20)): (
        1,
        "Existing keys: k0, k1, k2, k3, k4, k5, k6, k7 and others.$",
    ),
    "name: x\nimage: y\nconda_fil: z\n": (
        3,
        "'conda_fil' is not a key of Azure ML's environment YAML. Did you mean conda_file?",
    ),
    "image: y\nproperties: {}\n": (
        2,
        "'properties' is not a key of Azure ML's environment YAML. Remove it.",
    ),
    "image: y\nconda_file:\n  name: x\n  dependancies: []\n": (3, "Did you mean dependencies?"),
    "# c\ntext\n": (2, "It contains only text"),
    "name: x\ndependencies:\n  numpy: 1\n": (3, "must be a list"),
    "name: x\ndependencies:\n": (
        2,
        "dependencies must be a list. Write each package on its own line, starting with '- '.",
    ),
    "dependencies:\n- numpy\n- 1.0\n": (3, "is not text"),
    "dependencies:\n- numpy\n- true\n": (3, "is not text"),
    "dependencies:\n- numpy\n-\n": (3, "empty item"),
    "dependencies:\n- numpy\n- [a]\n": (3, "list or mapping"),
    "dependencies:\n- a\n- pip:\n  - b\n- pip:\n  - c\n": (5, "second pip section"),
    "dependencies:\n- a\n- npm:\n  - b\n": (3, "only mapping allowed"),
    "dependencies:\n- pip: [a]\n  npm: [b]\n": (2, "only mapping allowed"),
    "dependencies:\n- pip:\n    a: b\n": (3, "must be a list"),
    "dependencies:\n- pip: numpy\n": (
        2,
        "pip must be a list. Write each package on its own line, starting with '- '.",
    ),
    "dependencies:\n- pip:\n  - a\n  - b: c\n": (4, "list or mapping"),
    "dependencies:\n- pip:\n  - a\n  - 2\n": (4, "is not text"),
    "dependencies:\n- pip:\n  - |\n    a\n    b\n": (3, "several lines"),
    "dependencies:\n- pip:\n  - a \\\n  - b\n": (3, "continues in the next one"),
    "dependencies:\n- pip:\n  - a\n  - -r requirements.txt\n": (
        4,
        "--requirement refers to another file",
    ),
    "dependencies:\n- pip:\n  - --constraint=c.txt\n": (3, "--constraint refers to another file"),
    "dependencies:\n- pip:\n  - --find-links 'a\n": (3, "a quote in the options"),
    "image: a\nbuild: {path: .}\n": (2, "wheelhouse"),
    "name: x\nbuild:\n  path: .\n": (2, "wheelhouse"),
    "image: a\nchannels: []\n": (2, "under conda_file"),
    "image: a\nname: x\ndependencies: []\n": (3, "under conda_file"),
    "image: [a]\n": (1, "image must be text. Write it as image: registry/name:tag."),
    "name: x\nimage: some image\n": (
        2,
        "image is not a valid image name. Write it as registry/name:tag, without a login.",
    ),
    "name: x\nimage: bob@acme.azurecr.io/a:1\n": (
        2,
        "is not a valid image name.*without a login.$",
    ),
    "name: x\nimage: acme.azurecr.io/a@sha256:abc\n": (2, "is not a valid image name"),
    "image: a\nname:\n  b: c\n": (3, "name must be text"),
    "{image: a, name: b}\n": (1, "braces"),
    "image: a\nconda_file: [a]\n": (2, "must be a mapping"),
    "image: a\nconda_file:\n  name: x\n": (3, "dependencies is missing"),
    "image: a\nconda_file:\n  dependencies:\n  - 1\n": (4, "is not text"),
    "image: a\nconda_file: https://example.invalid/conda.yml\n": (2, "must be a relative path"),
    "image: a\nconda_file: azureml:conda\n": (2, "must be a relative path"),
    "image: a\nconda_file: file:///conda.yml\n": (2, "must be a relative path"),
    "image: a\nconda_file: |\n  dependencies: []\n": (2, "must be a relative path"),
    "image: a\nconda_file: missing.yml\n": (
        2,
        "'missing.yml' does not exist. Correct the path, which is relative to this file's directory.",
    ),
    "image: a\nconda_file: ../outside.yml\n": (2, "outside the checkout"),
    "image: a\nconda_file: /etc/passwd\n": (2, "outside the checkout"),
}


@pytest.mark.parametrize("text", YAML)
def test_yaml_that_is_refused(read: Reader, text: str) -> None:
    line, what = YAML[text]
    error = refused(read, text)
    assert error.line == line, str(error)
    with pytest.raises(WrongFile, match=what):
        raise error


def test_an_alias_to_a_scalar_is_fine(read: Reader) -> None:
    assert read("x: &v numpy\ndependencies:\n- *v\n").kind == "conda"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n-r other.txt\n", 2),
        ("a\n\n  --requirement=other.txt # why\n", 3),
        ("a\n-rother.txt\n", 2),
        ("a\n--requirem x.txt\n-c c.txt\n", 2),
        ("a\n--requir x.txt\n", 2),
        ("", 1),
        ("\n \n", 1),
        ("a\nb \\\n", 2),
        ("a\nb \\\nc \\", 3),
        ("# -r no.txt\na \\\n  --hash=sha256:1\n--constr c.txt\n", 4),
        ("a\n--extra-index-url 'https://x\n", 2),
    ],
)
def test_requirements_that_are_refused(read: Reader, text: str, line: int) -> None:
    assert refused(read, text, "requirements.txt").line == line


def test_the_file_that_conda_file_names(read: Reader, checkout: Path) -> None:
    (checkout / "sub").mkdir()
    (checkout / "sub/conda.yml").write_bytes(b"dependencies:\r\n- numpy\r\n")
    for value in ("conda.yml", "./conda.yml", "file:conda.yml", "../sub/conda.yml", '"conda.yml"'):
        base = read(f"image: a\nconda_file: {value}\n", "sub/environment.yml")
        assert base.named_conda
        assert base.named_conda.text == "dependencies:\n- numpy\n"
        assert base.named_conda.directory == checkout / "sub"
    (checkout / "sub/conda.yml").write_text("dependencies:\n- 1\n")
    error = refused(read, "image: a\nconda_file: conda.yml\n", "sub/environment.yml")
    assert (error.path, error.line) == ("sub/conda.yml", 2)
    (checkout / "sub/conda.yml").write_text("dependencies:\n- a\n# https://u:secret@x\n")
    error = refused(read, "image: a\nconda_file: conda.yml\n", "sub/environment.yml")
    assert (error.path, error.line) == ("sub/conda.yml", 3)


def test_a_credential_is_told_by_its_line_alone(read: Reader) -> None:
    for text, name in {
        "dependencies:\n- pip:\n  - --extra-index-url https://u:hunter2@x/\n": "base.yml",
        "a\nb\n# https://u:hunter2@x/\n": "requirements.txt",
        "a: [\n- \n  https://u:hunter2@x/\n": "broken.yml",
    }.items():
        error = refused(read, text, name)
        assert error.line == 3
        assert "hunter2" not in str(error)
    with pytest.raises(WrongFile) as caught:
        read("a\nb xyzzy\n", "requirements.txt", secrets=["xyzzy"])
    assert caught.value.line == 2
    assert "xyzzy" not in str(caught.value)


def _filled(unit: str) -> str:
    return unit * (2 * 1024 * 1024 // len(unit) - 1)


HOSTILE = {
    "nested": "[" * 1_000_000,
    "nested mappings": "{a: " * 500_000,
    "anchors": "- &a x\n" * 49_000,
    "anchors in a line": f"a: [{_filled('&a x, ')}]",
    "values": f"a: [{_filled('x,')}]"[: 2 * 1024 * 1024 - 1],
    "nested keys": _filled("? "),
    "nested alternately": "dependencies:\n- " + "[{a: " * 300_000,
    "bomb": "x0: &x0 [a]\n"
    + "".join(f"x{n}: &x{n} [{','.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 50)),
    "one word": "dependencies:\n- " + "a" * 2_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_soon(read: Reader, name: str) -> None:
    start = time.process_time()
    try:
        read(HOSTILE[name])
    except WrongFile as error:
        assert error.line > 0  # noqa: PT017  # one of them is only large
        assert ("nested" in name) == ("nested too deeply" in str(error))  # noqa: PT017
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    "unit", ["\\", "[", "(", '"', " ", "a @ ", "a; (", "--hash=a ", "a-", "./", "://", "eyJ"]
)
@pytest.mark.parametrize("head", ["", "a; ", "-i "])
def test_hostile_requirements_are_read_soon(read: Reader, unit: str, head: str) -> None:
    start = time.process_time()
    for count in (90_000,) if head else (90_000, 2_000_000):
        try:
            read(head + unit * (count // len(unit)), "requirements.txt")
        except WrongFile as error:
            assert error.line == 1  # noqa: PT017  # short ones are only strange
    assert time.process_time() - start < 20


def test_a_signature_is_told_as_such(read: Reader) -> None:
    error = refused(
        read, "a\nhttps://acme.blob.core.windows.net/w/a.zip?sv=1&sig=hunter2\n", "requirements.txt"
    )
    what = "contains a signature (SAS). Remove it: everyone with access to the workspace could read it."
    assert str(error) == f"requirements.txt, line 2: {what}"
    other = str(refused(read, "a\n# https://u:hunter2@x/\n", "requirements.txt"))
    assert other.endswith("Remove it: the workspace connection provides it to the image build.")


@pytest.mark.parametrize(
    "image",
    [
        "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20251130.v1",
        "localhost:5000/a/b",
        "ubuntu",
        "acme.azurecr.io/A/b:1@sha256:" + "0a" * 32,
    ],
)
def test_images(read: Reader, image: str) -> None:
    assert read(f"image: {image}\n").kind == "azureml"
    assert refused(read, f"image: '{image}\n\n'\n").line == 1
    assert "login" in str(refused(read, f"image: bob:hunter@{image}\n"))
    assert "hunter" not in str(refused(read, f"image: bob:hunter@{image}\n"))


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
    error = refused(read, f"six\n{option}{url}\n", "requirements.txt")
    assert error.line == 2
    assert "s3" not in str(error)
    assert "cret" not in str(error)
    line = f"{option}{url}".replace("'", "''")
    error = refused(read, f"dependencies:\n- pip:\n  - six\n  - '{line}'\n")
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
    assert "s3cret" not in str(refused(read, text.format(login)))


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
