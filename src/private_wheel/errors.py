"""Every way in which a run can fail: one class a cause, each with its stable code and exit status.

The codes are headings of docs/errors.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

INPUTS, BUILD, PERMISSION, CONFLICT, SERVICE = 2, 3, 4, 5, 6


class PrivateWheelError(Exception):
    """A failure that the user can act on.

    `what` is wrong, in the input named `input`; `fix` says how to mend it; `said` is the server's or tool's own word.
    `path` and `line` are the place in a file of the user's, where one is known.
    """

    code: ClassVar[str]
    exit_status: ClassVar[int]

    def __init__(
        self,
        what: str,
        *,
        input: str = "",
        fix: str = "",
        said: str = "",
        path: str = "",
        line: int = 0,
    ) -> None:
        self.what, self.input, self.fix, self.said = what, input, fix, said
        self.path, self.line = path, line
        super().__init__(what)

    def __str__(self) -> str:
        where = f"{self.input}: " if self.input else ""
        parts = [
            f"{self.code}: {where}{self.what}",
            self.fix,
            f"It said: {self.said}" if self.said else "",
        ]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with one input; `path` and `line` where it stands in a file of the user's."""

    input: str
    what: str
    fix: str = ""
    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.input}: {self.what}{' ' + self.fix if self.fix else ''}"


class InvalidInputs(PrivateWheelError):
    """All problems of the inputs, told in one go."""

    code, exit_status = "PW101", INPUTS

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        what = str(problems[0]) if len(problems) == 1 else f"{len(problems)} inputs are wrong"
        place = next((problem for problem in problems if problem.path), Problem(input="", what=""))
        super().__init__(what, path=place.path, line=place.line)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return super().__str__()
        return "\n".join(
            [f"{self.code}: {self.what}", *(f"- {problem}" for problem in self.problems)]
        )


class UnknownFeed(PrivateWheelError):
    code, exit_status = "PW110", INPUTS


class UnknownWorkspace(PrivateWheelError):
    code, exit_status = "PW111", INPUTS


class UnknownCloud(PrivateWheelError):
    code, exit_status = "PW112", INPUTS


class MachineFailed(PrivateWheelError):
    """The file system said no: a full disk, a directory that may not be written, an unreadable file."""

    code, exit_status = "PW114", INPUTS


class UnknownContainer(PrivateWheelError):
    code, exit_status = "PW115", INPUTS


class MissingPython(PrivateWheelError):
    """The environment's Python is not on this machine."""

    code, exit_status = "PW116", INPUTS


class NoProject(PrivateWheelError):
    code, exit_status = "PW301", BUILD


class BackendFailed(PrivateWheelError):
    code, exit_status = "PW302", BUILD


class NoWheel(PrivateWheelError):
    code, exit_status = "PW303", BUILD


class SeveralWheels(PrivateWheelError):
    code, exit_status = "PW304", BUILD


class TagMismatch(PrivateWheelError):
    code, exit_status = "PW305", BUILD


class LocalVersion(PrivateWheelError):
    code, exit_status = "PW306", BUILD


class PythonNotSatisfied(PrivateWheelError):
    code, exit_status = "PW307", BUILD


class BrokenWheel(PrivateWheelError):
    code, exit_status = "PW308", BUILD


class WheelRejected(PrivateWheelError):
    code, exit_status = "PW309", BUILD


class WrongPlatform(PrivateWheelError):
    """None of the package's wheels is for Azure ML's images."""

    code, exit_status = "PW310", BUILD


class DoesNotResolve(PrivateWheelError):
    code, exit_status = "PW311", BUILD


class DoesNotInstall(PrivateWheelError):
    code, exit_status = "PW312", BUILD


class SignInFailed(PrivateWheelError):
    code, exit_status = "PW401", PERMISSION


class CredentialRefused(PrivateWheelError):
    code, exit_status = "PW402", PERMISSION


class PermissionMissing(PrivateWheelError):
    code, exit_status = "PW403", PERMISSION


class FirewallRefused(PrivateWheelError):
    code, exit_status = "PW404", PERMISSION


class KeysForbidden(PrivateWheelError):
    code, exit_status = "PW405", PERMISSION


class ContentDiffers(PrivateWheelError):
    code, exit_status = "PW501", CONFLICT


class FileExists(PrivateWheelError):
    code, exit_status = "PW502", CONFLICT


class VersionReserved(PrivateWheelError):
    code, exit_status = "PW503", CONFLICT


class ConnectionConflict(PrivateWheelError):
    code, exit_status = "PW504", CONFLICT


class BlobProtected(PrivateWheelError):
    """It may not be overwritten: a retention policy, a legal hold or a lease is on it."""

    code, exit_status = "PW505", CONFLICT


class EnvironmentConflict(PrivateWheelError):
    """An environment of this name and version is registered, with other content."""

    code, exit_status = "PW506", CONFLICT


class ServiceUnreachable(PrivateWheelError):
    code, exit_status = "PW610", SERVICE


class ServiceFailed(PrivateWheelError):
    code, exit_status = "PW611", SERVICE


class NotPublished(PrivateWheelError):
    code, exit_status = "PW612", SERVICE


class Interrupted(PrivateWheelError):
    code, exit_status = "PW613", SERVICE


class Bug(PrivateWheelError):
    """An exception that nobody foresaw. Its text is shown without a traceback; debug shows that too."""

    code, exit_status = "PW999", 1
