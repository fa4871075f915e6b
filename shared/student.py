"""The student's functions as a test sees them, wherever they run.

The wrapper is the same on a laptop, in a notebook and in front of the sandbox: it notices an
unfinished stub, a call that raises, a value of the wrong structure and a changed argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.calls import Backend, Failure, Foreign, Handle, Reply, Spec
from shared.compare import as_number, check_array
from shared.errors import CheckFailed, StudentError, Unfinished
from shared.messages import Message, message
from shared.outline import arrays_among, call_text, wrong_structure
from shared.signatures import Signature


@dataclass
class Notes:
    """What was seen during one test beside its verdict."""

    calls: list[str] = field(default_factory=list)  # "linear_forward(x: (3, 5), w: (5, 4))"
    changed: list[tuple[str, str]] = field(default_factory=list)  # (function, argument)
    warned: list[tuple[str, str]] = field(default_factory=list)  # (function, warning's class)
    flags: list[Message] = field(default_factory=list)  # "slow", "needs-look"

    def flag(self, note: Message) -> None:
        if note not in self.flags:
            self.flags.append(note)


class Student:
    """A component of a submission.

    ``student.NAME(...)`` calls the student's function NAME; ``student.generator(seed)`` gives a
    random generator that lives beside the student's code. A cache or a state comes back as an
    opaque `Handle`.

    Parameters
    ----------
    backend : Backend
        Where the code runs.
    signatures : mapping
        Function name to `Signature`, of the reference.
    file : str
        The student's file, as messages name it.
    notes : Notes, optional
        Shared with the metered twin.
    """

    def __init__(
        self,
        backend: Backend,
        signatures: Mapping[str, Signature],
        *,
        file: str,
        notes: Notes | None = None,
    ) -> None:
        self._backend = backend
        self._signatures = signatures
        self._file = file
        self.notes = notes if notes is not None else Notes()
        self._metered: Student | None = None

    def __getattr__(self, name: str) -> Function:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            signature = self._signatures[name]
        except KeyError:
            known = ", ".join(self._signatures)
            raise AttributeError(
                f"the reference has no function {name!r}; it has {known}"
            ) from None
        return Function(self, signature)

    def generator(self, seed: int) -> Handle:
        """A `numpy.random.Generator` beside the student's code; it advances from call to call."""
        return self._backend.generator(seed)

    def begin(self, notes: Notes) -> None:
        """Start a test: what is seen from here on goes into `notes`."""
        self.notes = notes
        if self._metered is not None:
            self._metered.notes = notes

    def metered(self) -> Student:
        """The same submission loaded apart, for counting its Python work."""
        if self._metered is None:
            self._metered = Student(
                self._backend.metered(), self._signatures, file=self._file, notes=self.notes
            )
        return self._metered

    def run(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any] | None = None,
        *,
        count: bool = False,
    ) -> tuple[Any, Reply]:
        """Call a function and give its checked value and the whole reply."""
        signature = self._signatures[name]
        kwargs = dict(kwargs or {})
        if not count:
            self.notes.calls.append(call_text(signature, args, kwargs))
        reply = self._backend.call(name, args, kwargs, signature.returns, count=count)
        if reply.failure is not None:
            self._raise(name, reply.failure)
        self.notes.changed += [
            (name, a if a in signature.parameters else arrays_among(signature, args, kwargs))
            for a in reply.changed
        ]
        self.notes.warned += [(name, w) for w in reply.warnings]
        return self._checked(reply.value, signature), reply

    def _raise(self, name: str, failure: Failure) -> None:
        if failure.kind == "unfinished":
            if failure.file and failure.file != self._file:
                raise Unfinished(message("unfinished-elsewhere", function=name, file=failure.file))
            raise Unfinished(message("unfinished", function=name, file=self._file))
        if failure.kind == "absent":
            raise CheckFailed(message("no-file", file=self._file))
        if failure.kind == "missing":
            raise CheckFailed(message("missing", function=name, file=self._file))
        if failure.kind == "unsupported":
            raise CheckFailed(message("unsupported", function=name, type=failure.type))
        raise StudentError(name, failure, *_failure_messages(name, failure, self._file))

    def _checked(self, value: Any, signature: Signature) -> Any:
        # A test may unpack and add what comes back: a wrong structure has to stop here, where it
        # has a sentence, and not as a TypeError in the test, which would look like our mistake.
        if not _fits(value, signature.returns):
            if value is None:
                raise CheckFailed(message("none", what=signature.name))
            raise CheckFailed(wrong_structure(signature, value))
        return _plain(value, signature.returns, signature.name)


class Function:
    """One function of the student's; calling it returns what the student's code returned."""

    def __init__(self, student: Student, signature: Signature) -> None:
        self._student = student
        self._signature = signature
        self.__name__ = signature.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._student.run(self._signature.name, args, kwargs)[0]

    def __getattr__(self, name: str) -> Function:
        """A method of a class: ``student.LeNet5.forward(net, x)``."""
        if name.startswith("_"):
            raise AttributeError(name)
        found: Function = getattr(self._student, f"{self._signature.name}.{name}")
        return found


def check_unchanged(student: Student) -> None:
    """Require that no call of this test changed an argument.

    Raises
    ------
    CheckFailed
    """
    if student.notes.changed:
        raise CheckFailed(
            *(
                message("changed", function=f, argument=a)
                for f, a in dict.fromkeys(student.notes.changed)
            )
        )


def check_silent(student: Student) -> None:
    """Require that no call of this test raised a warning.

    Raises
    ------
    CheckFailed
    """
    if student.notes.warned:
        raise CheckFailed(
            *(
                message("warned", function=f, warning=w)
                for f, w in dict.fromkeys(student.notes.warned)
            )
        )


def _failure_messages(name: str, failure: Failure, file: str) -> list[Message]:
    kind = failure.kind
    values: dict[str, Any] = {
        "function": name,
        "file": failure.file or file,
        "type": failure.type,
        "line": failure.line,
    }
    if kind in ("raised", "import"):
        messages = [message(kind if failure.line else f"{kind}-nowhere", **values)]
        if failure.message:
            messages.append(message("raised-text", type=failure.type, text=failure.message))
        return messages
    if kind != "refused" and failure.file and not failure.line:
        # It ended before any function was called.
        return [message("while-loading", **values)]
    return [message(kind, **values)]


def _fits(value: Any, spec: Spec) -> bool:
    if spec == "opaque":
        return isinstance(value, Handle)
    if spec in ("array", "scalar"):
        return True  # `_plain` has better words for a wrong one
    if isinstance(spec, str):
        return not isinstance(value, Foreign)
    kind, *parts = spec
    if kind == "tuple":
        return (
            isinstance(value, tuple)
            and len(value) == len(parts)
            and all(_fits(v, p) for v, p in zip(value, parts, strict=True))
        )
    if kind == "list":
        return isinstance(value, list) and all(_fits(v, parts[0]) for v in value)
    return isinstance(value, dict) and all(_fits(v, parts[0]) for v in value.values())


def _plain(value: Any, spec: Spec, what: str) -> Any:
    if spec == "scalar":
        return as_number(value, what)
    if spec == "array":
        return check_array(value, what=what, dtype=None, finite=False)
    if isinstance(spec, str):
        return value
    kind, *parts = spec
    if kind == "tuple":
        places = enumerate(zip(value, parts, strict=True))
        return tuple(_plain(v, p, _part(what, i)) for i, (v, p) in places)
    if kind == "list":
        return [_plain(v, parts[0], _part(what, i)) for i, v in enumerate(value)]
    return {k: _plain(v, parts[0], _part(what, "…")) for k, v in value.items()}


def _part(what: str, index: int | str) -> str:
    """How a message names a part of what a function returned: ``mse_loss(…)[0]``."""
    return f"{what}[{index}]" if what.endswith("]") else f"{what}(…)[{index}]"
