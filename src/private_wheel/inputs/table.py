"""The table of inputs and outputs.

action.yml, task.json, the tables of README and the options of the command line come from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from private_wheel.environment.addition import DEFAULT_IMAGE
from private_wheel.publish.routes import ROUTE_NAMES

DOCS = "https://github.com/private-wheel/private-wheel/blob/main/docs"
# An Azure variable that does not exist: its name is passed instead of a value.
UNRESOLVED = re.compile(r"^\$\(([^()$]+)\)$")


# The hosts on which an input may be offered, and how the documentation names them.
HOSTS = {
    "github": "on GitHub",
    "azure_pipelines": "on Azure Pipelines",
    "terminal": "in the terminal",
}


class Kind(Enum):
    """How a value is read: `LINES` has an item per line, `WORDS` has choices between blanks."""

    TEXT = "text"
    LINES = "lines"
    WORDS = "words"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    SECRET = "secret"  # noqa: S105  # a kind of input


class Group(Enum):
    """The headings under which Azure Pipelines' form shows the inputs."""

    PACKAGE = "Package"
    PUBLISH = "Publish"
    WORKSPACE = "Workspace"
    ENVIRONMENT = "Environment"
    ADVANCED = "Advanced"


@dataclass(frozen=True, kw_only=True)
class Input:
    """An input under its kebab-case name.

    `default_text` describes a default that is known only during a run.
    """

    name: str
    group: Group
    help: str
    kind: Kind = Kind.TEXT
    default: str = ""
    default_text: str = ""
    choices: tuple[str, ...] = ()
    visible_rule: str = ""
    hosts: tuple[str, ...] = tuple(HOSTS)

    @property
    def variable(self) -> str:
        """The variable in which every host passes the value."""
        return "INPUT_" + re.sub(r"[^A-Z0-9]", "", self.name.upper())

    @property
    def camel_case(self) -> str:
        """The name as Azure Pipelines spells it."""
        return camel_case(self.name)


@dataclass(frozen=True, kw_only=True)
class Output:
    """An output under its kebab-case name."""

    name: str
    help: str

    @property
    def camel_case(self) -> str:
        """The name as Azure Pipelines spells it."""
        return camel_case(self.name)


def camel_case(name: str) -> str:
    """Return a kebab-case name as Azure Pipelines spells it."""
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)


def given(environ: Mapping[str, str], row: Input) -> str:
    """Return the value that the host passed, without surrounding blanks; empty if not given."""
    return environ.get(row.variable, "").strip()


_FEED = "publishTo = feed"
_CONNECTS = "connectionToken != ''"

INPUTS: tuple[Input, ...] = (
    Input(
        name="package",
        group=Group.PACKAGE,
        kind=Kind.LINES,
        default_text="`.`",
        help="What to publish, one item per line: a directory to build, a `.whl` file, a "
        "directory of wheels, or a glob.",
    ),
    Input(
        name="publish-to",
        group=Group.PUBLISH,
        kind=Kind.CHOICE,
        default="feed",
        choices=ROUTE_NAMES,
        help="Where the wheel is published: a package feed, a blob container, or the Azure ML "
        "workspace itself. `none` publishes nothing: it builds the wheel and, with `feed`, writes "
        "the environment files. With `connection-token` and no `package` it only updates the "
        "connection.",
    ),
    Input(
        name="feed",
        group=Group.PUBLISH,
        help="`organisation/feed`, `organisation/project/feed`, or the URL of the feed's simple "
        "index or upload API (Azure Artifacts, Azure DevOps Server, or the `…/simple/` URL of any "
        "other index). With another route, the feed from which the environment installs the "
        "package's own dependencies.",
    ),
    Input(
        name="feed-username",
        group=Group.PUBLISH,
        default="private-wheel",
        visible_rule=_FEED,
        help="User name to send with `feed-token`. Azure Artifacts ignores it.",
    ),
    Input(
        name="feed-token",
        group=Group.PUBLISH,
        kind=Kind.SECRET,
        default_text="sign-in",
        visible_rule=_FEED,
        help="Credential with **write** access to the feed. Without it, the Microsoft Entra token "
        "of the signed-in identity is used (Azure Artifacts only).",
    ),
    Input(
        name="container",
        group=Group.PUBLISH,
        visible_rule="publishTo = blob",
        help="`https://ACCOUNT.blob.core.windows.net/CONTAINER`, optionally followed by a prefix. "
        "The container must exist.",
    ),
    Input(
        name="if-exists",
        group=Group.PUBLISH,
        kind=Kind.CHOICE,
        default="verify",
        choices=("verify", "skip", "replace", "fail"),
        help="What to do if the file already exists: `verify` succeeds if the content is "
        "identical and fails if not, `skip` accepts either, `replace` overwrites it (never in a "
        "feed, which does not allow it), `fail` always fails.",
    ),
    Input(
        name="match-tag",
        group=Group.PACKAGE,
        kind=Kind.CHOICE,
        default="auto",
        choices=("auto", "always", "never"),
        help="Whether the version must equal the tag (`v1.2.3`, `1.2.3`, `name-v1.2.3`, "
        "`name/1.2.3`): `auto` when a tag was pushed, `always`, or `never`.",
    ),
    Input(
        name="workspace",
        group=Group.WORKSPACE,
        kind=Kind.LINES,
        help="Azure ML workspaces, one per line: the ARM ID, or "
        "`subscription/resource-group/name`.",
    ),
    Input(
        name="connection",
        group=Group.WORKSPACE,
        default_text="the existing one for the target, else the organisation's name",
        visible_rule=_CONNECTS,
        help="Name of the workspace connection, which is set only if `connection-token` is given.",
    ),
    Input(
        name="connection-token",
        group=Group.WORKSPACE,
        kind=Kind.SECRET,
        help="Credential with **read** access to the feed only. It is stored in the workspace for "
        "image builds.",
    ),
    Input(
        name="connection-username",
        group=Group.WORKSPACE,
        visible_rule=_CONNECTS,
        help="User name to send with `connection-token`. The connection then has the type "
        "UsernamePassword instead of PAT.",
    ),
    Input(
        name="connection-target",
        group=Group.WORKSPACE,
        default_text="`https://pkgs.dev.azure.com/ORGANISATION`; for another index, its scheme and "
        "host",
        visible_rule=_CONNECTS,
        help="The base URL that the connection serves.",
    ),
    Input(
        name="connection-category",
        group=Group.WORKSPACE,
        kind=Kind.CHOICE,
        default="PythonFeed",
        choices=("PythonFeed", "Git"),
        visible_rule=_CONNECTS,
        help="`PythonFeed`, or `Git` for a private Git repository.",
    ),
    Input(
        name="environment-base",
        group=Group.ENVIRONMENT,
        help="Your conda file, Azure ML environment YAML or requirements file to extend: the "
        "package and its index are added, and everything else stays unchanged. Without it, a new "
        "environment is written.",
    ),
    Input(
        name="environment-name",
        group=Group.ENVIRONMENT,
        default_text="the name in an environment YAML in `environment-base`, else the package's "
        "name",
        help="Name of the Azure ML environment.",
    ),
    Input(
        name="environment-version",
        group=Group.ENVIRONMENT,
        default_text="the package's version",
        help="Version of the Azure ML environment.",
    ),
    Input(
        name="environment-image",
        group=Group.ENVIRONMENT,
        default_text="the image in an environment YAML in `environment-base`, else "
        f"`{DEFAULT_IMAGE}`",
        help="Base image of the environment.",
    ),
    Input(
        name="environment-formats",
        group=Group.ENVIRONMENT,
        kind=Kind.WORDS,
        default="conda azureml",
        choices=("conda", "azureml", "azureml-v1", "requirements", "wheelhouse"),
        help="Files to write: `conda` (`conda.yml`), `azureml` (`environment.yml` for `az ml "
        "environment create`), `azureml-v1` (directory for SDK v1), `requirements` "
        "(`requirements.txt`), `wheelhouse` (directory with the wheel, its private dependencies "
        "and a Dockerfile fragment).",
    ),
    Input(
        name="environment-dir",
        group=Group.ENVIRONMENT,
        default="azureml-environment",
        help="Directory for the environment files, below the working directory.",
    ),
    Input(
        name="python-version",
        group=Group.ENVIRONMENT,
        default_text="the version in `environment-base`, else that of the building interpreter",
        help="Python version of the environment, such as `3.11`. The package's Requires-Python "
        "and the wheel's tags must allow it.",
    ),
    Input(
        name="index-mode",
        group=Group.ENVIRONMENT,
        kind=Kind.CHOICE,
        default="extra",
        choices=("extra", "only"),
        help="`extra` uses the feed in addition to the public index (`--extra-index-url`, as in "
        "Microsoft's article); `only` uses the feed alone (`--index-url`, a feed with upstream "
        "sources), which prevents dependency confusion.",
    ),
    Input(
        name="register-environment",
        group=Group.ENVIRONMENT,
        kind=Kind.BOOLEAN,
        default="false",
        choices=("true", "false"),
        help="Also create the environment version in each workspace. An existing version must "
        "have the same content.",
    ),
    Input(
        name="artifact-name",
        group=Group.ENVIRONMENT,
        default="azureml-environment",
        hosts=("github", "azure_pipelines"),
        help="Name of the artifact with the environment files. If empty, none is uploaded.",
    ),
    Input(
        name="verify",
        group=Group.ADVANCED,
        kind=Kind.CHOICE,
        default="published",
        choices=("published", "resolve", "install", "none"),
        help="`published` reads back what was published, from a feed with the credential that the "
        "workspace will use; `resolve` also resolves the environment's pip part for its Python on "
        "Linux; `install` also installs it into an empty virtual environment and imports the "
        "package; `none` verifies nothing.",
    ),
    Input(
        name="check-public-name",
        group=Group.ADVANCED,
        kind=Kind.BOOLEAN,
        default="true",
        choices=("true", "false"),
        help="With `index-mode: extra`, warn if the public index, which is the one that pip is "
        "configured to use, has a project of the same name. This sends the package name to that "
        "index.",
    ),
    Input(
        name="dry-run",
        group=Group.ADVANCED,
        kind=Kind.BOOLEAN,
        default="false",
        choices=("true", "false"),
        help="Run all checks without publishing or changing anything.",
    ),
    Input(
        name="azure-client-id",
        group=Group.ADVANCED,
        hosts=("github", "terminal"),
        help="Client ID of the identity to sign in as, with GitHub's OIDC token. Without it, the "
        "ambient sign-in is used: environment, workload identity, or `az login`.",
    ),
    Input(
        name="azure-tenant-id",
        group=Group.ADVANCED,
        hosts=("github", "terminal"),
        help="Tenant ID of that identity.",
    ),
    Input(
        name="azure-subscription",
        group=Group.ADVANCED,
        hosts=("azure_pipelines",),
        help="Azure Resource Manager service connection to sign in with.",
    ),
    Input(
        name="cloud",
        group=Group.ADVANCED,
        default="AzureCloud",
        help="`AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`, or an ARM metadata URL. The "
        "variable `ARM_CLOUD_METADATA_URL` works as in other Azure tools.",
    ),
)

OUTPUTS: tuple[Output, ...] = (
    Output(name="name", help="Name of the package."),
    Output(name="version", help="Version of the package."),
    Output(name="wheel", help="File name of the wheel."),
    Output(name="sha256", help="SHA-256 of the wheel, in hexadecimal."),
    Output(name="url", help="URL of the published file, without a credential."),
    Output(name="index-url", help="URL of the simple index, without a credential."),
    Output(
        name="requirement",
        help="The line for pip: `name==version`, or one with the wheel's full URL.",
    ),
    Output(
        name="result", help="`published`, `identical`, `skipped`, `replaced`, `dry-run` or `built`."
    ),
    Output(name="connection", help="Name of the workspace connection, if it was set."),
    Output(name="environment-file", help="Path of the conda file."),
    Output(name="environment-dir", help="Directory of the environment files."),
    Output(name="packages-json", help="The same values for each package, as a JSON list."),
)
