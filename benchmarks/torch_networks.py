"""The two networks in torch, on parameters with the reference's names and shapes."""

from __future__ import annotations

from typing import Any


def _linear(p: dict[str, Any], name: str, x: Any) -> Any:
    return x @ p[f"{name}.weight"] + p[f"{name}.bias"]


def lenet(torch: Any, p: dict[str, Any], x: Any) -> Any:
    """The logits of LeNet-5."""
    f = torch.nn.functional
    for name, padding in (("conv1", 2), ("conv2", 0)):
        x = f.conv2d(x, p[f"{name}.weight"], p[f"{name}.bias"], padding=padding)
        x = f.max_pool2d(torch.relu(x), 2)
    x = x.flatten(1)
    for name in ("fc1", "fc2"):
        x = torch.relu(_linear(p, name, x))
    return _linear(p, "fc3", x)


def alexnet(torch: Any, p: dict[str, Any], x: Any) -> Any:
    """The logits of AlexNet as of 2012, without dropout."""
    f = torch.nn.functional
    for name, stride, padding, groups, norm, pool in (
        ("conv1", 4, 0, 1, True, True),
        ("conv2", 1, 2, 2, True, True),
        ("conv3", 1, 1, 1, False, False),
        ("conv4", 1, 1, 2, False, False),
        ("conv5", 1, 1, 2, False, True),
    ):
        x = f.conv2d(x, p[f"{name}.weight"], p[f"{name}.bias"], stride, padding, 1, groups)
        x = torch.relu(x)
        if norm:  # torch takes the mean of the 5 squares where the paper takes their sum
            x = f.local_response_norm(x, 5, 5 * 1e-4, 0.75, 2.0)
        if pool:
            x = f.max_pool2d(x, 3, 2)
    x = x.flatten(1)
    for name in ("fc6", "fc7"):
        x = torch.relu(_linear(p, name, x))
    return _linear(p, "fc8", x)
