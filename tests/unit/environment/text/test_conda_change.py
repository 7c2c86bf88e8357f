"""What changes in a conda file, and that nothing else does."""

from __future__ import annotations

import pytest

from private_wheel.environment.addition import DEFAULT_IMAGE
from tests.unit.environment.extending import (
    INDEX,
    LINE,
    Make,
    lines_of,
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


def test_the_requirements_say_what_they_leave_out(make: Make) -> None:
    lines = f"{INDEX}\na\n{LINE}\n"
    part = "python=3.9, pip, pip: [a]"
    assert make(f"dependencies: [{part}]\n").requirements == lines
    text = make(f"dependencies: [numpy, {part}]\n").requirements
    assert text == f"# The pip part of the conda file: conda packages are not in it.\n{lines}"
    named = make(f"name: a\ndependencies: [numpy, {part}]\n").requirements
    assert named.startswith("# The pip part of a: ")
