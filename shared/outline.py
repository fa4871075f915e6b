"""How messages name a call, an argument and the structure of a value, without their content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.calls import Handle
from shared.compare import type_name
from shared.messages import Message, message
from shared.signatures import Signature


def wrong_structure(signature: Signature, value: Any) -> Message:
    """What a function returned in place of what its signature says."""
    about: dict[str, Any] = {"function": signature.name, "expected": signature.shown}
    if isinstance(value, tuple):
        return message("structure-tuple", count=len(value), **about)
    if isinstance(value, list):
        return message("structure-list", count=len(value), **about)
    if isinstance(value, np.ndarray):
        return message("structure-array", got=value.shape, **about)
    kind = "object" if isinstance(value, Handle) else type_name(value)
    return message("structure", type=kind, **about)


def call_text(signature: Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    names = signature.parameters
    positional = [
        _argument_text(names[i] if i < len(names) else "", value) for i, value in enumerate(args)
    ]
    named = [_argument_text(name, value) for name, value in kwargs.items()]
    return f"{signature.name}({', '.join([*positional, *named])})"


def arrays_among(signature: Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    # A student may have renamed a parameter or decorated the function, and what a worker says is
    # never shown as it comes: then the candidates are named.
    named = {**dict(zip(signature.parameters, args, strict=False)), **kwargs}
    return " / ".join(name for name, value in named.items() if _holds_array(value)) or "?"


def _holds_array(value: Any) -> bool:
    if isinstance(value, (tuple, list, dict)):
        return any(map(_holds_array, value.values() if isinstance(value, dict) else value))
    return isinstance(value, (np.ndarray, Handle))


def _argument_text(name: str, value: Any) -> str:
    if isinstance(value, np.ndarray):
        shown = str(value.shape) if value.ndim else f"{value.item():.6g}"
        return f"{name}: {shown}" if value.ndim else f"{name}={shown}"
    if isinstance(value, Handle):
        return name
    if isinstance(value, (tuple, list, dict)) and _holds_array(value):
        return f"{name}: {type(value).__name__}[{len(value)}]"
    text = f"{value:.6g}" if isinstance(value, (float, np.floating)) else repr(value)
    return f"{name}={text if len(text) <= 40 else text[:39] + '…'}"
