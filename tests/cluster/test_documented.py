"""The command lines of docs/cluster.md, run under stand-ins for ssh, srun, sbatch and kubectl; the manifest for Kubernetes."""

import os
import re
import shlex
import subprocess
import sys

import pytest
import work_for_workers as work
import yaml
from conftest import ROOT, until
from test_contract import make_keys, results

PAGE = (ROOT / "docs/cluster.md").read_text(encoding="utf-8")
# Each starts processes of this machine where the real one starts some of another.
STAND_INS = {
    "ssh": 'shift $(($# > 2 && ${#1} == 2 ? 2 : 1)); cd; exec sh -c "$*"',
    "srun": 'nodes=; while [[ $1 == -* ]]; do [[ $1 == -N* ]] && nodes=${1#-N}; shift; done; for ((n = 0; n < nodes; n++)); do "$@" & done; wait',
    "sbatch": """while [[ $1 == -* ]]; do
  [[ $1 == --array=* ]] && last=${1#*-1-} last=${last##*-}
  [[ $1 == --wrap ]] && { for ((n = 1; n <= last; n++)); do SLURM_ARRAY_TASK_ID=$n sh -c "$2" & done; wait; exit; }
  shift
done""",
    "kubectl": 'while [[ $1 != -- ]]; do shift; done; shift; exec "$@"',
}


def typed(begin: str) -> str:
    """The one command of the page that begins so, from a line of its own or from within a sentence."""
    found = re.findall(rf"(?m)^ *({begin}.*)$|`({begin}[^`]*)`", PAGE)
    (line,) = {whole or part for whole, part in found}
    return line


@pytest.fixture
def house(machines, monkeypatch):
    """Machines at tls://, with the stand-ins in PATH and a home with a checkout called wakemake."""
    make_keys(machines.data)
    machines.address = machines.address.replace("tcp", "tls")
    for name, text in STAND_INS.items():
        (machines.folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (machines.folder / name).chmod(0o755)
    (machines.folder / "wakemake").symlink_to(ROOT)
    monkeypatch.setenv("HOME", str(machines.folder))
    monkeypatch.setenv("PATH", f"{machines.folder}:{os.environ['PATH']}")
    return machines


def start(machines, line: str, **changes: str):
    """Run a documented line here, with two nodes where it has eight, and one process each."""
    line = re.sub(r"tls://[\w-]+:8786", f"{machines.address} PYTHON={sys.executable}", line)
    line = re.sub(r"-N8|1-8", lambda found: found[0].replace("8", "2"), line).replace("JOBS=16", "JOBS=1")
    line = line.replace("/shared/wakemake", str(machines.data))
    return machines.start("-c", f"import os; os.execvp('bash', ['bash', '-c', {line!r}])", **changes)


@pytest.mark.parametrize(("begin", "count"), [("srun -N", 2), ("sbatch ", 2), ("ssh -t box1", 1)])
def test_lines_that_start_workers_elsewhere_start_them(house, begin, count):
    house.scheduler()
    line = typed(begin)
    program = start(house, line if "JOBS" in line else f"{line} JOBS=1")
    until(lambda: program.said().count("Registered to:") == count, 200, program.said)
    assert results(house) == list(map(work.draw, range(8)))


def test_the_three_lines_of_a_first_use(house):
    """make scheduler, make worker, make words: these with DATA_DIR, which a reader has by default."""
    scheduler = start(house, f"{typed('make scheduler')} DATA_DIR={house.data}")
    until(house.listens, 60, scheduler.said)
    worker = start(house, f"{typed('make worker CLUSTER')} DATA_DIR={house.data} JOBS=1")
    until(lambda: "Registered to:" in worker.said(), 120, worker.said)
    status = start(house, f"{typed('make cluster-status')} DATA_DIR={house.data}")
    until(lambda: status.process.poll() is not None, 60, status.said)
    assert "1 workers, 1 cores" in status.said(), status.said()


def plan(*words: str, **environment: str) -> str:
    """What make -n says of a command of make."""
    ran = subprocess.run(
        ["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize(
    ("begin", "goal"),
    [
        ("make words WORDS=my_words.txt CLUSTER=local", "one, two"),
        ("make words WORDS=my_words.txt CLUSTER=tls", "one, two"),
        ('make train WORD="hey buster."', "speak_word"),
        ("make zoo", "scripts.cluster.zoo"),
        ("make cluster-keys", "scripts.cluster.keys"),
        ("kubectl exec", "one, two"),
    ],
)
def test_each_other_line_is_one_that_make_knows(tmp_path, begin, goal):
    (tmp_path / "my_words.txt").write_text("one\ntwo\n")
    line = re.sub(r"/data/my_words|my_words", str(tmp_path / "my_words"), typed(begin))
    words = shlex.split(line)
    assert goal in plan(*words[words.index("make") :], f"PYTHON={sys.executable}", f"DATA_DIR={tmp_path}")


def test_the_manifest_for_kubernetes_starts_what_make_knows():
    """That its parts fit one another, and the options in it are those of this make."""
    parts = list(yaml.safe_load_all((ROOT / "docker/cluster.yaml").read_text(encoding="utf-8")))
    assert [part["kind"] for part in parts] == ["Service", "Deployment", "Deployment"]
    service, *deployments = parts
    for part in deployments:
        pod = part["spec"]["template"]
        assert part["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"]
        (container,) = pod["spec"]["containers"]
        goal, *settings = container["args"]
        planned = subprocess.run(
            ["make", "-n", goal, *settings, f"PYTHON={sys.executable}"], cwd=ROOT, capture_output=True, text=True
        )
        assert planned.returncode == 0 and f"scripts.cluster.{goal}" in planned.stdout, planned.stderr
    assert service["spec"]["selector"] == deployments[0]["spec"]["template"]["metadata"]["labels"]
    address = f"tls://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    assert f"CLUSTER={address}" in deployments[1]["spec"]["template"]["spec"]["containers"][0]["args"]


def test_the_manifest_for_kubernetes_has_the_form_of_its_schema():
    validate = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    for part in yaml.safe_load_all((ROOT / "docker/cluster.yaml").read_text(encoding="utf-8")):
        validate.validate(part, validate.latest_version(), strict=True)
        part["spec"]["replikas"] = 1
        with pytest.raises(validate.ValidationError):
            validate.validate(part, validate.latest_version(), strict=True)
