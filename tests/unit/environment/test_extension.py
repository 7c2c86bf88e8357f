"""What changes in a file of the user's when the packages are put in, and that nothing else does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from private_wheel.environment.addition import DEFAULT_IMAGE
from private_wheel.environment.base import read_base
from private_wheel.environment.extension import extend
from tests.unit.environment.extending import ADDITION, INDEX, LINE, Make, lines_of, refused


def test_without_a_base(checkout: Path) -> None:
    fresh = extend(None, dataclasses.replace(ADDITION, python_version="3.8", version="1.2"))
    assert fresh.conda == (
        "name: acme-forecast\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.8\n  - pip=25.0.1\n"
        f"  - pip:\n      - {INDEX}\n      - {LINE}\n"
    )
    assert fresh.definition == (
        "$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\n"
        f'name: acme-forecast\nversion: "1.2"\nimage: {DEFAULT_IMAGE}\nconda_file:\n'
        + "".join(f"  {line}\n" for line in fresh.conda.splitlines())
    )
    assert fresh.requirements == f"{INDEX}\n{LINE}\n"
    assert lines_of(fresh) == (INDEX, LINE)
    assert (fresh.name, fresh.image, fresh.python_version, fresh.extra) == (
        "acme-forecast",
        DEFAULT_IMAGE,
        "3.8",
        {},
    )


@pytest.mark.parametrize(
    ("python", "pip"),
    [
        ("3.6", "21.3.1"),
        ("3.7", "24.0"),
        ("3.8", "25.0.1"),
        ("3.9", "25.2"),
        ("3.8.10", "25.0.1"),
        ("3.13", "25.2"),
    ],
)
def test_the_last_pip_of_a_python(checkout: Path, python: str, pip: str) -> None:
    assert (
        f"- python={python}\n  - pip={pip}\n"
        in extend(None, dataclasses.replace(ADDITION, python_version=python)).conda
    )


CONDA = """\
# Ours
name: forecast   # the team's
channels: [defaults, conda-forge]

dependencies:
  - python=3.10  # as in production
  - 'numpy>=1.20'
  - "pip"
  # what conda has not
  - pip:
    - azureml-defaults>=1.48  # for the endpoint

    - acme_forecast >= 1.0    # ours
    # the end of pip
variables:
  A: "b"
prefix: /opt/x
"""


def test_a_conda_file_keeps_every_other_byte(make: Make) -> None:
    extended = make(CONDA)
    old = CONDA.replace("acme_forecast >= 1.0", LINE).replace(
        "- pip:\n", f"- pip:\n    - {INDEX}\n"
    )
    assert extended.conda == old
    assert (extended.name, extended.python_version, extended.image) == (
        "acme-forecast",
        "3.10",
        DEFAULT_IMAGE,
    )
    assert lines_of(extended) == (INDEX, "azureml-defaults>=1.48", LINE)
    first = "# The pip part of forecast: conda packages are not in it.\n"
    assert extended.requirements == first + f"{INDEX}\nazureml-defaults>=1.48\n{LINE}\n"
    assert extended.definition.endswith(
        "conda_file:\n" + "".join(f"{'  ' + x if x else x}\n" for x in old.splitlines())
    )


CONDA_CASES = {
    # no pip section
    "dependencies:\n- python=3.9\n- numpy\n": (
        f"dependencies:\n- python=3.9\n- numpy\n- pip\n- pip:\n  - {INDEX}\n  - {LINE}\n"
    ),
    "dependencies:\n  - python=3.9\n  - pip=23 # p\nname: x\n": (
        f"dependencies:\n  - python=3.9\n  - pip=23 # p\n  - pip:\n      - {INDEX}\n      - {LINE}\nname: x\n"
    ),
    # no pip among the dependencies, no python
    "dependencies:\n- pip:\n  - a\n": f"dependencies:\n- python=3.11\n- pip\n- pip:\n  - {INDEX}\n  - a\n  - {LINE}\n",
    # an empty pip section
    "dependencies:\n- python\n- pip\n- pip: # none yet\n# end\n": (
        f"dependencies:\n- python\n- pip\n- pip: # none yet\n    - {INDEX}\n    - {LINE}\n# end\n"
    ),
    # flow style
    "dependencies: []\n": f'dependencies: [python=3.11, pip, {{pip: ["{INDEX}", {LINE}]}}]\n',
    "dependencies: [python=3.9, pip, pip: [a, 'acme-forecast>1', b,]]\n": (
        f"dependencies: [python=3.9, pip, pip: [\"{INDEX}\", a, '{LINE}', b,]]\n"
    ),
    "dependencies: [python=3.9, acme-forecast, pip, acme_forecast]\n": (
        f'dependencies: [python=3.9, pip, {{pip: ["{INDEX}", {LINE}]}}]\n'
    ),
    "dependencies: [acme-forecast, acme_forecast]\n": (
        f'dependencies: [python=3.11, pip, {{pip: ["{INDEX}", {LINE}]}}]\n'
    ),
    "dependencies: [python, pip, acme-forecast, acme_forecast, pip: []]\n": (
        f'dependencies: [python, pip, pip: ["{INDEX}", {LINE}]]\n'
    ),
    "dependencies: [acme-forecast]\n": f'dependencies: [python=3.11, pip, {{pip: ["{INDEX}", {LINE}]}}]\n',
    "{dependencies: [python, pip: ]}\n": f'{{dependencies: [python, pip, pip: ["{INDEX}", {LINE}] ]}}\n',
    "dependencies:\n- python\n- pip\n- pip: [a, # one\n    b # two\n    ]\n": (
        f'dependencies:\n- python\n- pip\n- pip: ["{INDEX}", a, # one\n    b, {LINE} # two\n    ]\n'
    ),
    # ours among conda's
    "dependencies:\n- python\n- conda-forge::acme.forecast=1.0=py_0 # old\n# next\n- pip\n- pip:\n  - a\n": (
        f"dependencies:\n- python\n# next\n- pip\n- pip:\n  - {INDEX}\n  - a\n  - {LINE}\n"
    ),
    # several mentions, quotes, aliases, folded and multi-line items
    "dependencies:\n- python\n- pip\n- pip:\n"
    "  - 'acme-forecast[a]' # 1\n  - x\n  - Acme.Forecast[b]\n    >=1 # 2\n  - y\n": (
        f"dependencies:\n- python\n- pip\n- pip:\n  - {INDEX}\n  - 'acme-forecast[a,b]==1.2.3' # 1\n  - x\n  - y\n"
    ),
    "v: &v acme-forecast\ndependencies:\n-\n  python\n-   pip\n-   pip:\n"
    "    -   *v\n    -   >-\n        b\n        ;python_version<'3'\n": (
        "v: &v acme-forecast\ndependencies:\n-\n  python\n-   pip\n-   pip:\n"
        f"    - {INDEX}\n    -   {LINE}\n    -   >-\n        b\n        ;python_version<'3'\n"
    ),
    # document markers
    "# a\n--- # b\ndependencies:\n- python\n- pip\n...\n# c\n": (
        f"# a\n--- # b\ndependencies:\n- python\n- pip\n- pip:\n  - {INDEX}\n  - {LINE}\n...\n# c\n"
    ),
    # comments in items, and an item that pip does not read
    "dependencies:\n- python\n- pip\n- pip:\n  - 'acme-forecast # ours'\n  - '# none'\n": (
        f"dependencies:\n- python\n- pip\n- pip:\n  - {INDEX}\n  - '{LINE} # ours'\n  - '# none'\n"
    ),
}


@pytest.mark.parametrize("text", CONDA_CASES)
def test_conda_files(make: Make, text: str) -> None:
    assert make(text).conda == CONDA_CASES[text]


NEW = f'{{pip: ["{INDEX}", {LINE}]}}'
COMMENTS_THAT_STAY = {
    "[python, # c\n  pip # d\n  ]": f"[python, # c\n  pip, {NEW} # d\n  ]",
    "[python, pip, {pip: [acme-forecast, # e\n  six # f\n  ]}]": (
        f'[python, pip, {{pip: ["{INDEX}", {LINE}, # e\n  six # f\n  ]}}]'
    ),
}


@pytest.mark.parametrize("items", COMMENTS_THAT_STAY)
def test_comments_in_a_flow_list_stay(make: Make, items: str) -> None:
    assert make(f"dependencies: {items}\n").conda == f"dependencies: {COMMENTS_THAT_STAY[items]}\n"


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ("[python,\n  numpy,  # c\n  acme-forecast=1,\n  pip]", 2),
        ("[python, pip,\n  numpy,\n  acme-forecast=1 # d\n  ]", 3),
        ("[ # c\n  acme-forecast,\n  python, pip]", 1),
        ("[python,\n  acme-forecast,\n  # p\n  pip]", 3),
        ("[python, pip, {pip: [acme-forecast, six,\n  acme_forecast # g\n  ]}]", 2),
    ],
)
def test_nothing_is_removed_from_a_flow_list_with_comments(
    make: Make, items: str, line: int
) -> None:
    error = refused(make, f"dependencies: {items}\n")
    assert error.line == line
    assert "an item cannot be removed from a list in brackets that contains comments" in str(error)


@pytest.mark.parametrize(
    ("below", "left"),
    [
        ("    # via six\nattrs\n", "attrs\n"),
        ("# of attrs\nattrs\n", "# of attrs\nattrs\n"),
        ("\n    # of attrs\nattrs\n", "\n    # of attrs\nattrs\n"),
        ("    # via six\n\n    # of attrs\nattrs\n", "\n    # of attrs\nattrs\n"),
        ("    # via six\n# of attrs\n    # more\nattrs\n", "# of attrs\n    # more\nattrs\n"),
    ],
)
def test_the_comments_below_a_second_mention(make: Make, below: str, left: str) -> None:
    """pip-compile tells beneath a line what needs it."""
    text = f"acme-forecast==1\nsix\nacme-forecast>=1\n{below}"
    assert make(text, "base.txt").requirements == f"{INDEX}\n{LINE}\nsix\n{left}"


@pytest.mark.parametrize("name", ["a" * 300, "/".join(["a" * 200] * 30)])
@pytest.mark.parametrize(
    ("text", "file"), [("six\n./{}\n", "base.txt"), ("dependencies:\n- pip: [./{}]\n", "base.yml")]
)
def test_a_local_path_that_no_machine_can_have(make: Make, name: str, text: str, file: str) -> None:
    error = refused(make, text.format(name), file)
    assert (error.path, error.line) == (file, 2)
    assert "is a local path" in str(error)


PYTHONS = {
    "python=3.10": ("3.10", "python=3.9"),
    "python==3.10.4": ("3.10.4", "python=3.9"),
    "python=3.10.*": ("3.10", "python=3.9"),
    "python 3.10": ("3.10", "python=3.9"),
    "'python =3.10.4=h12_0'": ("3.10.4", "'python=3.9'"),
    '"conda-forge::python=3.10"': ("3.10", '"conda-forge::python=3.9"'),
    "python>=3.8,<3.12": ("3.11", "python=3.9"),
    "python": ("3.11", "python=3.9"),
    "python=3": ("3.11", "python=3.9"),
    "python=3.9": ("3.9", "python=3.9"),
    "python=3.9.18": ("3.9.18", "python=3.9.18"),
    "python=3.90": ("3.90", "python=3.9"),
}


@pytest.mark.parametrize("item", PYTHONS)
def test_python(make: Make, item: str) -> None:
    text = f"dependencies:\n- numpy\n- {item} # p\n- pip\n- python-dateutil\n"
    own, asked = PYTHONS[item]
    left, changed = make(text), make(text, python_version="3.9")
    assert (left.python_version, f"- {item} # p\n" in left.conda) == (own, True)
    assert changed.conda == left.conda.replace(f"- {item} # p\n", f"- {asked} # p\n")
    assert changed.python_version == (own if asked == item else "3.9")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["python"], "3.11"),
        (["python>=3.9,<3.12"], "3.11"),
        (["python >=3.12"], "3.14"),
        (["python<3.10"], "3.9"),
        (["python=3.9|3.10"], "3.10"),
        (["python=3.9|>=3.11,!=3.12.*"], "3.11"),
        (["python <=3.8"], "3.8"),
        (["python=3.*"], "3.11"),
        (["python *"], "3.11"),
        (["python >= 3.8, < 3.10"], "3.9"),
        (["python>=3.8,<3.10=*_cpython"], "3.9"),
        (["python[version='>=3.8,<3.10', build=x]"], "3.9"),
        (["python~=3.12"], "3.14"),
        (["python=3.13.0rc1"], "3.13"),
    ],
)
def test_a_range_of_pythons(make: Make, items: list[str], expected: str) -> None:
    text = "dependencies:\n- numpy\n" + "".join(
        f"- '{item}'\n".replace("'>", "''>").replace("',", "'',") for item in items
    )
    extended = make(text)
    assert (extended.python_version, extended.python_line, extended.python_is_open) == (
        expected,
        3,
        True,
    )


def test_where_the_python_is_said(make: Make, checkout: Path) -> None:
    def of(text: str, **changes: str) -> tuple[int, bool]:
        extended = make(text, **changes)
        return extended.python_line, extended.python_is_open

    assert of("dependencies:\n- a\n- python=3.10=x\n") == (3, False)
    assert of("dependencies:\n- a\n- python=3.10\n", python_version="3.9") == (0, False)
    assert of("dependencies:\n- a\n- python=3.10\n", python_version="3.10") == (0, False)
    assert of("dependencies:\n- a\n") == (0, False)
    assert of("image: x\nconda_file:\n  dependencies:\n  - python\n") == (4, True)
    (checkout / "conda.yml").write_text("dependencies:\n- python\n")
    assert of("image: x\nname: y\nconda_file: conda.yml\n") == (2, True)
    assert extend(None, ADDITION).python_line == 0
    (checkout / "base.txt").write_text("numpy\n")
    assert extend(read_base("base.txt", checkout), ADDITION).python_line == 0


@pytest.mark.parametrize(
    ("items", "line", "what"),
    [
        (["python=abc"], 2, "'python=abc' does not specify a Python version. Write python=3.11."),
        (["python=3.11,"], 2, "does not specify a Python version"),
        (["python=>3.8"], 2, "does not specify a Python version"),
        (["python~=3"], 2, "does not specify a Python version"),
        (["python>=4"], 2, "no Python from 3.6 to 3.14 matches 'python>=4'. Write python=3.11."),
        (["python>=3.10,<3.9"], 2, "no Python from"),
        (["python<3.6"], 2, "no Python from"),
        (
            ["python=3.10", "numpy", "python=3.11"],
            4,
            "python is listed twice. Remove one of them.",
        ),
        (["python=3.10", "python>=3.8"], 3, "listed twice"),
    ],
)
def test_pythons_that_are_none(make: Make, items: list[str], line: int, what: str) -> None:
    text = "dependencies:\n" + "".join(f"- {item}\n" for item in items)
    error = refused(make, text)
    assert error.line == line
    assert what in str(error)
    assert make(text, python_version="3.9").conda.startswith("dependencies:\n- python=3.9\n")
    assert make(text, python_version="3.9").conda.count("python=") == 1


DEFINITIONS = {
    "tags: [a]": "tags",
    "tags: {a: [b]}": "tags",
    "description: [a]": "description",
    "os_type: windows": "Linux",
    "inference_config: x": "liveness_route",
    "inference_config: {liveness_route: {path: /, port: x}}": "liveness_route",
    "inference_config: {liveness_route: {path: /}}": "liveness_route",
    "inference_config: {other: {path: /, port: 1}}": "liveness_route",
}


@pytest.mark.parametrize("line", DEFINITIONS)
def test_what_azure_would_not_take_beside_the_image(make: Make, line: str) -> None:
    error = refused(make, f"image: x\nname: y\n{line}\n")
    assert error.line == 3
    assert DEFINITIONS[line] in str(error)


def test_what_azure_takes_beside_the_image(make: Make) -> None:
    lines = "tags: {a: b, c: 1}\ndescription: d\nos_type: Linux\ninference_config:\n"
    route = "  liveness_route:\n    path: /live\n    port: 5001\n"
    extra = make(f"image: x\nname: y\n{lines}{route}").extra
    assert extra["inference_config"] == {"liveness_route": {"path": "/live", "port": 5001}}
    assert (extra["tags"], extra["description"]) == ({"a": "b", "c": 1}, "d")


def test_a_second_python_goes_when_one_is_asked_for(make: Make) -> None:
    text = "dependencies:\n- python>=3.8\n- python<4\n- pip\n"
    assert "- python=3.9\n- pip\n" in make(text, python_version="3.9").conda


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ("name: a\ndependencies:\n- pip:\n  - &a acme-forecast\nvariables: {x: *a}\n", 4, "a"),
        ("name: &a x\nversion: *a\nimage: &b y\ndescription: *b\n", 3, "b"),
        ("dependencies: [&a python=3.10]\nvariables: {x: *a}\n", 1, "a"),
    ],
)
def test_an_anchor_that_is_used_elsewhere(make: Make, text: str, line: int, name: str) -> None:
    error = refused(make, text, python_version="3.9", image="z")
    assert error.line == line
    assert str(error).endswith(
        f": the anchor &{name} is used elsewhere in the file. Write its value there instead."
    )


def test_an_anchor_that_goes_with_its_alias(make: Make) -> None:
    text = "dependencies:\n- python\n- pip\n- pip:\n  - &a acme-forecast\n  - *a\nvariables: {x: &a b, y: *a}\n"
    assert lines_of(make(text)) == (INDEX, LINE)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "image: a\nconda_file:\n  dependencies: &d\n  - &a python=3.10\n  variables: {x: *a}\n",
            3,
        ),
    ],
)
def test_what_is_written_too_unusually(make: Make, text: str, line: int) -> None:
    """The anchor goes with the item, and another place needs it."""
    error = refused(make, text, python_version="3.9")
    assert error.line == line
    assert "cannot be extended" in str(error)


DEFINITION = """\
# Ours
$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json
name: forecast  # team
description: >-
  For the
  forecast
version: 3 # old
image: example.invalid/base:1
tags: {a: "1", b: 2024-01-01}
conda_file:
    # inside
    name: inner
    dependencies:
    - python=3.9   # p
    - pip:
        - a
  # out
inference_config: {}
"""


def test_a_definition_keeps_every_other_byte(make: Make) -> None:
    extended = make(DEFINITION)
    new = DEFINITION.replace("version: 3 #", 'version: "7" #')
    new = new.replace(
        "    - pip:\n        - a\n",
        f"    - pip\n    - pip:\n        - {INDEX}\n        - a\n        - {LINE}\n",
    )
    assert extended.definition == new
    assert extended.conda == (
        "# inside\nname: inner\ndependencies:\n- python=3.9   # p\n- pip\n- pip:\n"
        f"    - {INDEX}\n    - a\n    - {LINE}\n"
    )
    assert (extended.name, extended.image, extended.python_version) == (
        "forecast",
        "example.invalid/base:1",
        "3.9",
    )
    assert extended.extra == {
        "description": "For the forecast",
        "tags": {"a": "1", "b": "2024-01-01"},
        "inference_config": {},
    }


def test_a_definition_with_name_and_image_given(make: Make) -> None:
    extended = make(DEFINITION, name="other", image="x.invalid/y:2", version="1.2.3")
    assert "\nname: other  # team\n" in extended.definition
    assert "\nversion: 1.2.3 # old\nimage: x.invalid/y:2\n" in extended.definition
    assert (extended.name, extended.image) == ("other", "x.invalid/y:2")


def test_a_definition_without_name_version_and_image(make: Make) -> None:
    text = "conda_file: {dependencies: [python=3.9, pip: [a]]}\n"
    assert make(text).definition == (
        f'name: acme-forecast\nversion: "7"\nimage: {DEFAULT_IMAGE}\n'
        f'conda_file: {{dependencies: [python=3.9, pip, pip: ["{INDEX}", a, {LINE}]]}}\n'
    )
    assert make("image: x\nversion:\nname: # n\n").definition.startswith(
        'image: x\nversion: "7"\nname: acme-forecast # n\nconda_file:\n  name: acme-forecast\n'
    )


def test_a_definition_that_names_a_conda_file(make: Make, checkout: Path) -> None:
    (checkout / "conda.yml").write_text(
        "---\n# c\nname: x\n\ndependencies:\n- python=3.9\n- pip\n- pip: [a]\n...\n"
    )
    extended = make("image: x\nname: y\nconda_file: ./conda.yml  # there\ntags: {}\n")
    pip = f'- pip: ["{INDEX}", a, {LINE}]'
    assert extended.definition == (
        'image: x\nname: y\nversion: "7"\nconda_file:  # there\n'
        f"  # c\n  name: x\n\n  dependencies:\n  - python=3.9\n  - pip\n  {pip}\ntags: {{}}\n"
    )
    assert (
        extended.conda == f"---\n# c\nname: x\n\ndependencies:\n- python=3.9\n- pip\n{pip}\n...\n"
    )
    (checkout / "conda.yml").write_text("dependencies:\n- pip:\n  - ./lib\n")
    error = refused(make, "image: x\nname: y\nconda_file: ./conda.yml\n")
    assert (error.path, error.line) == ("conda.yml", 3)


def test_names_that_azure_does_not_take(make: Make) -> None:
    for name in ("AzureML-x", "microsoft", "a b", "ä", "a/b", "tf-2.4"):
        error = refused(make, f"image: x\n\nname: '{name}'\n")
        assert error.line == 3
        assert "environment-name" in str(error)
        assert make(f"image: x\n\nname: '{name}'\n", name="given").name == "given"
        assert make(f"dependencies: []\nname: {name}\n").name == "acme-forecast"


@pytest.mark.parametrize(
    "version", ["1", "1.2", "1e3", "0x1F", "2024-01-01", "on", "No", "null", "1_0", "~", "12:30:45"]
)
def test_versions_that_yaml_would_not_read_as_text(make: Make, version: str) -> None:
    assert f'\nversion: "{version}"\n' in make("dependencies: []\n", version=version).definition
    assert (
        f'\nversion: "{version}"\n'
        in make(f"image: x\nversion: {version}\n", version=version).definition
    )


def test_several_lines_for_python_become_one(make: Make) -> None:
    text = "dependencies:\n- python>=3.8\n- python<3.12\n- python!=3.9\n- six\n"
    assert make(text, python_version="3.11").conda.startswith(
        "dependencies:\n- python=3.11\n- six\n"
    )


def test_a_python_between_two_patches(make: Make) -> None:
    assert make("dependencies:\n- python>3.12.3,<3.13\n").python_version == "3.12"
