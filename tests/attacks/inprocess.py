"""What the sandbox is there to replace: the student's code imported into the grader's process."""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.sandbox import Limits, Submission
from shared.calls import Failure, Handle, Reply, Spec
from shared.local import LocalBackend
from tests.attacks.bubble import is_inside


class Imported:
    """A component in this very process; a `shared.calls.Backend`."""

    def __init__(self, submission: Submission, component: str) -> None:
        self._submission = submission
        self._component = component
        self._backend: LocalBackend | None = None

    def call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        returns: Spec,
        *,
        count: bool = False,
    ) -> Reply:
        """Call a function; its first call imports the module."""
        if self._backend is None:
            try:
                self._backend = self._import()
            except Exception as error:
                return Reply(failure=Failure("import", type(error).__name__, message=str(error)))
        return self._backend.call(name, args, kwargs, returns, count=count)

    def generator(self, seed: int) -> Handle:
        """A generator in this process."""
        if self._backend is None:
            self._backend = self._import()
        return self._backend.generator(seed)

    def metered(self) -> Imported:
        """The same again."""
        return Imported(self._submission, self._component)

    def drop(self, key: int) -> None:
        """Forget a handle."""

    def close(self) -> None:
        """Nothing: there is no process to end."""

    def _import(self) -> LocalBackend:
        path = f"nn/{self._component}.py"
        module = types.ModuleType(f"nn.{self._component}")
        module.__file__ = f"/{path}"
        sys.modules[f"handed_in_{self._component}"] = module
        exec(compile(self._submission.files[path], f"/{path}", "exec"), module.__dict__)
        return LocalBackend(self._component, Path("/"), module=module)


class InProcess:
    """Stands where a `Sandbox` stands. In a bubble only: it protects nothing."""

    level = "in-process"

    def __init__(self, limits: Limits | None = None, **options: object) -> None:
        if not is_inside():
            raise RuntimeError("an in-process import of attacks runs inside a bubble only")

    def worker(
        self, submission: Submission, *, component: str, limits: Limits | None = None
    ) -> Imported:
        """Make a backend."""
        return Imported(submission, component)

    def close(self) -> None:
        """Nothing is open."""
