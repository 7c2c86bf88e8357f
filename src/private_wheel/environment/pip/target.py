"""What a line of a requirements file installs: a requirement, a URL or a path, as pip decides."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from private_wheel.environment.pip.options import URL, url_problem
from private_wheel.secrets.quoting import quoted, shown

_VCS = (
    r"(?:bzr\+(?:https?|ssh|sftp|ftp|lp|file)|git\+(?:https?|ssh|git|file)"
    r"|hg\+(?:https?|ssh|static-http|file)|svn\+(?:https?|ssh|svn|file))"
)
_SCHEMES = re.compile(rf"(?:https?|file|ftp|{_VCS}):", re.IGNORECASE)
_REPOSITORY = re.compile(rf"(?:{_VCS}|file):", re.IGNORECASE)
_SHORT_REPOSITORY = re.compile(r"(?P<kind>bzr|git|hg|svn):", re.IGNORECASE)
_FILE = re.compile(r"(?:(?:bzr|git|hg|svn)\+)?file:", re.IGNORECASE)
_EGG_IN_URL = re.compile(r"[#&]egg=(?P<egg>[^&]*)")
_EXTRA = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_NAME = r"(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?P<extras>\[[^\]]*\])?"
_EGG = re.compile(rf"^{_NAME}$", re.ASCII)
# A name with what is meant as its version, however it is written.
_NAMED = re.compile(rf"^{_NAME}(?P<rest>\s*[=<>!~(@;,].*|\s+\d.*)?$", re.ASCII | re.DOTALL)
_CONDA_VERSION = re.compile(r"\s*(?:=\s*|\s)(?P<version>\d[^\s=<>!~,|]*)(?:[=\s]\s*[^\s=]+)?")
_ARCHIVES = (
    *(".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz"),
    *(".tar.xz", ".txz", ".tlz", ".tar.lz"),
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is installed.

    `name` is the canonical name where the line has one, and `written` the name as it is where the
    line begins with it. `path` is the path where that is on this machine. `problem` is the sentence
    for the user if pip cannot read the line.
    """

    name: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    path: str = ""
    written: str = ""
    problem: str = ""


def read_target(value: str) -> Target:
    """Read a requirement, a URL or a path, with its marker."""
    value = " ".join(value.split())  # long runs of blanks would take the patterns minutes
    if _SCHEMES.match(value):
        url, _, marker = value.partition("; ")
        return _with_marker(_read_url(url.strip()), marker)
    # Neither a marker nor a version can hold "; ".
    requirement, _, marker = value.partition(";")
    name, separator, _ = requirement.partition("@")
    if URL.match(name):
        return Target(problem=_unreadable(value))
    if _looks_like_a_path(name if separator else requirement):
        return _with_marker(_read_path(requirement.strip()), marker)
    return _with_marker(_read_requirement(requirement.strip()), marker)


def read_editable(value: str) -> Target:
    """Read the value of `--editable`, which can only be a repository or a directory."""
    if short := _SHORT_REPOSITORY.match(value):
        value = f"{short['kind']}+{value}"
    target = read_target(value)
    if target.path or target.problem:
        return target
    url = value.partition("@")[2].strip() if target.written else value
    if not _REPOSITORY.match(url):
        problem = "--editable requires a directory or a repository. Remove --editable."
        return replace(target, problem=problem)
    if not target.name:
        problem = "pip cannot tell the package name. Append #egg=NAME to the URL."
        return replace(target, problem=problem)
    return target


def _unreadable(value: str) -> str:
    value = value.strip()
    problem = f"pip cannot read {quoted(value)}"
    if value.startswith("@"):
        return f"{problem}: it begins a list for conda. Use a requirements file or a conda file."
    return f"{problem}. Write NAME==VERSION or NAME @ URL."


def _read_requirement(value: str) -> Target:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    try:
        requirement = Requirement(value)
    except (ValueError, RecursionError):
        return _read_slip(value)
    url = requirement.url or ""
    extras: tuple[str, ...] = ()
    if requirement.extras:  # a set, which has not the order of the text
        extras = _split_extras(value[value.find("[") : value.find("]") + 1])
    return Target(
        name=canonicalize_name(requirement.name),
        extras=extras,
        path=_local_path(url),
        written=requirement.name,
        problem=url_problem(url) or _egg_problem(url),
    )


def _read_slip(value: str) -> Target:
    """Read what pip cannot: a slip such as `name=1.0` is a mention of the package nevertheless."""
    from packaging.utils import canonicalize_name

    named = _NAMED.match(value)
    if not named:
        return Target(problem=_unreadable(value))
    problem = _unreadable(value)
    # `name=1.0`, `name=1.0=build` or `name 1.0`.
    if conda := _CONDA_VERSION.fullmatch(named["rest"] or ""):
        pin = f"{shown(named['name'])}=={shown(conda['version'])}"
        problem = f"this is conda's syntax. Write {pin}."
    return Target(
        name=canonicalize_name(named["name"]),
        extras=_split_extras(named["extras"]),
        problem=problem,
    )


def _with_marker(target: Target, marker: str) -> Target:
    from packaging.markers import Marker

    marker = marker.strip()
    if not marker:
        return target
    try:
        Marker(marker)
    except (ValueError, RecursionError):
        example = 'Write it as in python_version < "3.12".'
        problem = f"pip cannot read the marker {quoted(marker)}. {example}"
        return replace(target, problem=target.problem or problem)
    return replace(target, marker=marker)


def _read_url(url: str) -> Target:
    from packaging.utils import canonicalize_name

    if problem := url_problem(url):
        return Target(problem=problem)
    path = _local_path(url)
    if problem := _egg_problem(url):
        return Target(path=path, problem=problem)
    if egg := _egg(url):
        name, extras = canonicalize_name(egg["name"]), _split_extras(egg["extras"])
        return Target(name=name, extras=extras, path=path)
    path, extras = _without_extras(path)
    return replace(_read_file_name(urlsplit(url).path), extras=extras, path=path)


def _egg(url: str) -> re.Match[str] | None:
    match = _EGG_IN_URL.search(url)
    return _EGG.match(unquote(match["egg"])) if match else None


def _egg_problem(url: str) -> str:
    if _EGG_IN_URL.search(url) and not _egg(url):
        return "pip cannot read the name after #egg=. Write the package name there."
    return ""


def _read_path(path: str) -> Target:
    path, extras = _without_extras(path)
    return replace(_read_file_name(path), extras=extras, path=path)


def _without_extras(path: str) -> tuple[str, tuple[str, ...]]:
    rest, bracket, names = path.rpartition("[")
    if not (rest and bracket and names.endswith("]")):
        return path, ()
    return rest.rstrip(), _split_extras(names)


def _local_path(url: str) -> str:
    """Return the path that a `file:` URL means, or a URL without a scheme is; else nothing."""
    if _FILE.match(url):
        try:
            return unquote(urlsplit(url).path) or "."
        except ValueError:
            return ""
    return url if not URL.match(url) else ""


def _looks_like_a_path(value: str) -> bool:
    value = _without_extras(value.strip())[0]
    if "/" in value or "\\" in value or value.startswith("."):
        return True
    return value.lower().endswith(_ARCHIVES)


def _read_file_name(path: str) -> Target:
    """Read the canonical name in a distribution's file name, if it is one."""
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        canonicalize_name,
        is_normalized_name,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    file_name = unquote(re.split(r"[/\\]", path.rstrip("/"))[-1])
    if not file_name.endswith(".whl"):
        try:
            return Target(name=parse_sdist_filename(file_name)[0])
        except InvalidSdistFilename:
            return Target()
    try:
        name = parse_wheel_filename(file_name)[0]
    except InvalidWheelFilename:
        name = canonicalize_name(file_name.partition("-")[0])
    else:
        if is_normalized_name(name):
            return Target(name=name)
    form = "NAME-VERSION-PYTHON-ABI-PLATFORM.whl"
    problem = f"{quoted(file_name)} is not the file name of a wheel: {form}. Correct it."
    return Target(name=name, problem=problem)


def _split_extras(bracketed: str | None) -> tuple[str, ...]:
    """Return the valid names: they are copied into our line, so they must not say anything else."""
    names = (name.strip() for name in (bracketed or "").strip("[]").split(","))
    return tuple(name for name in names if _EXTRA.fullmatch(name))
