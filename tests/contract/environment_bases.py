"""The files under tests/environments, extended by each route."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from private_wheel.environment.addition import Addition, Package
from private_wheel.environment.base import Base, read_base
from private_wheel.environment.extension import Extended, extend

DIRECTORY = Path(__file__).resolve().parents[1] / "environments"
NAMES = tuple(sorted(path.name for path in DIRECTORY.glob("[0-9][0-9]-*")))
INDEX = "https://pkgs.dev.azure.com/acme/ml/_packaging/python/pypi/simple/"
SHA256 = "5a" * 32
URL = (
    "https://acmewheels.blob.core.windows.net/wheels/team%20a/acme_forecast-1.2.3-py3-none-any.whl"
)
LINES = {
    "feed": "acme-forecast==1.2.3",
    "blob": f"acme-forecast @ {URL}#sha256={SHA256}",
    "workspace": URL,
}
_BY_URL: tuple[str, ...] = (
    "02-gpu.yml",
    "06-flow-style.yml",
    "08-exported-on-windows.yml",
    "13-markers-and-extras.yml",
)
_BY_URL += ("17-compiled-with-hashes.txt", "18-bom-and-tabs.txt")
# All of them by the feed, some by the routes that name the wheel's URL.
CASES = (
    *((name, "feed") for name in NAMES),
    *((name, route) for route in ("blob", "workspace") for name in _BY_URL),
)


def base_of(name: str) -> Base:
    return read_base(str(DIRECTORY / name), DIRECTORY)


def addition_of(route: str, *, index_url: str = INDEX, sha256: str = SHA256) -> Addition:
    """Return acme-forecast 1.2.3, built from the directory that the files are in."""
    package = Package(
        name="acme-forecast", line=LINES[route], sha256=(sha256,), directories=(str(DIRECTORY),)
    )
    return Addition(
        name="",
        version="1.2.3",
        image="",
        python_version="",
        default_python="3.11",
        index_option="--extra-index-url",
        index_url=index_url if route == "feed" else "",
        packages=(package,),
    )


def extended(
    name: str,
    route: str = "feed",
    *,
    base: Base | None = None,
    index_url: str = INDEX,
    sha256: str = SHA256,
) -> Extended:
    """Return the file, or `base`, with the addition. Without a name, a fresh environment."""
    addition = addition_of(route, index_url=index_url, sha256=sha256)
    return extend(base or (base_of(name) if name else None), addition)


def of_the_same_kind(name: str, result: Extended) -> str:
    """The text that stands in the place of the user's own."""
    texts = {
        "conda": result.conda,
        "azureml": result.definition,
        "requirements": result.requirements,
    }
    return texts[base_of(name).kind]


def pip_part(text: str, kind: str) -> str:
    """The requirements file that pip is given."""
    if kind == "requirements":
        return text
    content = YAML(typ="safe").load(text)
    if kind == "azureml":
        content = content.get("conda_file", {"dependencies": []})
    if isinstance(content, str):
        content = YAML(typ="safe").load((DIRECTORY / content).read_text(encoding="utf-8"))
    lines = [one["pip"] for one in content["dependencies"] if isinstance(one, dict)]
    return "".join(f"{line}\n" for section in lines for line in section)
