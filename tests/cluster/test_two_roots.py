"""Workers in two root file systems, as in two containers, that have nothing in common but DATA_DIR."""

import os
import subprocess
import sys

import pytest
import work_for_workers as work
from conftest import ROOT, until
from test_contract import results

from scripts.core.parallel import parallel

# $1 the root, $2 DATA_DIR; then the command. The system's folders read-only, a /tmp and a /dev/shm of its own.
ENTER = """set -e
root=$1 data=$2; shift 2
mount --make-rprivate /
mount -t tmpfs root "$root"
for folder in /bin /sbin /lib /lib64 /usr /etc /opt /dev "$@"; do
  [ "$folder" = -- ] && break
  [ -L "$folder" ] && { cp -P "$folder" "$root$folder"; continue; }
  [ -e "$folder" ] || continue
  mkdir -p "$root$folder"; mount --rbind "$folder" "$root$folder"; mount -o remount,bind,ro "$root$folder"
done
while [ "$1" != -- ]; do shift; done; shift
mkdir -p "$root/tmp" "$root/proc" "$root$data"; mount -t proc proc "$root/proc"; mount --bind "$data" "$root$data"
exec chroot "$root" "$@" """


def may_mount() -> bool:
    try:
        return subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(os.geteuid() != 0 or not may_mount(), reason="mounts are made by root alone")
def test_workers_of_two_root_file_systems_share_a_data_dir(machines, monkeypatch):
    machines.scheduler()
    git = subprocess.run(
        ["git", "rev-parse", "--path-format=absolute", "--git-common-dir"], cwd=ROOT, capture_output=True, text=True
    )
    seen = sorted(
        {
            *git.stdout.split(),
            sys.prefix,
            sys.base_prefix,
            *(path for path in sys.path if os.path.isdir(path)),
            str(ROOT),
        }
    )
    for name in ("one", "two"):
        root = machines.folder / name
        root.mkdir()
        options = ["--address", machines.address, "--data", str(machines.data), "--jobs", "1", "--make", "make"]
        inside = ["/usr/bin/env", f"--chdir={ROOT}", sys.executable, "-m", "scripts.cluster.worker"]
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "enter", str(root)]
        command += [str(machines.data), *seen, "--", *inside, *options]
        program = machines.start("-c", "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])", *command)
        until(lambda program=program: "Registered to:" in program.said(), 120, program.said)
    monkeypatch.setenv("WAKEMAKE_CLUSTER", machines.address)
    monkeypatch.setenv("WAKEMAKE_DATA", str(machines.data))
    where = list(parallel(work.mark_its_root, [str(machines.data)] * 24, 0, "t", chunk=1))
    assert len(set(where)) == 2, "each worker writes into a /tmp of its own, and both into DATA_DIR"
    assert {path.name for path in machines.data.glob("root-*")} == {f"root-{number}" for number in set(where)}
    assert results(machines) == list(map(work.draw, range(8)))
