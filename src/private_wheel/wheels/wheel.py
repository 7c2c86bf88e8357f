"""A wheel file: its name, metadata and SHA-256. It is read in memory and never unpacked."""

from __future__ import annotations

import hashlib
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING

from private_wheel.errors import BrokenWheel

if TYPE_CHECKING:
    from packaging.tags import Tag

# METADATA contains the README. 8 MiB is far beyond any real one, and keeps zip bombs out of memory.
LARGEST_METADATA = 8 * 2**20
_FILE_NAME = re.compile(r"[A-Za-z0-9_.!+-]+\.whl")
_LEAVES = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")
# Folders whose content an installer puts next to the other modules (PEP 427).
_LIBRARY = re.compile(r"^[^/]+\.data/(purelib|platlib)/")
# Extension modules: with the interpreter's own tag, with that of the stable ABI, or with none.
_SUFFIX = r"\.(?:py|(?:[\w-]+\.)?(?:so|pyd))"
_MODULE = re.compile(rf"(?:(?P<package>\w+)/(?:[^.]+/)*[^/.]+{_SUFFIX}|(?P<module>\w+){_SUFFIX})$")
_METADATA = re.compile(r"[^/]*\.dist-info/METADATA", re.DOTALL)
_CORRUPT = (zlib.error, lzma.LZMAError)


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """One wheel.

    `name` is as the author wrote it, `sha256` in lower-case hexadecimal, and `requires_python` a
    specifier set or empty (PEP 345). `warnings` are about flaws that do not prevent publishing.
    `tags` are those of the file name (PEP 425), `modules` the top-level names to import.
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
        """The name of the file, without its directory."""
        return self.path.name

    @property
    def file(self) -> WheelFile:
        """The file itself."""
        return WheelFile(path=self.path, sha256=self.sha256)

    @property
    def canonical_name(self) -> str:
        """The name as indexes compare it (PEP 503)."""
        from packaging.utils import canonicalize_name

        return canonicalize_name(self.name)

    @property
    def requirement(self) -> str:
        """The requirement that installs this version."""
        return f"{self.name}=={self.version}"


def read_wheel(path: Path) -> Wheel:
    """Read and check a wheel as `twine check` does.

    Raises:
        BrokenWheel: It is not a wheel, or its metadata is malformed or disagrees with its file
            name (PEP 427).
    """
    from packaging.metadata import Metadata
    from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

    try:
        name, version, _, tags = parse_wheel_filename(path.name)
        if not _FILE_NAME.fullmatch(path.name):
            raise InvalidWheelFilename("it contains characters that PEP 427 does not allow")
    except InvalidWheelFilename as error:
        raise BrokenWheel(
            f"{path.name} is not a wheel's file name.", input="package", said=str(error)
        ) from None
    content, members = _read(path, f"{name}-{version}")
    try:
        # Strict reading happens in twine's own check below; this one gives the fields their types.
        metadata = Metadata.from_email(content, validate=False)
        named = (canonicalize_name(metadata.name), metadata.version)
        requires_python = str(metadata.requires_python or "")
    except Exception as error:
        raise _broken(path, str(error)) from None
    if named != (name, version):
        raise BrokenWheel(
            f"{path.name} contains the metadata of {metadata.name} {metadata.version}.",
            input="package",
            fix="Build it again: a wheel must not be renamed.",
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
    """A wheel on this machine, with its SHA-256 from before any foreign code could change it."""

    path: Path
    sha256: str


def digest_of(path: Path, algorithm: str = "sha256", length: int | None = None) -> str:
    """Return the digest of a file, or of its first `length` bytes, in lower-case hexadecimal."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    left = path.stat().st_size if length is None else length
    with path.open("rb") as file:
        while block := file.read(min(left, 2**20)):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def _read(path: Path, title: str) -> tuple[bytes, list[str]]:
    """Return the METADATA of a wheel and the names of its members.

    Raises:
        BrokenWheel: An installer would not find what it needs in this layout (PEP 427).
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        raise BrokenWheel(
            f"{path.name} is not a regular file.", input="package", fix="Specify the wheel itself."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            metadata = archive.getinfo(_metadata_name(path, names, title))
            if metadata.file_size > LARGEST_METADATA:
                raise _broken(path, f"METADATA of {metadata.file_size} bytes")
            return archive.read(metadata), names
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        *_CORRUPT,
    ) as error:
        raise _broken(path, str(error)) from None


def _metadata_name(path: Path, names: Sequence[str], title: str) -> str:
    """Return the name of the one METADATA among a wheel's members, whose layout is checked."""
    for name in names:
        if _LEAVES.search(name):
            raise _broken(path, f"member {name!r} leaves the directory")
    metadata = [name for name in names if _METADATA.fullmatch(name)]
    if len(metadata) != 1:
        raise _broken(path, f"{len(metadata)} METADATA files instead of one")
    folder = metadata[0].partition("/")[0]
    if _title(folder.removesuffix(".dist-info")) != _title(title):
        raise _broken(path, f"{folder} is not the directory of {title}")
    for name in ("WHEEL", "RECORD"):
        if f"{folder}/{name}" not in names:
            raise _broken(path, f"{folder}/{name} is missing")
    return metadata[0]


def _modules(members: Iterable[str]) -> tuple[str, ...]:
    """Return the top-level modules and packages among the names of a wheel's members."""
    modules = set()
    for member in members:
        match = _MODULE.match(_LIBRARY.sub("", member))
        if not match:
            continue
        name = match["package"] or match["module"]
        if name.isidentifier() and not iskeyword(name):
            modules.add(name)
    return tuple(sorted(modules))


def _title(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _check(path: Path) -> tuple[str, ...]:
    """Return the warning of `twine check` about a README that does not render, if there is one.

    Raises:
        BrokenWheel: `twine check` refuses the metadata.
    """
    import io

    from twine.exceptions import TwineException
    from twine.package import PackageFile

    try:
        description = PackageFile.from_filename(str(path), None).metadata_dictionary()
    except (TwineException, ValueError) as error:
        raise _broken(path, str(error)) from None
    content_type = description.get("description_content_type") or "text/x-rst"
    text = description.get("description") or ""
    if content_type.split(";")[0].strip() != "text/x-rst" or not text.strip():
        return ()
    from readme_renderer import rst

    output = io.StringIO()
    try:
        if rst.render(text, stream=output) is not None:
            return ()
    except Exception as error:  # docutils itself may fail on odd text
        output.write(f"{type(error).__name__}: {error}")
    reason = " ".join(output.getvalue().split())
    return (f"The README of {path.name} does not render: {reason}",)


def _broken(path: Path, said: str) -> BrokenWheel:
    return BrokenWheel(
        f"{path.name} is not a valid wheel.",
        input="package",
        fix="Nothing was sent. Fix the package's metadata and build it again.",
        said=said,
    )
