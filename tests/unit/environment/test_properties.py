"""What holds for every environment: extended twice it is the same as once, and what is not ours
stays."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements, preprocess
from ruamel.yaml import YAML

from private_wheel.environment.addition import Addition, Package
from private_wheel.environment.base import Base, read_base
from private_wheel.environment.extension import Extended, extend
from private_wheel.environment.pip.index import without_index
from private_wheel.environment.text.nodes import plain_data
from private_wheel.environment.text.requirements import read_requirements
from private_wheel.environment.text.scalars import scalar
from private_wheel.environment.text.yaml import read_yaml
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.publish.feed.address import same_index
from tests.unit.environment.extending import lines_of

URL = "https://pkgs.dev.azure.com/acme/_packaging/python/pypi/simple/"
WHEEL = "https://acme.blob.core.windows.net/wheels/acme_forecast-1.2.3-py3-none-any.whl"
# Lines that may change: mentions, the index, Python, pip, and the keys that the inputs set.
OURS = re.compile(
    r"acme|pkgs\.dev|python|^\s*- pip\b|^(name|version|image|conda_file):|sys_platform|--hash|# via|>=1"
)
many = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module", autouse=True)
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    before, folder = Path.cwd(), tmp_path_factory.mktemp("checkout").resolve()
    os.chdir(folder)
    yield folder
    os.chdir(before)


def base_of(text: str, name: str) -> Base:
    Path(name).write_bytes(text.encode())
    return read_base(name, Path.cwd())


additions = st.builds(
    Addition,
    name=st.sampled_from(["", "forecast"]),
    version=st.sampled_from(["1.2.3", "1.10", "7"]),
    image=st.sampled_from(["", "example.invalid/base:1"]),
    python_version=st.sampled_from(["", "3.8"]),
    default_python=st.just("3.11"),
    index_option=st.just("--extra-index-url"),
    index_url=st.sampled_from(["", URL]),
    packages=st.lists(
        st.sampled_from(
            [
                Package(name="acme-forecast", line="acme-forecast==1.2.3", sha256=("ab" * 32,)),
                Package(name="Acme.Forecast", line=WHEEL, sha256=("ab" * 32,)),
                Package(
                    name="acme_plot",
                    line=f"acme_plot @ {WHEEL}#sha256={'cd' * 32}",
                    sha256=("cd" * 32,),
                ),
                Package(name="acme-x", line="acme-x==2", sha256=("ef" * 32, "01" * 32)),
            ]
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
)

comments = st.sampled_from(["", "", " # why", "   # a: 'b' - c"])
pip_texts = st.sampled_from(
    [
        "numpy",
        "azureml-defaults>=1.48",
        "torch==2.1.0+cu121 ; python_version < '3.12'",
        "lib @ git+https://example.invalid/lib.git@v1",
        "acme-forecast",
        "Acme_Forecast[plot]>=1 ; sys_platform == 'linux'",
        "acme-plot --hash=sha256:00",
        "git+ssh://git@example.invalid/x.git#egg=acme_x[a,b]",
        f"--extra-index-url {URL}",
        f'--extra-index-url="{URL[:-1]}" --pre',
        "--extra-index-url https://example.invalid/simple/ # c",
        "--no-binary :all:",
        "-f https://example.invalid/",
    ]
)
conda_texts = st.sampled_from(
    ["numpy>=1.20", "conda-forge::scipy", "pip", "pip=23", "acme-forecast=1.0", "acme_x"]
)
pythons = st.sampled_from(["python=3.10", "python>=3.8"])
between = st.lists(
    st.sampled_from(["", "# a comment", "    # - deeper", "  # - acme no more"]), max_size=2
)
styles = st.sampled_from(["", "", "'", '"'])


@st.composite
def conda_files(draw: st.DrawFn) -> str:
    offset = draw(st.sampled_from([0, 2, 4]))
    lines = [
        *draw(between),
        "name: base" + draw(comments),
        "channels: [conda-forge]",
        "dependencies:" + draw(comments),
    ]

    def items(texts: st.SearchStrategy[str], margin: int, least: int) -> None:
        chosen = draw(st.lists(texts, min_size=least, max_size=5))
        if texts is conda_texts and draw(st.booleans()):
            chosen.insert(draw(st.integers(0, len(chosen))), draw(pythons))
        for text in chosen:
            source = scalar(text, style=draw(styles))
            lines.extend([*draw(between), f"{' ' * margin}- {source}{draw(comments)}"])

    items(conda_texts, offset, 1)
    if draw(st.booleans()):
        lines.append(f"{' ' * offset}- pip:{draw(comments)}")
        items(pip_texts, offset + draw(st.sampled_from([2, 4, 6])), draw(st.sampled_from([0, 1])))
    lines.extend(
        draw(
            st.sampled_from(
                [[], ["variables: {A: b}", "# end"], ["text: |", "  # acme", "", "  more"]]
            )
        )
    )
    return "".join(f"{line}\n" for line in lines)


@st.composite
def definitions(draw: st.DrawFn) -> str:
    conda = "".join(f"  {line}\n" if line else "\n" for line in draw(conda_files()).splitlines())
    keys = draw(
        st.permutations(
            ["name: forecast # n", "version: 1", "image: example.invalid/x:1", "tags: {a: 'b'}"]
        )
    )
    kept = [f"{key}\n" for key in keys[: draw(st.integers(0, 4))]]
    at = draw(st.integers(0, len(kept)))
    return "".join([*kept[:at], f"conda_file:{draw(comments)}\n{conda}", *kept[at:]])


@st.composite
def requirements_files(draw: st.DrawFn) -> str:
    lines = list(draw(between))
    for text in draw(st.lists(pip_texts, max_size=6)):
        wrapped = text.replace(" ", draw(st.sampled_from([" ", " ", " \\\n    "])), 1)
        via = draw(st.sampled_from([[], ["    # via x"]]))
        lines.extend(
            [
                *map(str.strip, draw(between)),
                f"{draw(st.sampled_from(['', '  ']))}{wrapped}{draw(comments)}",
                *via,
            ]
        )
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n# end\n"]))


bases = st.one_of(
    st.tuples(conda_files(), st.just("base.yml")),
    st.tuples(definitions(), st.just("base.yaml")),
    st.tuples(requirements_files().filter(str.strip), st.just("base.txt")),
)


@many
@given(bases, additions)
def test_twice_is_once(base: tuple[str, str], addition: Addition) -> None:
    once = extend(base_of(*base), addition)
    for text, name, field in (
        (once.conda, "again.yml", "conda"),
        (once.definition, "again.yaml", "definition"),
        (once.requirements, "again.txt", "requirements"),
    ):
        assert getattr(extend(base_of(text, name), addition), field) == text
    own = {"base.yml": "conda", "base.yaml": "definition", "base.txt": "requirements"}[base[1]]
    assert extend(base_of(getattr(once, own), base[1]), addition) == once


@many
@given(bases, additions)
def test_what_is_not_ours_is_unchanged(base: tuple[str, str], addition: Addition) -> None:
    text, name = base
    extended = extend(base_of(text, name), addition)
    new = {
        "base.yml": extended.conda,
        "base.yaml": extended.definition,
        "base.txt": extended.requirements,
    }[name]
    left = iter(new.splitlines())
    for line in text.splitlines():
        if not OURS.search(line):
            assert line in left, f"{line!r} is gone or has moved"
    added = [line for line in new.splitlines() if line not in text.splitlines()]
    assert all(OURS.search(line) for line in added)


@many
@given(bases, additions)
def test_what_is_written_reads_as_what_it_says(base: tuple[str, str], addition: Addition) -> None:
    extended = extend(base_of(*base), addition)
    assert_same_model(extended)
    assert [joined(line) for _, line in preprocess(extended.requirements)] == list(
        lines_of(extended)
    )
    for package in addition.packages:
        mentions = [
            line for line in lines_of(extended) if canonicalize_name(package.name) in names_in(line)
        ]
        assert len(mentions) == 1


def joined(line: str) -> str:
    """Without the indentation of the lines that it was made of."""
    return re.sub(r"\s{2,}(?=--)", " ", line)


def names_in(line: str) -> set[str]:
    if line.startswith("https:"):
        return {canonicalize_name(line.rpartition("/")[2].partition("-")[0])}
    return set() if line.startswith("-") else {canonicalize_name(re.match(r"[\w.-]+", line)[0])}  # type: ignore[index]


def assert_same_model(extended: Extended) -> None:
    for text in (extended.conda, extended.definition):
        assert yaml.safe_load(text) == YAML(typ="safe", pure=True).load(text)
    definition, conda = yaml.safe_load(extended.definition), yaml.safe_load(extended.conda)
    assert definition["conda_file"] == conda
    assert (definition["name"], definition["image"]) == (extended.name, extended.image)
    (pip,) = [item["pip"] for item in conda["dependencies"] if isinstance(item, dict)]
    assert [joined(line) for _, line in preprocess("\n".join(pip))] == list(lines_of(extended))


PLAIN_INDEX = re.compile(rf"(?<!\S){re.escape(URL[:-1])}/?(?!\S)")
index_options = st.lists(
    st.builds(
        "{} {}".format,
        st.sampled_from(["--index-url", "-i", "--extra-index-url"]),
        st.sampled_from(
            [
                URL,
                URL.replace("://", "://me@"),
                "https://acme.pkgs.visualstudio.com/_packaging/python/pypi/simple",
                "https://a.invalid/simple",
                "https://b.invalid/simple",
            ]
        ),
    )
    | st.just("--pre"),
    min_size=1,
    max_size=3,
).map(" ".join)


@many
@given(
    st.lists(index_options | st.just("numpy"), max_size=5),
    additions.filter(lambda addition: addition.index_url),
)
def test_pip_looks_at_the_index(lines: list[str], addition: Addition) -> None:
    """And at no other than before; and the lines of a wheelhouse lead to all but it."""
    base = "".join(f"{line}\n" for line in ["# a", *lines])
    if len(re.findall(r"(?<!\S)(?:-i|--index-url) ", base)) > 1:
        with pytest.raises(WrongFile, match="--index-url is set"):
            extend(base_of(base, "base.txt"), addition)
        return
    once = extend(base_of(base, "base.txt"), addition)
    assert extend(base_of(once.requirements, "base.txt"), addition) == once
    before, after = pips_indexes(base), pips_indexes(once.requirements)
    assert URL in after
    assert {*before} - {URL} == {*after} - {URL}
    assert PLAIN_INDEX.search(once.requirements)
    options, left = without_index(once.pip_lines, URL)
    texts = [line.text for line in [*options, *left]]
    assert pips_indexes("\n".join(texts)) == [url for url in after if url != URL]
    assert "numpy" not in lines or "numpy" in texts


def pips_indexes(text: str) -> list[str]:
    """Those that pip has when it has read the file, in one spelling of ours."""
    file = Path("pip.txt")
    file.write_text(text)
    session = PipSession()
    scope = SearchScope.create(find_links=[], index_urls=["default"], no_index=False)
    preferences = SelectionPreferences(allow_yanked=True)
    finder = PackageFinder.create(LinkCollector(session, scope), preferences)
    list(parse_requirements(str(file), session, finder))
    return [URL if same_index(url, URL) else url for url in finder.index_urls]


NAME = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?", fullmatch=True)
VERSION = st.from_regex(
    r"([0-9]{1,2}!)?[0-9]{1,4}(\.[0-9]{1,4}){0,4}((a|b|rc)[0-9]{1,3})?(\.post[0-9]{1,2})?(\.dev[0-9]{1,2})?(\+[a-z0-9]{1,5}(\.[a-z0-9]{1,5})?)?",
    fullmatch=True,
)
PATH = st.from_regex(r"[A-Za-z0-9\-._~!$&()*+,;=:@%/]{0,30}", fullmatch=True)


@many
@given(
    name=NAME,
    version=VERSION,
    path=PATH,
    form=st.integers(0, 1),
    base=st.sampled_from(["", "base.yml", "base.txt"]),
)
def test_every_legal_letter_survives(
    name: str, version: str, path: str, form: int, base: str
) -> None:
    url = f"https://example.invalid/{path}"
    line = [f"{name}=={version}", f"{name} @ {url}/x.whl#sha256={'ab' * 32}"][form]
    addition = Addition(
        name="e",
        version=version,
        image="",
        python_version="",
        default_python="3.11",
        index_option="--extra-index-url",
        index_url=url,
        packages=(Package(name=name, line=line, sha256=()),),
    )
    texts = {"base.yml": f"dependencies: [pip: ['{name}']]\n", "base.txt": f"{name}\n"}
    extended = extend(base_of(texts[base], base) if base else None, addition)
    assert_same_model(extended)
    assert yaml.safe_load(extended.definition)["version"] == version
    assert set(lines_of(extended)) == {line, f"--extra-index-url {url}"}
    assert [text for _, text in preprocess(extended.requirements)] == list(lines_of(extended))
    read = Requirement(lines_of(extended)[-1])
    assert canonicalize_name(read.name) == canonicalize_name(name)
    assert read.url == Requirement(line).url
    assert read.specifier == Requirement(line).specifier


TRICKY = [
    "no",
    "On",
    "null",
    "~",
    "y",
    "1",
    "1.10",
    "1e3",
    "a: b",
    "a #b",
    "a:",
    "- a",
    "@a",
    "*a",
    "#a",
    "",
]


@many
@given(
    st.sampled_from(TRICKY)
    | st.text(st.characters(codec="utf-8", exclude_characters="\n\r\x00"), max_size=20),
    st.sampled_from(["", "'", '"']),
)
def test_every_text_survives_as_a_scalar(text: str, style: str) -> None:
    for flow in (False, True):
        source = scalar(text, style=style, flow=flow)
        document = f"[a, {source}, b]\n" if flow else f"- a\n- {source} # c\n- b\n"
        assert (
            yaml.safe_load(document)
            == YAML(typ="safe", pure=True).load(document)
            == ["a", text, "b"]
        )
        assert plain_data(read_yaml(document, "x").root) == ["a", text, "b"]


@many
@given(requirements_files(), st.data())
def test_logical_lines_are_those_of_pip(text: str, data: st.DataObject) -> None:
    letters = data.draw(
        st.lists(
            st.tuples(st.integers(0, len(text)), st.sampled_from(["\\", "\\\n", "#", " #", "\n"]))
        )
    )
    for at, letter in letters:
        text = text[:at] + letter + text[at:]
    text += "\n"
    try:
        read = read_requirements(text, "x", Path.cwd()).lines
    except WrongFile:
        return
    lines = list(preprocess(text))  # of a file that ends its last line, as a base does
    assert [line.text for line in read] == [line for _, line in lines]
    assert [line.line for line in read] == [number for number, _ in lines]


@settings(many, max_examples=400)
@given(bases, additions, st.data())
def test_nothing_but_a_sentence_comes_of_a_strange_file(
    base: tuple[str, str], addition: Addition, data: st.DataObject
) -> None:
    text, name = base
    letters = st.sampled_from(
        [
            *"\\#:-?&*!|>'\"%@`{}[], \n\t~=x",
            "\n- ",
            "\n  ",
            "---\n",
            "...\n",
            "<<: ",
            "é",
            "\U0001f600",
        ]
    )
    for _ in range(data.draw(st.integers(1, 6))):
        at, more = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 3))
        text = text[:at] + data.draw(letters) + text[at + more :]
    try:
        extended = extend(base_of(text, name), addition)
    except WrongFile as error:
        assert str(error).startswith(name)  # noqa: PT017  # most strange files are still files
        return
    own = {"base.yml": "conda", "base.yaml": "definition", "base.txt": "requirements"}[name]
    assert getattr(extend(base_of(getattr(extended, own), name), addition), own) == getattr(
        extended, own
    )
