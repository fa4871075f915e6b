"""The mistakes that have a name: a local test says it of the wrong solution that makes one."""

from __future__ import annotations

import shutil
import sys

import pytest

from autograder.authoring.variants import read_variants
from autograder.course import Course
from shared import inprocess
from shared.athome import Local
from shared.local import forget_nn
from shared.release import find_release

MISTAKES = [
    ("backprop", "dw-transposed", "looks-transposed"),
    ("backprop", "bias-averaged", "looks-averaged"),
    ("backprop", "mse-gradient-not-averaged", "looks-summed"),
    ("standardize", "fit-divides-by-n", "looks-over-n"),
    ("backprop", "bias-unsummed", "looks-unsummed"),
    ("backprop", "gradients-negated", "looks-negated"),
    ("backprop", "upstream-ignored", "looks-upstream-ignored"),
    ("conv", "dx-upstream-ignored", "looks-upstream-ignored"),
    ("batchnorm", "no-mean-path", "looks-shifted-columns"),
    ("batchnorm", "dx-without-gamma", "looks-scaled-columns"),
    ("conv", "correlate-flipped", "looks-mask-flipped"),
    ("conv", "dx-mask-flipped", "looks-mask-flipped"),
    ("conv", "forward-mask-transposed", "looks-mask-transposed"),
    ("conv", "dx-overlap-assigned", "looks-overlap"),
    ("pool", "avg-dx-overlap-assigned", "looks-overlap"),
    ("batchnorm", "input-centred-in-place", "changed"),
    ("batchnorm", "float32-inside", "looks-float32"),
]


@pytest.mark.parametrize(("component", "name", "said"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_a_mistake_that_has_a_name_is_named(
    course: Course, tmp_path, monkeypatch, component, name, said
):
    found = course.component(component)
    [variant] = [v for v in read_variants(found).wrong if v.name == name]
    shutil.copytree(course.root / "solutions" / "nn", tmp_path / "nn")
    (tmp_path / "nn" / f"{component}.py").write_text(variant.source, encoding="utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    forget_nn()
    try:
        release = find_release(found.local_tests.parent)
        outcomes, _ = inprocess.run([found.local_tests], Local(release, tmp_path))
    finally:
        forget_nn()
    failed = [o for o in outcomes if o.verdict == "failed"]
    assert said in {m.id for o in failed for m in o.messages}
    guesses = {m.id for o in failed for m in o.messages if m.id.startswith("looks-")}
    assert guesses <= {variant.says, *variant.looks}
    compared = any(m.id in ("values", "gradient") for o in failed for m in o.messages)
    assert compared == any(o.picture is not None for o in failed)
