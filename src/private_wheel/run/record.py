"""What a run has planned and done so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from private_wheel.azureml.connection import ConnectionPlan
    from private_wheel.azureml.registration import RegistrationPlan
    from private_wheel.environment.model import Environment
    from private_wheel.inputs.config import Config
    from private_wheel.publish.route import Plan, Result


@dataclass(kw_only=True)
class Record:
    """What a run has planned and done, filled step by step so that it survives a failure.

    Attributes:
        config: None until the inputs are read.
        plans: One for each wheel and place.
        connection_plans: One for each workspace whose connection is set.
        registration_plans: One for each workspace that gets the environment.
        begun: Titles of the plans whose request was sent; its answer may have been lost.
        results: What was done with the wheels, by their titles.
        connections: The plans that were carried out.
        registrations: The plans that were carried out.
        environments: As planned.
        checks: What was proven about the environments, in sentences.
        files: The environment files by their format, for each workspace with its own.
        warnings: In the order in which they were shown.
    """

    config: Config | None = None
    plans: list[Plan] = field(default_factory=list)
    connection_plans: list[ConnectionPlan] = field(default_factory=list)
    registration_plans: list[RegistrationPlan] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    results: dict[str, Result] = field(default_factory=dict)
    connections: list[ConnectionPlan] = field(default_factory=list)
    registrations: list[RegistrationPlan] = field(default_factory=list)
    environments: list[Environment] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    files: dict[str, dict[str, Path]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_dry_run(self) -> bool:
        """Whether the run must not change anything."""
        return self.config is not None and self.config.dry_run

    @property
    def listed(self) -> list[Result]:
        """The results so far, in the order of the plans; some were carried out side by side."""
        return [self.results[plan.title] for plan in self.plans if plan.title in self.results]

    @property
    def unanswered(self) -> list[str]:
        """The titles of the plans that were begun and may or may not be done."""
        done = self._done
        return [title for title in self._changes if title in self.begun and title not in done]

    @property
    def not_begun(self) -> list[str]:
        """The titles of the plans for which nothing was sent."""
        return [title for title in self._changes if title not in self.begun]

    def add(self, result: Result) -> None:
        """Note a result, which replaces an earlier one of the same wheel and place."""
        self.results[result.title] = result

    def environment_file(self, workspace: str) -> str:
        """Return the path of the conda file of a workspace; empty if none was written."""
        return str(self.files.get(workspace, {}).get("conda", ""))

    @property
    def _changes(self) -> list[str]:
        titles = [plan.title for plan in self.plans]
        titles += [plan.title for plan in self.connection_plans]
        titles += [plan.title for plan in self.registration_plans if plan.action == "register"]
        return titles

    @property
    def _done(self) -> set[str]:
        done = {*self.results}
        done.update(plan.title for plan in self.connections)
        done.update(plan.title for plan in self.registrations)
        return done
