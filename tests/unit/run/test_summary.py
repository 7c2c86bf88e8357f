"""What the job summary says, for each way in which a run can end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from private_wheel.azure.workspace_id import parse_workspace
from private_wheel.azureml.connection import ConnectionPlan
from private_wheel.azureml.registration import RegistrationPlan
from private_wheel.environment.model import environment_of
from private_wheel.errors import ContentDiffers, Interrupted, PrivateWheelError
from private_wheel.inputs.config import Config
from private_wheel.inputs.reading import read_config
from private_wheel.inputs.table import OUTPUTS
from private_wheel.publish.route import Action, Plan, result_of
from private_wheel.run.outputs import outputs
from private_wheel.run.record import Record
from private_wheel.run.summary import summary
from private_wheel.wheels.wheel import Wheel, read_wheel
from tests.conftest import WheelMaker

ConnectionAction = Literal["create", "rotate"]
RegistrationAction = Literal["register", "identical"]
WORKSPACE = parse_workspace("11111111-2222-3333-4444-555555555555/ml/acme-ml")
FAILURE = ContentDiffers("It differs.", input="if-exists", fix="Increase the version.")
SAFE = "Fix the error and run again; completed steps are skipped."
INDEX = "https://pkgs.dev.azure.com/acme/_packaging/python/pypi/simple/"


@dataclass
class Run:
    """A run whose steps the tests carry out by hand."""

    record: Record
    wheel: Wheel

    def plan(self, action: Action = "publish", workspace: str = "") -> Plan:
        plan = Plan(
            wheel=self.wheel,
            action=action,
            reason="is new",
            sha256=self.wheel.sha256,
            workspace=workspace,
            requirement=self.wheel.requirement,
        )
        self.record.plans.append(plan)
        return plan

    def do(self, plan: Plan, url: str = "") -> None:
        self.record.begun.append(plan.title)
        self.record.add(result_of(plan, url=url, requirement=plan.requirement))

    def connection(self, action: ConnectionAction = "create") -> ConnectionPlan:
        plan = ConnectionPlan(workspace=WORKSPACE, name="acme", action=action, existing={})
        self.record.connection_plans.append(plan)
        return plan

    def registration(self, action: RegistrationAction = "register") -> RegistrationPlan:
        plan = RegistrationPlan(workspace=WORKSPACE, name="train", version="1", action=action)
        self.record.registration_plans.append(plan)
        return plan

    def summary(self, error: PrivateWheelError | None = None) -> str:
        return summary(self.record, error)

    def dry(self) -> None:
        assert self.record.config
        self.record.config = replace(self.record.config, dry_run=True)


@pytest.fixture
def config(checkout: Path) -> Config:
    (checkout / "pyproject.toml").touch()
    return read_config({"INPUT_FEED": "acme/python"}, checkout, secrets=[])


@pytest.fixture
def run(config: Config, tiny_wheel: WheelMaker) -> Run:
    return Run(record=Record(config=config), wheel=read_wheel(tiny_wheel()))


def test_a_published_package(run: Run) -> None:
    run.do(run.plan(), url="https://feed.example/acme_forecast.whl")
    assert run.summary() == (
        "### 📦 acme-forecast==1.2.3\n\n"
        "| Package | Version | Result | SHA-256 |\n|---|---|---|---|\n"
        "| [acme-forecast](<https://feed.example/acme_forecast.whl>) | 1.2.3 | published |"
        f" `{run.wheel.sha256}` |\n\n"
        f"- Index: `{INDEX}`\n"
    )


def test_the_container_of_the_blob_route(run: Run, checkout: Path) -> None:
    url = "https://acmepackages.blob.core.windows.net/wheels"
    inputs = {"INPUT_PUBLISHTO": "blob", "INPUT_CONTAINER": url}
    run.record.config = read_config(inputs, checkout, secrets=[])
    run.do(run.plan())
    assert run.summary().endswith(f"|\n\n- Container: `{url}`\n")


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        ("publish", "| published |"),
        ("replace", "| replaced |"),
        ("identical", "| already exists, identical |"),
        ("skip", "| already exists with other content, left unchanged |"),
        ("none", "| built |"),
    ],
)
def test_what_was_done_with_a_package(run: Run, action: Action, shown: str) -> None:
    run.do(run.plan(action))
    assert shown in run.summary()
    assert "| acme-forecast |" in run.summary()  # without a URL, no link


def test_one_package_in_several_workspaces_is_one_package(run: Run) -> None:
    for workspace in ("acme-ml", "acme-ml2"):
        run.do(run.plan(workspace=workspace))
    assert run.summary().startswith("### 📦 acme-forecast==1.2.3\n")
    assert "published (workspace acme-ml) |" in run.summary()
    assert "published (workspace acme-ml2) |" in run.summary()


def test_several_packages(run: Run, tiny_wheel: WheelMaker) -> None:
    run.do(run.plan())
    run.wheel = read_wheel(tiny_wheel("acme-core"))
    run.do(run.plan())
    assert run.summary().startswith("### 📦 2 packages\n")


def test_only_a_connection(run: Run) -> None:
    run.record.connections.append(run.connection("rotate"))
    assert run.summary().startswith("### 🔑 Workspace connection set\n")
    assert "SHA-256" not in run.summary()
    assert "- Connection `acme` in workspace `acme-ml`: rotated in place\n" in run.summary()


def test_results_are_listed_in_the_order_of_the_plans(run: Run, tiny_wheel: WheelMaker) -> None:
    first = run.plan()
    run.wheel = read_wheel(tiny_wheel("acme-core"))
    run.do(run.plan())
    run.do(first)
    assert run.summary().index("| acme-forecast |") < run.summary().index("| acme-core |")


@pytest.mark.parametrize(
    ("done", "dry", "shown"),
    [(True, False, "created"), (False, False, "not created"), (False, True, "would be created")],
)
def test_a_connection(run: Run, done: bool, dry: bool, shown: str) -> None:
    plan = run.connection()
    if done:
        run.record.connections.append(plan)
    if dry:
        run.dry()
    assert f"- Connection `acme` in workspace `acme-ml`: {shown}\n" in run.summary()


@pytest.mark.parametrize(
    ("action", "done", "dry", "shown"),
    [
        ("register", True, False, "registered"),
        ("register", False, False, "not registered"),
        ("register", False, True, "would be registered"),
        ("identical", False, False, "already exists, identical"),
        ("identical", False, True, "already exists, identical"),
    ],
)
def test_an_environment(
    run: Run, action: RegistrationAction, done: bool, dry: bool, shown: str
) -> None:
    plan = run.registration(action)
    if done:
        run.record.registrations.append(plan)
    if dry:
        run.dry()
    assert f"- Environment `train 1` in workspace `acme-ml`: {shown}\n" in run.summary()


class TestFailures:
    def test_before_anything_was_sent(self, run: Run) -> None:
        run.plan()
        text = run.summary(FAILURE)
        assert text.startswith("### ❌ PrivateWheel failed\n\n> PW501: if-exists: It differs. ")
        assert "errors.md#pw501" in text
        assert "Nothing was changed." in text
        assert "again" not in text.partition("errors.md")[2]

    def test_before_the_inputs_were_read(self) -> None:
        assert "Nothing was changed." in summary(Record(), FAILURE)

    def test_what_was_begun_may_be_completed(self, run: Run) -> None:
        plan = run.plan()
        run.record.begun.append(plan.title)
        text = run.summary(FAILURE).replace("\\", "")
        assert f"Possibly completed: {run.wheel.file_name}. {SAFE}" in text

    def test_what_is_done_is_in_neither_list(self, run: Run) -> None:
        run.do(run.plan())
        connection, registration = run.connection(), run.registration()
        run.record.begun.append(connection.title)
        run.record.connections.append(connection)
        text = run.summary(FAILURE)
        assert "Possibly completed" not in text
        assert f"Not completed: {registration.title}. {SAFE}" in text

    def test_what_is_registered_already_is_not_left(self, run: Run) -> None:
        run.do(run.plan())
        run.registration("identical")
        assert "ompleted:" not in run.summary(FAILURE)

    def test_a_cancelled_run(self, run: Run) -> None:
        run.record.begun.append(run.plan().title)
        text = run.summary(Interrupted("The run was cancelled."))
        assert "Run again; completed steps are skipped." in text
        assert "Fix the error" not in text


def test_a_dry_run(run: Run) -> None:
    run.dry()
    run.plan()
    run.record.add(result_of(run.record.plans[0], outcome="dry-run"))
    text = run.summary()
    assert text.startswith("### 🔍 Dry run: nothing was published or changed\n")
    assert "| dry run: nothing sent |" in text


@pytest.mark.parametrize("dry", [True, False])
def test_only_a_dry_run_shows_files_that_are_not_written(run: Run, dry: bool) -> None:
    if dry:
        run.dry()
    assert run.record.config
    config, plan = run.record.config, run.plan()
    results = [result_of(plan, requirement=plan.requirement)]
    run.record.environments.append(environment_of(config.environment, results, config.index_url))
    text = run.summary()
    shown = "<summary>environment acme-forecast 1.2.3: conda.yml</summary>\n\n```yaml\n"
    assert (shown in text) is dry
    assert ("acme-forecast==1.2.3\n" in text) is dry


def test_files_are_folded(run: Run, checkout: Path) -> None:
    (checkout / "wheelhouse").mkdir()
    (checkout / "wheelhouse" / "a.whl").touch()
    (checkout / "conda.yml").write_text("name: `x`\n")
    (checkout / "fenced.txt").write_text("````\n")
    run.record.files = {
        "": {
            "conda": Path("conda.yml"),
            "requirements": Path("fenced.txt"),
            "wheelhouse": Path("wheelhouse"),
        }
    }
    text = run.summary()
    assert "<summary>conda.yml</summary>\n\n```yaml\nname: `x`\n```\n\n</details>" in text
    assert "<summary>fenced.txt</summary>\n\n`````\n````\n`````\n\n</details>" in text
    assert "<summary>wheelhouse/</summary>\n\n```\na.whl\n```\n\n</details>" in text


def test_foreign_text_is_shown_character_by_character(run: Run) -> None:
    run.record.warnings += ["<script> | [x](y) `z` *a* _b_ ~c~ #d \\"]
    shown = "- &lt;script&gt; \\| \\[x\\](y) \\`z\\` \\*a\\* \\_b\\_ \\~c\\~ \\#d \\\\\n"
    assert f"**Warnings**\n\n{shown}" in run.summary()


def test_text_of_others_is_escaped_everywhere(
    run: Run, tiny_wheel: WheelMaker, checkout: Path
) -> None:
    (checkout / "a_b.yml").write_text("")
    run.record.files = {"": {"conda": Path("a_b.yml")}}
    run.record.checks.append("it *resolves*")
    run.wheel = read_wheel(tiny_wheel("acme_core"))
    run.do(run.plan(workspace="a|b"))
    text = run.summary()
    assert text.startswith("### 📦 acme\\_core==1.2.3\n")
    assert "| acme\\_core | 1.2.3 | published (workspace a\\|b) |" in text
    assert "- It \\*resolves\\*\n" in text
    assert "<summary>a\\_b.yml</summary>" in text
    assert "> PW501: \\*words\\*\n" in run.summary(ContentDiffers("*words*"))


def test_secrets_are_removed_before_escapes_hide_them(run: Run) -> None:
    secret = "a_token*of_the|run"
    error = ContentDiffers("words", said=f"{secret}\n{secret}")
    run.record.warnings.append(secret)
    text = summary(run.record, error, lambda text: text.replace(secret, "…"))
    assert text.count("…") == 3
    assert "token" not in text


class TestOutputs:
    def test_without_inputs_there_are_none(self) -> None:
        assert outputs(Record()) == {}

    def test_the_first_package(self, run: Run, tiny_wheel: WheelMaker) -> None:
        run.do(run.plan(), url="https://feed.example/a.whl")
        run.wheel = read_wheel(tiny_wheel("acme-core"))
        run.do(run.plan(), url="https://feed.example/b.whl")
        run.record.connections.append(run.connection())
        run.record.files = {"": {"conda": Path("azureml-environment/conda.yml")}}
        values = outputs(run.record)
        assert values["name"] == "acme-forecast"
        assert values["url"] == "https://feed.example/a.whl"
        assert values["index-url"] == INDEX
        assert values["result"] == "published"
        assert values["connection"] == "acme"
        assert values["environment-file"] == "azureml-environment/conda.yml"
        assert values["environment-dir"] == "azureml-environment"
        assert '"name": "acme-core"' in values["packages-json"]

    def test_a_run_without_a_package(self, run: Run) -> None:
        values = outputs(run.record)
        assert set(values) == {output.name for output in OUTPUTS}
        assert values.pop("packages-json") == "[]"
        assert set(values.values()) == {""}
