"""Torch is installed by its lock, without CUDA unless it must be, and only if there is room."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.environment import install_torch

ROOT = Path(__file__).resolve().parents[2]


def test_the_torch_lock_has_hashes_no_addresses_and_the_version_of_the_cpu_build():
    text = (ROOT / "requirements-torch.lock").read_text()
    locked = install_torch.parse_lock(text)
    assert (
        "://" not in text
        and {"torch", "piper-tts"} <= set(locked)
        and all("--hash=sha256:" in lines for lines in locked.values())
    )
    assert locked["torch"].split()[0] + "+cpu" == install_torch.CPU_BUILD.split()[0]
    base = install_torch.parse_lock((ROOT / "requirements.lock").read_text())
    assert all(lines.split()[0] == base[name].split()[0] for name, lines in locked.items() if name in base)


def test_cuda_is_installed_only_where_it_must_be(tmp_path, monkeypatch, capsys):
    (tmp_path / "lock").write_text(
        "# made\nsympy==1 \\\n    --hash=sha256:a\ntorch==2.13.0 \\\n    --hash=sha256:b\nnvidia-nccl==1 --hash=sha256:c\n"
    )
    for arguments, offered, installs in (
        (["--cuda"], True, ["sympy torch nvidia-nccl"]),
        ([], True, ["torch", "sympy"]),
        ([], False, ["torch", "sympy torch nvidia-nccl"]),
    ):
        asked = []
        monkeypatch.setattr(install_torch, "check_disk", lambda needs_mb: None)
        monkeypatch.setattr(
            install_torch,
            "install",
            lambda text: asked.append(" ".join(install_torch.parse_lock(text))) or offered or len(asked) > 1,
        )
        install_torch.main(["--lock", str(tmp_path / "lock"), *arguments])
        assert [set(names.split()) for names in asked] == [set(names.split()) for names in installs]
        assert ("CUDA" in capsys.readouterr().out) == (not offered)


@pytest.mark.parametrize("arguments, free_mb, asked", [([], 1_000, 0), (["--cuda"], 8_000, 0), ([], 8_000, 1)])
def test_too_little_room_for_torch_is_reported_before_the_download(tmp_path, monkeypatch, arguments, free_mb, asked):
    (tmp_path / "lock").write_text("torch==2.13.0 --hash=sha256:b\n")
    tried = []
    monkeypatch.setattr(install_torch, "install", lambda text: tried.append(text) and False)
    monkeypatch.setattr(install_torch.shutil, "disk_usage", lambda _: SimpleNamespace(free=free_mb * 10**6))
    with pytest.raises(SystemExit, match=rf"Torch takes about .* only {free_mb:,} MB are free .* leave libritts out"):
        install_torch.main(["--lock", str(tmp_path / "lock"), *arguments])
    assert len(tried) == asked, "the CPU build alone, where there is room for that"
