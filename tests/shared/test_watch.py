"""`pytest --watch NAME`: the tests run again when the file is saved, and only then."""

import itertools

import pytest

from shared.watch import wait_for_change, watch, watched


def test_it_returns_when_the_files_have_come_to_rest(monkeypatch):
    naps = []
    monkeypatch.setattr("shared.watch.time.sleep", naps.append)
    looks = itertools.chain([{1: 1}, {1: 1}, {}, {1: 2}], itertools.repeat({1: 3}))
    assert wait_for_change(lambda: next(looks), {1: 1}) == {1: 3}
    assert len(naps) == 5  # twice unchanged, then {} (saved by renaming), 2, 3, and 3 again


def test_a_file_that_is_away_for_a_moment_is_passed_over(tmp_path):
    (tmp_path / "nn").mkdir()
    (tmp_path / "nn" / "conv.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "nn" / "pool.py").write_text("")
    assert [path.name for path in watched(tmp_path, "conv")] == ["pool.py"]


def test_an_unknown_name_is_one_sentence(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_conv.py").write_text("")
    with pytest.raises(pytest.UsageError, match="conv"):
        watch(tmp_path, "cnov")
