"""Azure ML's environment YAML: what is refused, and what changes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from private_wheel.environment.addition import DEFAULT_IMAGE
from private_wheel.environment.wrong_file import WrongFile
from tests.unit.environment.extending import (
    INDEX,
    LINE,
    Make,
    Reader,
    refused,
    unreadable,
)

REFUSED = {
    "name: x\nimage: y\nconda_fil: z\n": (
        3,
        "'conda_fil' is not a key of Azure ML's environment YAML. Did you mean conda_file?",
    ),
    "image: y\nproperties: {}\n": (
        2,
        "'properties' is not a key of Azure ML's environment YAML. Remove it.",
    ),
    "image: y\nconda_file:\n  name: x\n  dependancies: []\n": (3, "Did you mean dependencies?"),
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


@pytest.mark.parametrize("text", REFUSED)
def test_definitions_that_are_unreadable(read: Reader, text: str) -> None:
    line, what = REFUSED[text]
    error = unreadable(read, text)
    assert error.line == line, str(error)
    with pytest.raises(WrongFile, match=what):
        raise error


def test_the_file_that_conda_file_names(read: Reader, checkout: Path) -> None:
    (checkout / "sub").mkdir()
    (checkout / "sub/conda.yml").write_bytes(b"dependencies:\r\n- numpy\r\n")
    for value in ("conda.yml", "./conda.yml", "file:conda.yml", "../sub/conda.yml", '"conda.yml"'):
        base = read(f"image: a\nconda_file: {value}\n", "sub/environment.yml")
        assert base.named_conda
        assert base.named_conda.text == "dependencies:\n- numpy\n"
        assert base.named_conda.directory == checkout / "sub"
    (checkout / "sub/conda.yml").write_text("dependencies:\n- 1\n")
    error = unreadable(read, "image: a\nconda_file: conda.yml\n", "sub/environment.yml")
    assert (error.path, error.line) == ("sub/conda.yml", 2)
    (checkout / "sub/conda.yml").write_text("dependencies:\n- a\n# https://u:secret@x\n")
    error = unreadable(read, "image: a\nconda_file: conda.yml\n", "sub/environment.yml")
    assert (error.path, error.line) == ("sub/conda.yml", 3)


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
    assert unreadable(read, f"image: '{image}\n\n'\n").line == 1
    assert "login" in str(unreadable(read, f"image: bob:hunter@{image}\n"))
    assert "hunter" not in str(unreadable(read, f"image: bob:hunter@{image}\n"))


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
