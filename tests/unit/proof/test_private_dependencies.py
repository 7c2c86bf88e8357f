"""Which wheel of a private package goes into a wheelhouse."""

from __future__ import annotations

import pytest
from packaging.tags import Tag

from private_wheel.proof.private_dependencies import best_file, image_tags
from private_wheel.publish.feed.page import IndexedFile


@pytest.mark.parametrize(
    ("names", "best"),
    [
        ([], ""),
        (["1.0-py3-none-any"], "1.0-py3-none-any"),
        (["2.0-py3-none-any", "1.0.0-py3-none-any"], "1.0.0-py3-none-any"),
        (["1.0-py3-none-any", "1.0-cp311-abi3-linux_x86_64"], "1.0-cp311-abi3-linux_x86_64"),
        (
            ["1.0-cp311-cp311-manylinux_2_17_x86_64", "1.0-cp311-cp311-manylinux_2_35_x86_64"],
            "1.0-cp311-cp311-manylinux_2_35_x86_64",
        ),
        # glibc is newer than that of the images.
        (["1.0-cp311-cp311-manylinux_2_36_x86_64"], ""),
        (
            ["1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux_2_36_x86_64"],
            "1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux_2_36_x86_64",
        ),
        (["1.0-cp312-cp312-linux_x86_64", "1.0-cp311-cp311-win_amd64"], ""),
        (["1.0-py2-none-any", "1.0-cp311-cp311-linux_aarch64"], ""),
        # The build number decides between equal tags, as a number.
        (["1.0-9-py3-none-any", "1.0-10-py3-none-any", "1.0-py3-none-any"], "1.0-10-py3-none-any"),
        (["1.0-9-py3-none-any", "1.0-cp311-none-any"], "1.0-cp311-none-any"),
        # Not the file name of a wheel.
        (["1.0", "1.0-py3-none", "1.0-x-py3-none-any", f"{'9' * 5000}-py3-none-any"], ""),
    ],
)
def test_the_best_file(names: list[str], best: str) -> None:
    files = [IndexedFile(name=f"acme-{name}.whl", url="", sha256="") for name in names]
    file = best_file(files, "1.0", image_tags("3.11"))
    assert (file.name if file else "") == (f"acme-{best}.whl" if best else "")


def test_a_source_distribution_is_no_wheel() -> None:
    file = IndexedFile(name="acme-1.0.tar.gz", url="", sha256="")
    assert best_file([file], "1.0", image_tags("3.11")) is None


def test_the_tags_of_an_image() -> None:
    tags = image_tags("3.9.1")
    assert Tag("cp39", "cp39", "manylinux_2_35_x86_64") in tags
    assert Tag("cp39", "cp39", "manylinux_2_36_x86_64") not in tags
    assert Tag("cp39", "cp39", "linux_x86_64") in tags
    assert Tag("cp310", "cp310", "linux_x86_64") not in tags
    assert min(tags.values()) < tags[Tag("py3", "none", "any")]
