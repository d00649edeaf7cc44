"""What can go wrong, in the words of the domain. Nothing here knows gRPC; libs.rpc.status gives each its code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


class Stack8sError(Exception):
    """Base of all errors that a client may see. The message is one sentence for people; facts are for programs."""

    reason: str = "INTERNAL"
    """Stable, UPPER_SNAKE; sent as ErrorInfo.reason."""

    def __init__(self, message: str, /, *, retry_after_s: float | None = None, **facts: str) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s
        """Seconds after which trying again may help; None where it would not."""
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Violation:
    """One bad field of a request."""

    field: str
    """Path of the field, such as filter.gpu_count_min."""
    description: str
    """What was wrong and what would be right."""


class InvalidInputError(Stack8sError):
    """A request with bad fields; names every one of them."""

    reason = "INVALID_INPUT"

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(f"{v.field}: {v.description}" for v in self.violations))


@dataclass(slots=True)
class Violations:
    """Collects bad fields, so that a client hears of all of them at once."""

    found: list[Violation] = field(default_factory=list)

    def add(self, field: str, description: str) -> None:
        """Note a bad field."""
        self.found.append(Violation(field, description))

    def raise_if_any(self) -> None:
        """Raise InvalidInputError when a field was bad."""
        if self.found:
            raise InvalidInputError(self.found)


class NotFoundError(Stack8sError):
    """What was asked for does not exist."""

    reason = "NOT_FOUND"


class AlreadyExistsError(Stack8sError):
    """What was to be made exists."""

    reason = "ALREADY_EXISTS"


class FailedPreconditionError(Stack8sError):
    """The state does not allow it, and trying again does not help before the state is changed."""

    reason = "FAILED_PRECONDITION"


class ConflictError(Stack8sError):
    """Another piece of work is in the way; trying again later helps."""

    reason = "CONFLICT"


class PermissionDeniedError(Stack8sError):
    """The caller may not do it."""

    reason = "PERMISSION_DENIED"


class ResourceExhaustedError(Stack8sError):
    """A limit is reached."""

    reason = "RESOURCE_EXHAUSTED"


class UnavailableError(Stack8sError):
    """Something that is needed does not answer now; trying again helps."""

    reason = "UNAVAILABLE"


class DeadlineError(Stack8sError):
    """It was not done in time."""

    reason = "DEADLINE_EXCEEDED"


class NotBuiltError(Stack8sError):
    """The contract names it, and this version does not do it yet."""

    reason = "NOT_BUILT"


class RemoteError(Stack8sError):
    """Another service failed in a way that it does not explain."""

    reason = "REMOTE_FAILED"
