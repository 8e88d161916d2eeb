"""The image's root file system without a container engine: what the Dockerfile says, done by debootstrap and chroot.

    image = Image(Path("docker/Dockerfile"))
    image.build(Path("."), Path("/somewhere/root"))          # as root
    with image.start(Path("/somewhere/root"), ["help"], uid=1234, data=Path("/some/data")) as process: ...

Each start has mounts and processes of its own, and its first process is number 1, as in a container. Mirrors, proxies and
certificates are this machine's own, read when it runs.
"""
import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

# What Docker's -slim images leave out, said to dpkg as they do.
SLIM = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/linda/*", "/usr/share/lintian/overrides/*", "/usr/share/locale/*", "/usr/share/man/*")
NETWORK = re.compile(r"(?i)(https?|ftp|no)_proxy|pip_(index_url|extra_index_url|trusted_host)|npm_config_registry")
# $1 root, $2 data or nothing, then the command. In mounts of its own, so nothing of it is left afterwards.
ENTER = """set -e
mount --rbind /dev "$1/dev"; mount -t proc proc "$1/proc"
[ -z "$2" ] || mount --bind "$2" "$1/data"
root=$1; shift 2; exec chroot "$@" """


def run(*command, **options) -> str:
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def mirrors(release: str) -> list[tuple[str, str]]:
    """(address, suite) of a Debian release in this machine's apt configuration, the main one first."""
    listed = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages", "Origin: Debian").splitlines()
    found = dict.fromkeys((address, suite) for address, suite, component in map(str.split, listed)
                          if component == "main" and suite.partition("-")[0] == release)
    return sorted(found, key=lambda one: one[1] != release)


def left_out(context: Path) -> list[str]:
    """What `COPY .` leaves at the top of the context, by .dockerignore, which is a list of exceptions to `*` here."""
    lines = [line for line in (context / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*" and all(line.startswith(("!", "**/")) for line in lines[1:]), "only exceptions to * are understood here"
    wanted = [line[1:] for line in lines if line.startswith("!")]
    return [path.name for path in context.iterdir() if not any(fnmatch.fnmatch(path.name, pattern) for pattern in wanted)]


class Image:
    """A Dockerfile's instructions, of the few kinds that this project uses."""

    def __init__(self, dockerfile: Path):
        text = re.sub(r"\\\n", "", re.sub(r"(?m)^#.*\n", "", dockerfile.read_text()))
        self.steps = [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]
        [(release, self.digest)] = [re.fullmatch(r"debian:(\w+)-slim@(sha256:[0-9a-f]{64})", what).groups() for name, what in self.steps if name == "FROM"]
        self.release, self.workdir, self.network = release, "/", {k: v for k, v in os.environ.items() if NETWORK.fullmatch(k)}
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        for name, what in self.steps:
            if name == "ENV":
                self.environment |= dict(word.split("=", 1) for word in shlex.split(what.replace("${COMMIT}", "")))
            elif name in ("ENTRYPOINT", "CMD"):
                setattr(self, name.lower(), json.loads(what))

    def base(self, root: Path) -> None:
        """What FROM names, as near as debootstrap comes: the same release's smallest set of packages, cut as -slim is."""
        addresses = mirrors(self.release)
        run("debootstrap", "--variant=minbase", self.release, root, addresses[0][0])
        (root / "etc/apt/sources.list").write_text("".join(f"deb {address} {suite} main\n" for address, suite in addresses))
        (root / "etc/dpkg/dpkg.cfg.d/docker").write_text("".join(f"path-exclude {path}\n" for path in SLIM) + "path-include /usr/share/doc/*/copyright\n")
        for place in ("usr/share/info", "usr/share/locale", "usr/share/man", "var/cache/apt", "var/lib/apt/lists", "var/log"):
            shutil.rmtree(root / place, ignore_errors=True)
            (root / place).mkdir()
        for path in (root / "usr/share/doc").rglob("*"):
            if path.is_file() and path.name != "copyright":
                path.unlink()
        (root / "etc/apt/apt.conf.d/docker-clean").write_text('Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";\n'
                                                              'APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\n'
                                                              'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\n'
                                                              'Acquire::Languages "none";\nApt::AutoRemove::SuggestsImportant "false";\n')
        # This machine's way out: its names, its proxies, and whom it trusts.
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        (root / "etc/apt/apt.conf.d/90this-machine").write_text(run("apt-config", "dump", "--format", '%f "%v";%n', "Acquire::http", "Acquire::https"))
        shutil.copytree("/usr/local/share/ca-certificates", root / "usr/local/share/ca-certificates", dirs_exist_ok=True)

    def build(self, context: Path, root: Path, base: Path | None = None) -> None:
        """Do all steps into `root`; a `base` directory is kept, and used again."""
        if base is None or not base.exists():
            part = base.with_name(base.name + ".part") if base else root
            shutil.rmtree(part, ignore_errors=True)
            self.base(part)
            if base:
                part.rename(base)
        if base:
            run("cp", "-a", base, root)
        for name, what in self.steps:
            if name == "WORKDIR":
                self.workdir = what
                (root / what[1:]).mkdir(parents=True, exist_ok=True)
            elif name == "RUN":
                self.shell(root, what)
            elif name == "COPY":
                assert what == ". .", what
                left, here = left_out(context), str(context)
                shutil.copytree(context, root / self.workdir[1:], dirs_exist_ok=True, symlinks=True,
                                ignore=lambda folder, names: [n for n in names if n == "__pycache__" or folder == here and n in left])
            else:
                assert name in ("FROM", "ARG", "ENV", "ENTRYPOINT", "CMD"), f"{name} is not understood here"

    def command(self, root: Path, arguments: list[str], uid: int, data: Path | None, environment: dict[str, str]) -> list[str]:
        """The command that runs `arguments` in `root` as process 1, as user and group `uid`."""
        inside = [f"{k}={v}" for k, v in {**self.environment, **self.network, **environment}.items()]
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "enter", str(root), str(data or ""),
                f"--userspec={uid}:{uid}", "--groups=", str(root), "env", "-i", f"--chdir={self.workdir}", *inside, *arguments]

    def shell(self, root: Path, script: str) -> str:
        """A step: a shell script, as root."""
        return run(*self.command(root, ["/bin/sh", "-c", script], 0, None, {"DEBIAN_FRONTEND": "noninteractive"}), stdin=subprocess.DEVNULL)

    def start(self, root: Path, arguments: list[str], uid: int = 0, data: Path | None = None, through=None, **options) -> subprocess.Popen:
        """`docker run`: the entrypoint with `arguments`, or without it where `through` is an empty list (`docker exec`)."""
        entry = self.entrypoint if through is None else through
        return subprocess.Popen(self.command(root, [*entry, *arguments], uid, data, {}), text=True,
                                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options})

    def ran(self, root: Path, arguments: list[str], **options) -> tuple[int, str]:
        """(exit status, all it said)."""
        process = self.start(root, arguments, **options)
        said, _ = process.communicate()
        return process.returncode, said or ""


def first_process(started: subprocess.Popen) -> int:
    """The number outside of the container's process 1: what an engine sends its signals to."""
    return int(Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()[0])
