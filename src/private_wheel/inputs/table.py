"""The one table of inputs and outputs: action.yml, task.json, the README and the command line come from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from private_wheel.environment.addition import DEFAULT_IMAGE
from private_wheel.publish.routes import ROUTES

DOCS = "https://github.com/private-wheel/private-wheel/blob/main/docs"
# An Azure variable that does not exist: its name arrives in place of a value.
UNRESOLVED = re.compile(r"^\$\(([^()$]+)\)$")


class Kind(Enum):
    """How a value is read: `LINES` is one item a line, `WORDS` are choices separated by blanks."""

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
    """One input under its kebab-case name.

    `default_text` tells a default that only the run can know.
    """

    name: str
    group: Group
    help: str
    kind: Kind = Kind.TEXT
    default: str = ""
    default_text: str = ""
    choices: tuple[str, ...] = ()
    visible_rule: str = ""
    hosts: tuple[str, ...] = ("github", "azure_pipelines", "terminal")

    @property
    def variable(self) -> str:
        return "INPUT_" + re.sub(r"[^A-Z0-9]", "", self.name.upper())

    @property
    def camel_case(self) -> str:
        return camel_case(self.name)


@dataclass(frozen=True, kw_only=True)
class Output:
    """One output under its kebab-case name."""

    name: str
    help: str

    @property
    def camel_case(self) -> str:
        return camel_case(self.name)


def camel_case(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)


def given(environ: Mapping[str, str], row: Input) -> str:
    """The value of an input as the host passed it, without surrounding blanks; empty means "not given"."""
    return environ.get(row.variable, "").strip()


_FEED = "publishTo = feed"
_CONNECTS = "connectionToken != ''"

INPUTS: tuple[Input, ...] = (
    Input(
        name="package",
        group=Group.PACKAGE,
        kind=Kind.LINES,
        default_text="`.`",
        help="What to publish, one per line: a directory to build, a `.whl` file, a directory of them, or a glob.",
    ),
    Input(
        name="publish-to",
        group=Group.PUBLISH,
        kind=Kind.CHOICE,
        default="feed",
        choices=tuple(ROUTES),
        help="Where the wheel goes: a package feed, a blob container, the Azure ML workspace itself, or nowhere. "
        "`none` builds, and with `feed` describes the environment; with `connection-token` and no `package` it only "
        "sets the connection.",
    ),
    Input(
        name="feed",
        group=Group.PUBLISH,
        help="`organisation/feed`, `organisation/project/feed`, or the URL of the feed's simple index or upload API "
        "(Azure Artifacts, Azure DevOps Server, or any other index's `…/simple/`). With another route: where the "
        "environment finds the package's own dependencies.",
    ),
    Input(
        name="feed-username",
        group=Group.PUBLISH,
        default="private-wheel",
        visible_rule=_FEED,
        help="User name beside `feed-token`, for indexes that look at it. Azure Artifacts takes any.",
    ),
    Input(
        name="feed-token",
        group=Group.PUBLISH,
        kind=Kind.SECRET,
        default_text="sign-in",
        visible_rule=_FEED,
        help="Credential that may **write** to the feed. Without it the signed-in identity's Microsoft Entra token is "
        "used (Azure's own feeds only).",
    ),
    Input(
        name="container",
        group=Group.PUBLISH,
        visible_rule="publishTo = blob",
        help="`https://ACCOUNT.blob.core.windows.net/CONTAINER`, with an optional prefix behind it. It must exist.",
    ),
    Input(
        name="if-exists",
        group=Group.PUBLISH,
        kind=Kind.CHOICE,
        default="verify",
        choices=("verify", "skip", "replace", "fail"),
        help="The same file is there already: `verify` succeeds if the content is identical and fails if not, `skip` "
        "accepts either, `replace` overwrites (never in a feed, which forgets nothing), `fail` fails.",
    ),
    Input(
        name="match-tag",
        group=Group.PACKAGE,
        kind=Kind.CHOICE,
        default="auto",
        choices=("auto", "always", "never"),
        help="The version must equal the tag (`v1.2.3`, `1.2.3`, `name-v1.2.3`, `name/1.2.3`): `auto` when a tag was "
        "pushed, `always`, or `never`.",
    ),
    Input(
        name="workspace",
        group=Group.WORKSPACE,
        kind=Kind.LINES,
        help="Azure ML workspaces, one per line: the ARM id, or `subscription/resource-group/name`.",
    ),
    Input(
        name="connection",
        group=Group.WORKSPACE,
        default_text="the one that serves the target already, else the organisation's name",
        visible_rule=_CONNECTS,
        help="Name of the workspace connection, which is set only when `connection-token` is given.",
    ),
    Input(
        name="connection-token",
        group=Group.WORKSPACE,
        kind=Kind.SECRET,
        help="Credential that may only **read** the feed. It is stored in the workspace for image builds.",
    ),
    Input(
        name="connection-username",
        group=Group.WORKSPACE,
        visible_rule=_CONNECTS,
        help="User name beside `connection-token`; the connection is then UsernamePassword in place of PAT.",
    ),
    Input(
        name="connection-target",
        group=Group.WORKSPACE,
        default_text="`https://pkgs.dev.azure.com/ORGANISATION`, for another index its scheme and host",
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
        help="A conda file, Azure ML environment YAML or requirements file of yours to extend: the package and its "
        "index are put in, and all else stays as it is. Without it the environment starts afresh.",
    ),
    Input(
        name="environment-name",
        group=Group.ENVIRONMENT,
        default_text="that of an environment YAML in `environment-base`, else the package's name",
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
        default_text=f"that of an environment YAML in `environment-base`, else `{DEFAULT_IMAGE}`",
        help="Base image of the environment.",
    ),
    Input(
        name="environment-formats",
        group=Group.ENVIRONMENT,
        kind=Kind.WORDS,
        default="conda azureml",
        choices=("conda", "azureml", "azureml-v1", "requirements", "wheelhouse"),
        help="Files to write: `conda` (`conda.yml`), `azureml` (`environment.yml` for `az ml environment create`), "
        "`azureml-v1` (directory for SDK v1), `requirements` (`requirements.txt`), `wheelhouse` (directory with the "
        "wheel, its private dependencies and a piece of a Dockerfile).",
    ),
    Input(
        name="environment-dir",
        group=Group.ENVIRONMENT,
        default="azureml-environment",
        help="Where the environment files are written, below the working directory.",
    ),
    Input(
        name="python-version",
        group=Group.ENVIRONMENT,
        default_text="that of `environment-base`, else the building interpreter's",
        help="Python of the environment, as `3.11`. It must suit the package's Requires-Python and the wheel's tags.",
    ),
    Input(
        name="index-mode",
        group=Group.ENVIRONMENT,
        kind=Kind.CHOICE,
        default="extra",
        choices=("extra", "only"),
        help="`extra` adds the feed beside the public index (`--extra-index-url`, as Microsoft's article does); `only` "
        "names the feed alone (`--index-url`, a feed with upstream sources), safe from dependency confusion.",
    ),
    Input(
        name="register-environment",
        group=Group.ENVIRONMENT,
        kind=Kind.BOOLEAN,
        default="false",
        choices=("true", "false"),
        help="Also create the environment version in each workspace. One that is there must have the same content.",
    ),
    Input(
        name="artifact-name",
        group=Group.ENVIRONMENT,
        default="azureml-environment",
        hosts=("github", "azure_pipelines"),
        help="Step artifact that carries the environment files. Empty: none.",
    ),
    Input(
        name="verify",
        group=Group.ADVANCED,
        kind=Kind.CHOICE,
        default="published",
        choices=("published", "resolve", "install", "none"),
        help="`published` reads back what was published, from a feed with the credential that the workspace will use; "
        "`resolve` also resolves the environment's pip part for its Python on Linux; `install` also installs that into "
        "an empty virtual environment and imports the package; `none`.",
    ),
    Input(
        name="check-public-name",
        group=Group.ADVANCED,
        kind=Kind.BOOLEAN,
        default="true",
        choices=("true", "false"),
        help="With `index-mode: extra`, warn when the public index, which is the one that pip uses on the machine, has "
        "a project of the same name. The question tells it the name.",
    ),
    Input(
        name="dry-run",
        group=Group.ADVANCED,
        kind=Kind.BOOLEAN,
        default="false",
        choices=("true", "false"),
        help="Do every check, send nothing.",
    ),
    Input(
        name="azure-client-id",
        group=Group.ADVANCED,
        hosts=("github", "terminal"),
        help="Client id of the identity to sign in as, with GitHub's OIDC token. Without it the ambient sign-in is "
        "used: environment, workload identity, or `az login`.",
    ),
    Input(
        name="azure-tenant-id",
        group=Group.ADVANCED,
        hosts=("github", "terminal"),
        help="Tenant of that identity.",
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
        help="`AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`, or an ARM metadata URL. The variable "
        "`ARM_CLOUD_METADATA_URL` is honoured as other Azure tools do.",
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
        name="requirement", help="The line for pip: `name==version`, or with the wheel's full URL."
    ),
    Output(
        name="result", help="`published`, `identical`, `skipped`, `replaced`, `dry-run` or `built`."
    ),
    Output(name="connection", help="Name of the workspace connection that was set."),
    Output(name="environment-file", help="Path of the conda file."),
    Output(name="environment-dir", help="Directory of the environment files."),
    Output(name="packages-json", help="The same facts for each package, as a JSON list."),
)
