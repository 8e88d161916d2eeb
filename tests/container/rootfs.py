"""Root file systems of Debian releases in a directory, and commands that run in them: by debootstrap and chroot, as
root.

    bootstrap("trixie", Path("/somewhere/root"))
    shell(Path("/somewhere/root"), "apt-get update && apt-get install -y make")
    subprocess.run(enter(Path("/somewhere/root"), ["make"], uid=1234, mounts={Path("/some/data"): "/data"}))

Each command has mounts and processes of its own, and is process 1 there, as in a container. Mirrors, proxies and
certificates are this machine's own, read when it runs: they are in the trees, and in nothing that is committed.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
KEYS = "/usr/local/share/ca-certificates"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
NETWORK = re.compile(
    r"(?i)(https?|ftp|no|all)_proxy|pip_(index_url|extra_index_url|trusted_host|cert|default_timeout)|"
    r"ssl_cert_file|uv_(default_index|index|python_install_mirror|python_downloads_json_url)|wakemake_mirrors"
)
# $1 root; then pairs of a directory and its place in there, up to "--"; then the command. In mounts of its own, so that
# nothing of it is left afterwards.
ENTER = """set -e
root=$1; shift
mount --rbind /dev "$root/dev"; mount -t proc proc "$root/proc"
while [ "$1" != -- ]; do mount --bind "$1" "$root$2"; shift 2; done
shift; exec chroot "$@" """


def run(*command, **options) -> str:
    return subprocess.run(
        [str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True, **options
    ).stdout


def mirrors(release: str) -> list[tuple[str, str]]:
    """(address, suite) of a Debian release where this machine's apt fetches Debian's packages, the main one first."""
    listed = run(
        "apt-get",
        "indextargets",
        "--format",
        "$(REPO_URI) $(CODENAME) $(COMPONENT)",
        "Created-By: Packages",
        "Origin: Debian",
    )
    found = dict.fromkeys(
        (address, release + suite[suite.find("-") :] if "-" in suite else release)
        for address, suite, component in map(str.split, listed.splitlines())
        if component == "main"
    )
    kept = [pair for pair in found if pair[1] == release or release != "sid"]  # sid has neither updates nor security
    return sorted(kept or [("http://deb.debian.org/debian", release)], key=lambda pair: pair[1] != release)


def network() -> dict[str, str]:
    """This machine's way out, as far as it stands in environment variables."""
    return {name: value for name, value in os.environ.items() if NETWORK.fullmatch(name)}


def bootstrap(release: str, root: Path) -> None:
    """The smallest set of packages of `release`, with this machine's mirrors, names, proxies and certificates."""
    addresses = mirrors(release)
    run("debootstrap", "--variant=minbase", release, root, addresses[0][0])
    (root / "etc/apt/sources.list").write_text("".join(f"deb {address} {suite} main\n" for address, suite in addresses))
    (root / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text(
        "force-unsafe-io\n"
    )  # a tree that a power cut breaks is made anew
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    (root / "etc/apt/apt.conf.d/90this-machine").write_text(
        run("apt-config", "dump", "--format", '%f "%v";%n', "Acquire::http", "Acquire::https")
    )
    if os.path.isdir(KEYS):
        shutil.copytree(KEYS, root / KEYS[1:], dirs_exist_ok=True)


def copy_of(base: Path, root: Path, make) -> None:
    """`base` copied to `root`, where it was made before; else `make(base)` makes it first."""
    if not base.exists():
        part = base.with_name(base.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        make(part)
        part.rename(base)
    run("cp", "-a", base, root)  # devices as devices: read as files some have no end


def enter(
    root: Path,
    arguments: list[str],
    uid: int = 0,
    mounts: dict | None = None,
    environment: dict[str, str] | None = None,
    workdir: str = "/",
) -> list[str]:
    """The command that runs `arguments` in `root` as process 1, as user and group `uid`, with directories mounted
    there."""
    inside = [f"{name}={value}" for name, value in {"PATH": PATH, **network(), **(environment or {})}.items()]
    return [
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
        ENTER,
        "enter",
        str(root),
        *(str(word) for pair in (mounts or {}).items() for word in pair),
        "--",
        f"--userspec={uid}:{uid}",
        "--groups=",
        str(root),
        "env",
        "-i",
        f"--chdir={workdir}",
        *inside,
        *arguments,
    ]


def shell(root: Path, script: str, **options) -> str:
    """What a shell script says that runs in `root` as root, as when packages are installed."""
    environment = {"DEBIAN_FRONTEND": "noninteractive", **options.pop("environment", {})}
    return run(*enter(root, ["/bin/sh", "-ec", script], environment=environment, **options), stdin=subprocess.DEVNULL)


def first_process(started: subprocess.Popen) -> int:
    """The number outside of the tree's process 1: what an engine sends its signals to."""
    return int(Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()[0])
