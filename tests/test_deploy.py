"""Deployment files: they name settings, options and versions that there are."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from bot.settings import SECRETS

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "docs" / "deploy"
FILES = ("miro-bot.service", "Containerfile", "kubernetes.yaml")
KNOWN = {*SECRETS, "MIRO_BOT_DATABASE", "MIRO_BOT_POLICY"}


def text(name: str) -> str:
    """What a file says, without comments."""
    lines = (DEPLOY / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


@pytest.mark.parametrize("name", FILES)
def test_it_sets_what_the_bot_reads(name: str) -> None:
    variables = re.findall(r"\b((?:MIRO|SLACK)_[A-Z_]+)", text(name))
    assert variables
    assert {variable.removesuffix("_FILE") for variable in variables} <= KNOWN


@pytest.mark.parametrize("name", FILES)
def test_it_gives_options_that_there_are(name: str) -> None:
    options = set(re.findall(r"(--(?:http|health|practice|grant))\b", text(name)))
    helps = [CliRunner().invoke(main, [*words, "--help"]).output for words in (["run"], ["db", "migrate"])]
    assert options
    assert all(any(option in page for page in helps) for option in options)


def test_the_manifests_run_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert set(re.findall(r"miro-bot:(\S+)", text("kubernetes.yaml"))) == {version}


def kinds() -> dict[str, str]:
    """Each object in kubernetes.yaml by its kind."""
    parts = text("kubernetes.yaml").split("\n---\n")
    return {part.partition("kind: ")[2].splitlines()[0]: part for part in parts}


@pytest.mark.regression
def test_the_owner_of_the_tables_is_known_to_the_job_alone() -> None:
    secrets = {kind: re.findall(r"secret: \{secretName: ([\w-]+)", part) for kind, part in kinds().items()}
    assert (secrets["Job"], secrets["Deployment"]) == (["miro-bot-owner"], ["miro-bot"])
    assert [kind for kind, part in kinds().items() if "owner" in part] == ["Job"]


@pytest.mark.regression
def test_each_version_has_a_job_of_its_own() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"{{name: miro-bot-migrate-{version.replace('.', '-')}}}" in kinds()["Job"]


@pytest.mark.parametrize("version", ["1.30", "1.31", "1.32", "1.33"])
def test_kubernetes_takes_every_object(version: str) -> None:
    schemas = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate isn't installed here")
    yaml = pytest.importorskip("yaml")
    checked = [
        schemas.validate(part, version, strict=True) for part in yaml.safe_load_all(text("kubernetes.yaml"))
    ]
    assert len(checked) == 6


def test_the_driver_is_pinned_as_in_the_tests() -> None:
    pinned = (ROOT / "tests" / "constraints.txt").read_text()
    lines = [line for line in text("postgres.txt").splitlines() if "==" in line]
    assert len(lines) == 3
    assert all(line in pinned for line in lines)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd isn't installed here")
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = tmp_path / "miro-bot.service"
    unit.write_text(text("miro-bot.service").replace("/opt/miro-bot/bin/miro-bot", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
