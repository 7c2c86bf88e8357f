"""A wheel file: what its name and metadata say, and its SHA-256. Read in memory, never unpacked."""

from __future__ import annotations

import hashlib
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING

from private_wheel.errors import BrokenWheel

if TYPE_CHECKING:
    from packaging.tags import Tag

# METADATA holds the README; 8 MiB is far beyond any real one, and keeps a zip bomb out of memory.
LARGEST_METADATA = 8 * 2**20
_FILE_NAME = re.compile(r"[A-Za-z0-9_.!+-]+\.whl")
_LEAVES = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")
# What an installer puts beside the other modules (PEP 427).
_LIBRARY = re.compile(r"^[^/]+\.data/(purelib|platlib)/")
# Extension modules: with the interpreter's own tag, with that of the stable ABI, or with none.
_SUFFIX = r"\.(?:py|(?:[\w-]+\.)?(?:so|pyd))"
_MODULE = re.compile(rf"(?:(?P<package>\w+)/(?:[^.]+/)*[^/.]+{_SUFFIX}|(?P<module>\w+){_SUFFIX})$")
_CORRUPT = (zlib.error, lzma.LZMAError)


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """One wheel.

    `name` is as the author wrote it, `sha256` in lower-case hexadecimal, `requires_python` a specifier set or empty
    (PEP 345), `warnings` about what is not wrong enough to stop; `tags` are those of the file name (PEP 425), `modules`
    the top-level names that can be imported from it.
    """

    path: Path
    name: str
    version: str
    sha256: str
    requires_python: str
    warnings: tuple[str, ...] = ()
    tags: frozenset[Tag] = frozenset()
    modules: tuple[str, ...] = ()
    source: Path | None = None
    """The directory that it was built from."""

    @property
    def file_name(self) -> str:
        return self.path.name

    @property
    def file(self) -> WheelFile:
        return WheelFile(path=self.path, sha256=self.sha256)

    @property
    def canonical_name(self) -> str:
        from packaging.utils import canonicalize_name

        return canonicalize_name(self.name)

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


def read_wheel(path: Path) -> Wheel:
    """Read and check a wheel as `twine check` does.

    Raises:
        BrokenWheel: it is no wheel, its metadata is broken, or disagrees with its file name (PEP 427).
    """
    from packaging.metadata import Metadata
    from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

    try:
        name, version, _, tags = parse_wheel_filename(path.name)
        if not _FILE_NAME.fullmatch(path.name):
            raise InvalidWheelFilename("it holds other letters than PEP 427 allows")
    except InvalidWheelFilename as error:
        raise BrokenWheel(
            f"{path.name} is not a wheel's file name.", input="package", said=str(error)
        ) from None
    content, members = _read(path, f"{name}-{version}")
    try:
        # Strict reading happens in twine's own check below; this one gives the fields their types.
        metadata = Metadata.from_email(content, validate=False)
        found = (canonicalize_name(metadata.name), metadata.version)
        requires_python = str(metadata.requires_python or "")
    except Exception as error:
        raise _broken(path, str(error)) from None
    if found != (name, version):
        raise BrokenWheel(
            f"{path.name} holds the metadata of {metadata.name} {metadata.version}.",
            input="package",
            fix="Build it again; a wheel must not be renamed.",
        )
    return Wheel(
        path=path,
        name=metadata.name,
        version=str(metadata.version),
        sha256=digest_of(path),
        requires_python=requires_python,
        warnings=_check(path),
        tags=tags,
        modules=_modules(members),
    )


@dataclass(frozen=True, kw_only=True)
class WheelFile:
    """A wheel on this machine, and its SHA-256 as it was when it was last trusted: foreign code may have run since."""

    path: Path
    sha256: str


def digest_of(path: Path, algorithm: str = "sha256", length: int | None = None) -> str:
    """Of the file, or of its first `length` bytes; in lower-case hexadecimal."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    left = path.stat().st_size if length is None else length
    with path.open("rb") as file:
        while block := file.read(min(left, 2**20)):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def _read(path: Path, title: str) -> tuple[bytes, list[str]]:
    """The METADATA of the wheel, in whose layout an installer will find what it needs (PEP 427), and its members."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise BrokenWheel(
            f"{path.name} is not a regular file.", input="package", fix="Name the wheel itself."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                item for item in archive.infolist() if item.filename.endswith(".dist-info/METADATA")
            ]
            members = [item for item in members if item.filename.count("/") == 1]
            names = archive.namelist()
            unsafe = [name for name in names if _LEAVES.search(name)]
            if unsafe:
                raise _broken(path, f"member {unsafe[0]!r} leaves the directory")
            if len(members) != 1:
                raise _broken(path, f"{len(members)} METADATA files in place of one")
            folder = members[0].filename.partition("/")[0]
            if _title(folder.removesuffix(".dist-info")) != _title(title):
                raise _broken(path, f"{folder} is not the directory of {title}")
            missing = [name for name in ("WHEEL", "RECORD") if f"{folder}/{name}" not in names]
            if missing:
                raise _broken(path, f"{folder}/{missing[0]} is missing")
            if members[0].file_size > LARGEST_METADATA:
                raise _broken(path, f"METADATA of {members[0].file_size} bytes")
            return archive.read(members[0]), names
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        *_CORRUPT,
    ) as error:
        raise _broken(path, str(error)) from None


def _modules(members: Iterable[str]) -> tuple[str, ...]:
    """The top-level modules and packages among the names of a wheel's members."""
    found = (_MODULE.match(_LIBRARY.sub("", member)) for member in members)
    names = {match["package"] or match["module"] for match in found if match}
    return tuple(sorted(name for name in names if name.isidentifier() and not iskeyword(name)))


def _title(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _check(path: Path) -> tuple[str, ...]:
    """What `twine check` says: broken metadata is an error, a README that does not render a warning."""
    import io

    from twine.exceptions import TwineException
    from twine.package import PackageFile

    try:
        description = PackageFile.from_filename(str(path), None).metadata_dictionary()
    except (TwineException, ValueError) as error:
        raise _broken(path, str(error)) from None
    kind = (description.get("description_content_type") or "text/x-rst").split(";")[0].strip()
    text = description.get("description") or ""
    if kind != "text/x-rst" or not text.strip():
        return ()
    from readme_renderer import rst

    said = io.StringIO()
    try:
        if rst.render(text, stream=said) is not None:
            return ()
    except Exception as error:  # docutils itself may fail on odd text
        said.write(f"{type(error).__name__}: {error}")
    return (f"The README of {path.name} does not render: {' '.join(said.getvalue().split())}",)


def _broken(path: Path, said: str) -> BrokenWheel:
    return BrokenWheel(
        f"{path.name} is not a valid wheel.",
        input="package",
        fix="Nothing was sent. Mend the package's metadata and build it again.",
        said=said,
    )
