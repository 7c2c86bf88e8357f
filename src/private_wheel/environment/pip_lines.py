"""One logical line of a requirements file, as pip understands it.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

# A hash has some eighty letters, and there is one for each file of a release.
_LONGEST = 100_000
_COMMENT = re.compile(r"(?<!\S)#")
_WITH_VALUE = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--pypi-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "-r": "--requirement",
    "--requirement": "--requirement",
    "-c": "--constraint",
    "--constraint": "--constraint",
    "-e": "--editable",
    "--editable": "--editable",
    "--no-binary": "--no-binary",
    "--only-binary": "--only-binary",
    "--all-releases": "--all-releases",
    "--only-final": "--only-final",
    "--trusted-host": "--trusted-host",
    "--use-feature": "--use-feature",
    "--hash": "--hash",
    "-C": "--config-settings",
    "--config-setting": "--config-settings",
    "--config-settings": "--config-settings",
    "--global-option": "--global-option",
    "--install-option": "--install-option",
}
_WITHOUT_VALUE = ("--no-index", "--prefer-binary", "--require-hashes", "--no-require-hashes", "--pre")
INDEXES = ("--index-url", "--extra-index-url")

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # of one letter it would be a drive of Windows
_EGG = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)\s*(?P<extras>\[[^\]]*\])?$")
_NAMED = re.compile(
    r"^(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?P<extras>\[[^\]]*\])?\s*(?P<rest>[^\w.\[-].*)?$"
)
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz")


@dataclass(frozen=True, kw_only=True)
class PipLine:
    """`text` is what pip reads, `comment` what stands behind it with the blanks before. `options` have pip's long
    names; `target` is what the line installs, if it does."""

    text: str
    comment: str
    line: int
    options: tuple[tuple[str, str], ...]
    target: Target | None

    def values(self, *names: str) -> list[str]:
        return [value for name, value in self.options if name in names]

    @property
    def is_hashed(self) -> bool:
        return any(name in ("--hash", "--require-hashes") for name, _ in self.options)


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is installed: the canonical name where the line tells it, the path where it lies on this machine."""

    name: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    path: str = ""


def read_pip_line(raw: str, line: int) -> PipLine:
    """Raises:
    ValueError: pip cannot read it, with the sentence for the user.
    """
    if len(raw) > _LONGEST:
        raise ValueError(f"the line has more than {_LONGEST} letters: this is no requirement.")
    found = _COMMENT.search(raw)
    code = (raw[: found.start()] if found else raw).rstrip()
    comment = raw[len(code) :] if found else ""
    text = code.strip()
    words = text.split(" ")
    first = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    head = " ".join(words[:first]).strip()
    try:
        options = _options(shlex.split(" ".join(words[first:])))
    except ValueError:
        raise ValueError("the quotes of the options do not match.") from None
    editable = next((value for name, value in options if name == "--editable"), "")
    target = read_target(head or editable) if head or editable else None
    return PipLine(text=text, comment=comment, line=line, options=tuple(options), target=target)


def _options(words: list[str]) -> list[tuple[str, str]]:
    """As optparse reads them: long names may be shortened, short ones joined with their value."""
    found, rest = [], iter(words)
    for word in rest:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            name = _long_name(name)
        else:
            name, value = word[:2], word[2:]
            equals = value
        name = _WITH_VALUE.get(name, name)
        if name in _WITH_VALUE.values() and not equals:
            value = next(rest, "")
        found.append((name, value))
    return found


def _long_name(name: str) -> str:
    if name in _WITH_VALUE or name in _WITHOUT_VALUE:
        return name
    meant = [known for known in (*_WITH_VALUE, *_WITHOUT_VALUE) if known.startswith(name) and known[:2] == "--"]
    return meant[0] if len(meant) == 1 else name


def read_target(value: str) -> Target:
    """What a requirement, a URL or a path installs."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    if _URL.match(value):
        url, _, marker = value.partition("; ")
        return _of_url(url.strip(), _valid(marker))
    name, at, _ = value.partition("@")
    if _looks_like_a_path(name if at else value.partition(";")[0]):
        path, _, marker = value.partition(";")
        return _of_path(path.strip(), _valid(marker))
    try:
        requirement = Requirement(value)
    except (ValueError, RecursionError):
        named = _NAMED.match(value)  # a slip such as `name=1.0` is a mention nevertheless
        if not named:
            return Target()
        return Target(
            name=canonicalize_name(named["name"]),
            extras=_split_extras(named["extras"]),
            marker=_valid(value.partition(";")[2]),
        )
    marker = re.split(r"\s;" if requirement.url else ";", value, maxsplit=1)[1].strip() if requirement.marker else ""
    return Target(
        name=canonicalize_name(requirement.name),
        extras=_split_extras(value[value.find("[") : value.find("]") + 1]) if requirement.extras else (),
        marker=marker,
        path=_local(requirement.url or "", ""),
    )


def _valid(marker: str) -> str:
    """The marker if it is one."""
    from packaging.markers import Marker

    try:
        Marker(marker)
    except (ValueError, RecursionError):
        return ""
    return marker.strip()


def _of_url(url: str, marker: str) -> Target:
    from packaging.utils import canonicalize_name

    fragment = dict(part.partition("=")[::2] for part in urlsplit(url).fragment.split("&"))
    egg = _EGG.match(unquote(fragment.get("egg", "")))
    path = _local(url, url)
    if egg:
        name = canonicalize_name(egg["name"])
        return Target(name=name, extras=_split_extras(egg["extras"]), marker=marker, path=path)
    path, extras = _without_extras(path)
    return Target(name=_name_of_file(urlsplit(url).path), extras=extras, marker=marker, path=path)


def _of_path(path: str, marker: str) -> Target:
    path, extras = _without_extras(path)
    return Target(name=_name_of_file(path), extras=extras, marker=marker, path=path)


def _without_extras(path: str) -> tuple[str, tuple[str, ...]]:
    rest, bracket, names = path.rpartition("[")
    if not (rest and bracket and names.endswith("]")):
        return path, ()
    return rest.rstrip(), _split_extras(names)


def _local(url: str, otherwise: str) -> str:
    """The path that a `file:` URL means; of a URL without a scheme, itself; of any other nothing."""
    if url[:5].lower() == "file:":
        return unquote(urlsplit(url).path) or "."
    return url if url and not _URL.match(url) else ""


def _looks_like_a_path(value: str) -> bool:
    value = value.strip()
    return "/" in value or "\\" in value or value.startswith(".") or value.lower().endswith(_ARCHIVES)


def _name_of_file(path: str) -> str:
    """The canonical name in a distribution's file name, if it is one."""
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        canonicalize_name,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    file_name = unquote(re.split(r"[/\\]", path)[-1])
    try:
        return parse_wheel_filename(file_name)[0] if file_name.endswith(".whl") else parse_sdist_filename(file_name)[0]
    except InvalidSdistFilename:
        return ""
    except InvalidWheelFilename:
        return canonicalize_name(file_name.partition("-")[0])


def _split_extras(bracketed: str | None) -> tuple[str, ...]:
    names = (name.strip() for name in (bracketed or "").strip("[]").split(","))
    return tuple(name for name in names if name)
