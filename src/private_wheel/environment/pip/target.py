"""What a line of a requirements file installs: a requirement, a URL or a path, as pip tells them apart."""

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
_EGG = re.compile(
    r"^(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?P<extras>\[[^\]]*\])?$", re.ASCII
)
# A name with what would be a version, however it is written.
_NAMED = re.compile(
    r"^(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?P<extras>\[[^\]]*\])?(?P<rest>\s*[=<>!~(@;,].*|\s+\d.*)?$",
    re.ASCII | re.DOTALL,
)
_CONDA = re.compile(r"\s*(?:=\s*|\s)(?P<version>\d[^\s=<>!~,|]*)(?:[=\s]\s*[^\s=]+)?")
_ARCHIVES = (
    ".whl",
    ".zip",
    ".tar.gz",
    ".tgz",
    ".tar",
    ".tar.bz2",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tlz",
    ".tar.lz",
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is installed: the canonical name where the line tells it, the path where it lies on this machine. `written`
    is the name where the line begins with it. `problem` is the sentence for the user if pip cannot read the line."""

    name: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    path: str = ""
    written: str = ""
    problem: str = ""


def read_target(value: str) -> Target:
    value = " ".join(value.split())  # long runs of blanks would take the patterns minutes
    if _SCHEMES.match(value):
        url, _, marker = value.partition("; ")
        return _with_marker(_of_url(url.strip()), marker)
    # In a marker stands no "; ", and in a version neither.
    requirement, _, marker = value.partition(";")
    name, at, _ = requirement.partition("@")
    if URL.match(name):
        return Target(problem=_unreadable(value))
    if _looks_like_a_path(name if at else requirement):
        return _with_marker(_of_path(requirement.strip()), marker)
    return _with_marker(_of_requirement(requirement.strip()), marker)


def read_editable(value: str) -> Target:
    """What `--editable` installs, which can only be a repository or a directory."""
    if short := _SHORT_REPOSITORY.match(value):
        value = f"{short['kind']}+{value}"
    target = read_target(value)
    if target.path or target.problem:
        return target
    url = value.partition("@")[2].strip() if target.written else value
    if not _REPOSITORY.match(url):
        problem = "--editable takes a directory or a repository, and this is neither. Take --editable out."
        return replace(target, problem=problem)
    if not target.name:
        return replace(
            target, problem="pip cannot tell the package's name. Put #egg=NAME behind the URL."
        )
    return target


def _unreadable(value: str) -> str:
    value = value.strip()
    if value.startswith("@"):
        return f"pip cannot read {quoted(value)}: it begins a list for conda alone. Name a file for pip, or a conda file."
    return f"pip cannot read {quoted(value)}. Write NAME==VERSION, or NAME @ URL."


def _of_requirement(value: str) -> Target:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    try:
        requirement = Requirement(value)
    except (ValueError, RecursionError):
        named = _NAMED.match(value)  # a slip such as `name=1.0` is a mention nevertheless
        if not named:
            return Target(problem=_unreadable(value))
        return Target(
            name=canonicalize_name(named["name"]),
            extras=_split_extras(named["extras"]),
            problem=_of_conda(named) or _unreadable(value),
        )
    url = requirement.url or ""
    return Target(
        name=canonicalize_name(requirement.name),
        extras=_split_extras(value[value.find("[") : value.find("]") + 1])
        if requirement.extras
        else (),
        path=_local(url, ""),
        written=requirement.name,
        problem=url_problem(url) or _egg_problem(url),
    )


def _of_conda(named: re.Match[str]) -> str:
    """The sentence about `name=1.0`, `name=1.0=build` and `name 1.0`."""
    conda = _CONDA.fullmatch(named["rest"] or "")
    return (
        f"this is conda's form. Write {shown(named['name'])}=={shown(conda['version'])}."
        if conda
        else ""
    )


def _with_marker(target: Target, marker: str) -> Target:
    from packaging.markers import Marker

    marker = marker.strip()
    if not marker:
        return target
    try:
        Marker(marker)
    except (ValueError, RecursionError):
        problem = (
            f'pip cannot read the marker {quoted(marker)}. Write it as in python_version < "3.12".'
        )
        return replace(target, problem=target.problem or problem)
    return replace(target, marker=marker)


def _of_url(url: str) -> Target:
    from packaging.utils import canonicalize_name

    if problem := url_problem(url):
        return Target(problem=problem)
    path = _local(url, url)
    if problem := _egg_problem(url):
        return Target(path=path, problem=problem)
    if named := _egg(url):
        return Target(
            name=canonicalize_name(named["name"]), extras=_split_extras(named["extras"]), path=path
        )
    path, extras = _without_extras(path)
    return replace(_of_file(urlsplit(url).path), extras=extras, path=path)


def _egg(url: str) -> re.Match[str] | None:
    found = _EGG_IN_URL.search(url)
    return _EGG.match(unquote(found["egg"])) if found else None


def _egg_problem(url: str) -> str:
    wrong = _EGG_IN_URL.search(url) and not _egg(url)
    return (
        "pip cannot read what stands behind #egg=. Write the package's name there." if wrong else ""
    )


def _of_path(path: str) -> Target:
    path, extras = _without_extras(path)
    return replace(_of_file(path), extras=extras, path=path)


def _without_extras(path: str) -> tuple[str, tuple[str, ...]]:
    rest, bracket, names = path.rpartition("[")
    if not (rest and bracket and names.endswith("]")):
        return path, ()
    return rest.rstrip(), _split_extras(names)


def _local(url: str, otherwise: str) -> str:
    """The path that a `file:` URL means; of a URL without a scheme, itself; of any other nothing."""
    if _FILE.match(url):
        try:
            return unquote(urlsplit(url).path) or "."
        except ValueError:
            return ""
    return url if url and not URL.match(url) else ""


def _looks_like_a_path(value: str) -> bool:
    value = _without_extras(value.strip())[0]
    return (
        "/" in value or "\\" in value or value.startswith(".") or value.lower().endswith(_ARCHIVES)
    )


def _of_file(path: str) -> Target:
    """The canonical name in a distribution's file name, if it is one."""
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
    problem = (
        f"{quoted(file_name)} is no wheel's name: NAME-VERSION-PYTHON-ABI-PLATFORM.whl. Correct it."
    )
    return Target(name=name, problem=problem)


def _split_extras(bracketed: str | None) -> tuple[str, ...]:
    """Those that are names: they are copied into our line, where another text could say anything."""
    names = (name.strip() for name in (bracketed or "").strip("[]").split(","))
    return tuple(name for name in names if _EXTRA.fullmatch(name))
