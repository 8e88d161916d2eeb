"""pip is run by the settings that say where packages come from, and by no others."""

import os
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from scripts.environment.pip import parse_settings, pip_environment

ROOT = Path(__file__).resolve().parents[2]
LISTING = """global.index-url='https://mirror.example/simple'
global.user='true'
global.timeout='60'
install.timeout='5'
download.timeout='9'
install.no-binary=':all:'
:env:.timeout='7'
:env:.proxy=''
:env:.target='/elsewhere'
:env:.extra-index-url='https://a.example\\nhttps://b.example'
"""


def test_kept_settings_and_their_precedence():
    everywhere = {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "https://a.example\nhttps://b.example",
    }
    assert parse_settings(LISTING, "install") == {**everywhere, "timeout": "7"}
    assert parse_settings(LISTING.replace(":env:.timeout", ":env:.other"), "download") == {**everywhere, "timeout": "9"}


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A user whose pip is set up in every way that changes what is installed and where; the wheels lie in a folder
    their settings name."""
    for version in ("1.0", "2.0"):
        with zipfile.ZipFile(tmp_path / f"demo-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr("demo.py", f"version = '{version}'\n")
            wheel.writestr(
                f"demo-{version}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n"
            )
            wheel.writestr(
                f"demo-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"demo-{version}.dist-info/RECORD", "")
    (tmp_path / "constraints.txt").write_text("demo==2.0\n")
    (tmp_path / "pip.conf").write_text(
        f"[global]\nuser = true\nno-index = true\nfind-links = {tmp_path}\nrequire-virtualenv = true\n[install]\nuser = true\nno-binary = :all:\n"
        f"root = {tmp_path}/root\n"
    )
    for name in [name for name in os.environ if name.startswith("PIP_")]:  # of the machine that tests
        monkeypatch.delenv(name)
    for name, value in {
        "PIP_CONFIG_FILE": f"{tmp_path}/pip.conf",
        "PIP_USER": "1",
        "PIP_TARGET": f"{tmp_path}/target",
        "PIP_PREFIX": f"{tmp_path}/prefix",
        "PIP_CONSTRAINT": f"{tmp_path}/constraints.txt",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_DRY_RUN": "1",
        "PYTHONPATH": str(tmp_path),
        "PIP_NO_BINARY": ":all:",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_an_environment_is_made_by_its_lock_alone(hostile):
    digest = sha256((hostile / "demo-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    (hostile / "tiny.lock").write_text(f"demo==1.0 --hash=sha256:{digest}\n")
    base = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "scripts.environment.install",
            "--lock",
            hostile / "tiny.lock",
            "--out",
            hostile / "venv",
            "--needs-mb",
            "1",
            "--log",
            hostile / "venv.log",
        ],
        cwd=ROOT,
        env=base,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = subprocess.run(
        [hostile / "venv/bin/python", "-I", "-c", "import demo; print(demo.version)"], capture_output=True, text=True
    ).stdout
    assert (
        said == "1.0\n"
        and not (hostile / "target").exists()
        and not (hostile / "prefix").exists()
        and not (hostile / "root").exists()
    )


def test_a_pip_that_cannot_read_its_settings_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "pip.conf").write_text("no section\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    with pytest.raises(SystemExit, match="pip cannot read its settings"):
        pip_environment(sys.executable)
