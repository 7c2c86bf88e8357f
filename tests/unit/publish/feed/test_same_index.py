"""When two URLs lead to one index."""

from __future__ import annotations

import pytest

from private_wheel.publish.feed.address import same_index

AZURE = "https://pkgs.dev.azure.com/acme/team%20a/_packaging/python/pypi/simple/"


@pytest.mark.parametrize(
    "url",
    [
        AZURE[:-1],
        AZURE.replace("https", "HTTPS").replace("dev", "DEV"),
        AZURE.replace("acme/team%20a", "Acme/TEAM%20A"),
        AZURE.replace("%20", " ").replace(" ", "%20"),
        AZURE.replace("://", "://acme@"),
        AZURE.replace("://", "://any:${PAT}@"),
        "https://acme.pkgs.visualstudio.com/team%20a/_packaging/python/pypi/simple",
        "https://acme.pkgs.visualstudio.com/DefaultCollection/team%20a/_packaging/Python/pypi/simple/",
    ],
)
def test_spellings_of_one(url: str) -> None:
    assert same_index(url, AZURE)
    assert same_index(AZURE, url)


@pytest.mark.parametrize(
    "url",
    [
        AZURE.replace("team%20a/", ""),
        AZURE.replace("python", "python@Local"),
        AZURE.replace("python", "other"),
        AZURE + "?x=y",
        "https://[broken/simple/",
        "acme/team a/python",
        "",
    ],
)
def test_others(url: str) -> None:
    assert not same_index(url, AZURE)


def test_only_azures_names_are_the_same_in_any_letters() -> None:
    assert not same_index(
        "https://nexus.invalid/Ours/simple/", "https://nexus.invalid/ours/simple/"
    )
    assert same_index("https://bob@NEXUS.invalid/ours/simple", "https://nexus.invalid/ours/simple/")
