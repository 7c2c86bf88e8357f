"""A wheel file: what its name and metadata say, and its SHA-256. Read in memory, never unpacked."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from private_wheel.errors import BrokenWheel

# METADATA holds the README; 8 MiB is far beyond any real one, and keeps a zip bomb out of memory.
LARGEST_METADATA = 8 * 2**20


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """One wheel.

    `name` is as the author wrote it, `sha256` in lower-case hexadecimal, `tags` as in the file name (PEP 425),
    `requires_python` a specifier set or empty (PEP 345), `warnings` about what is not wrong enough to stop.
    """

    path: Path
    name: str
    version: str
    sha256: str
    requires_python: str
    tags: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        return self.path.name

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
    except InvalidWheelFilename as error:
        raise BrokenWheel(f"{path.name} is not a wheel's file name.", input="package", said=str(error)) from None
    content = _metadata(path)
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
        sha256=sha256_of(path),
        requires_python=requires_python,
        tags=tuple(sorted(str(tag) for tag in tags)),
        warnings=_check(path),
    )


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def _metadata(path: Path) -> bytes:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise BrokenWheel(f"{path.name} is not a regular file.", input="package", fix="Name the wheel itself.")
    try:
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if item.filename.endswith(".dist-info/METADATA")]
            members = [item for item in members if item.filename.count("/") == 1]
            unsafe = [name for name in archive.namelist() if name.startswith(("/", "\\")) or ".." in name.split("/")]
            if unsafe:
                raise _broken(path, f"member {unsafe[0]!r} leaves the directory")
            if len(members) != 1:
                raise _broken(path, f"{len(members)} METADATA files in place of one")
            if members[0].file_size > LARGEST_METADATA:
                raise _broken(path, f"METADATA of {members[0].file_size} bytes")
            return archive.read(members[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _broken(path, str(error)) from None


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
    if rst.render(text, stream=said) is not None:
        return ()
    return (f"The README of {path.name} does not render: {' '.join(said.getvalue().split())}",)


def _broken(path: Path, said: str) -> BrokenWheel:
    return BrokenWheel(
        f"{path.name} is not a valid wheel.",
        input="package",
        fix="Nothing was sent. Mend the package's metadata and build it again.",
        said=said,
    )
