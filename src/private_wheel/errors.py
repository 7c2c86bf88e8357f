"""Every way in which a run can fail: a class for each cause, with its stable code and exit status.

The codes are headings of docs/errors.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

INPUTS, BUILD, PERMISSION, CONFLICT, SERVICE = 2, 3, 4, 5, 6


class PrivateWheelError(Exception):
    """A failure that the user can act on.

    Attributes:
        code: The heading in docs/errors.md.
        exit_status: That of the program.
        what: A sentence about what is wrong.
        input: The name of the input that it is about, if there is one.
        fix: A sentence about how to fix it.
        said: The text of the server or the tool, shown after `label`.
        path: The user's file that it is about, where one is known.
        line: The line in that file; 0 if it is not known.
    """

    code: ClassVar[str]
    exit_status: ClassVar[int]
    label: ClassVar[str] = "Server response"

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
        subject = f"{self.input}: " if self.input else ""
        parts = [f"{self.code}: {subject}{self.what}"]
        if self.fix:
            parts.append(self.fix)
        if self.said:
            parts.append(f"{self.label}: {self.said}")
        return " ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that is wrong with one input, and where in the user's file, if it is known."""

    input: str
    what: str
    fix: str = ""
    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        text = f"{self.input}: {self.what}"
        return f"{text} {self.fix}" if self.fix else text


class InvalidInputs(PrivateWheelError):
    """All problems of the inputs, reported together."""

    code, exit_status = "PW101", INPUTS

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        what = str(problems[0]) if len(problems) == 1 else f"{len(problems)} inputs are invalid"
        in_files = [problem for problem in problems if problem.path]
        path, line = (in_files[0].path, in_files[0].line) if in_files else ("", 0)
        super().__init__(what, path=path, line=line)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return super().__str__()
        lines = [f"- {problem}" for problem in self.problems]
        return "\n".join([f"{self.code}: {self.what}", *lines])


class UnknownFeed(PrivateWheelError):
    """The feed does not exist, or the identity has no access to it."""

    code, exit_status = "PW110", INPUTS


class UnknownWorkspace(PrivateWheelError):
    """The workspace does not exist, or the identity has no access to it."""

    code, exit_status = "PW111", INPUTS


class UnknownCloud(PrivateWheelError):
    """The ARM metadata URL does not describe a cloud."""

    code, exit_status = "PW112", INPUTS


class MachineFailed(PrivateWheelError):
    """A file operation failed: a full disk, or a file without permission to read or write it."""

    code, exit_status = "PW114", INPUTS


class UnknownContainer(PrivateWheelError):
    """The storage account or the container does not exist."""

    code, exit_status = "PW115", INPUTS


class MissingPython(PrivateWheelError):
    """The environment's Python is not installed on this machine."""

    code, exit_status = "PW116", INPUTS


class NoProject(PrivateWheelError):
    """The directory is not a Python project."""

    code, exit_status = "PW301", BUILD


class BackendFailed(PrivateWheelError):
    """The build backend failed."""

    code, exit_status = "PW302", BUILD
    label = "Output"


class NoWheel(PrivateWheelError):
    """The build backend left no wheel."""

    code, exit_status = "PW303", BUILD


class SeveralWheels(PrivateWheelError):
    """There are several wheels where one is expected."""

    code, exit_status = "PW304", BUILD


class TagMismatch(PrivateWheelError):
    """The tag and the version of the package differ."""

    code, exit_status = "PW305", BUILD


class LocalVersion(PrivateWheelError):
    """The version has a local part, which the destination does not accept."""

    code, exit_status = "PW306", BUILD


class PythonNotSatisfied(PrivateWheelError):
    """The package does not support the Python of the environment."""

    code, exit_status = "PW307", BUILD


class BrokenWheel(PrivateWheelError):
    """The file is not a valid wheel."""

    code, exit_status = "PW308", BUILD
    label = "Cause"


class WheelRejected(PrivateWheelError):
    """The service does not accept the wheel."""

    code, exit_status = "PW309", BUILD


class WrongPlatform(PrivateWheelError):
    """The package has no wheel for the platform of Azure ML's images."""

    code, exit_status = "PW310", BUILD


class DoesNotResolve(PrivateWheelError):
    """The pip part of the environment does not resolve."""

    code, exit_status = "PW311", BUILD
    label = "Output"


class DoesNotInstall(PrivateWheelError):
    """The environment does not install, or the package cannot be imported in it."""

    code, exit_status = "PW312", BUILD
    label = "Output"


class SignInFailed(PrivateWheelError):
    """Microsoft Entra gave no token."""

    code, exit_status = "PW401", PERMISSION


class CredentialRefused(PrivateWheelError):
    """The service did not accept the credential."""

    code, exit_status = "PW402", PERMISSION


class PermissionMissing(PrivateWheelError):
    """The identity does not have a permission that the run needs."""

    code, exit_status = "PW403", PERMISSION


class FirewallRefused(PrivateWheelError):
    """A firewall of the service refused the request."""

    code, exit_status = "PW404", PERMISSION


class KeysForbidden(PrivateWheelError):
    """The workspace's storage account does not allow access with keys."""

    code, exit_status = "PW405", PERMISSION


class ContentDiffers(PrivateWheelError):
    """A file of the same name exists with other content."""

    code, exit_status = "PW501", CONFLICT


class FileExists(PrivateWheelError):
    """A file of the same name exists, and `if-exists` is `fail`."""

    code, exit_status = "PW502", CONFLICT


class VersionReserved(PrivateWheelError):
    """The feed keeps the version reserved, although it lists no file of it."""

    code, exit_status = "PW503", CONFLICT


class ConnectionConflict(PrivateWheelError):
    """The workspace connection conflicts with an existing one."""

    code, exit_status = "PW504", CONFLICT


class BlobProtected(PrivateWheelError):
    """A retention policy, a legal hold or a lease protects the existing blob."""

    code, exit_status = "PW505", CONFLICT


class EnvironmentConflict(PrivateWheelError):
    """The environment version is registered with other content."""

    code, exit_status = "PW506", CONFLICT


class ServiceUnreachable(PrivateWheelError):
    """No answer came from the service."""

    code, exit_status = "PW610", SERVICE
    label = "Cause"


class ServiceFailed(PrivateWheelError):
    """The service answered with an error of its own."""

    code, exit_status = "PW611", SERVICE


class NotPublished(PrivateWheelError):
    """The published file cannot be read back."""

    code, exit_status = "PW612", SERVICE


class Interrupted(PrivateWheelError):
    """The run was cancelled."""

    code, exit_status = "PW613", SERVICE


class Bug(PrivateWheelError):
    """An unexpected exception. Its text is shown; the traceback only in a debug run."""

    code, exit_status = "PW999", 1
