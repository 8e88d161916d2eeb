"""The image's root file system without a container engine: what the Dockerfile says, done by debootstrap and chroot.

image = Image(Path("docker/Dockerfile"))
image.build(Path("."), Path("/somewhere/root"))          # as root
with image.start(Path("/somewhere/root"), ["help"], uid=1234, data=Path("/some/data")) as process: ...
"""

import fnmatch
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from tests.container.rootfs import PATH, bootstrap, copy_of, enter, shell

# What Docker's -slim images leave out, said to dpkg as they do.
SLIM = (
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/linda/*",
    "/usr/share/lintian/overrides/*",
    "/usr/share/locale/*",
    "/usr/share/man/*",
)
CLEAN = """Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };
Acquire::Languages "none";
Apt::AutoRemove::SuggestsImportant "false";
"""


def left_out(context: Path) -> list[str]:
    """What `COPY .` leaves at the top of the context, by .dockerignore, which is a list of exceptions to `*` here."""
    lines = [line for line in (context / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*" and all(line.startswith(("!", "**/")) for line in lines[1:]), (
        "only exceptions to * are understood here"
    )
    wanted = [line[1:] for line in lines if line.startswith("!")]
    return [
        path.name for path in context.iterdir() if not any(fnmatch.fnmatch(path.name, pattern) for pattern in wanted)
    ]


def slim(root: Path) -> None:
    """Cut a tree as Docker's -slim images are."""
    (root / "etc/dpkg/dpkg.cfg.d/docker").write_text(
        "".join(f"path-exclude {path}\n" for path in SLIM) + "path-include /usr/share/doc/*/copyright\n"
    )
    for place in (
        "usr/share/info",
        "usr/share/locale",
        "usr/share/man",
        "var/cache/apt",
        "var/lib/apt/lists",
        "var/log",
    ):
        shutil.rmtree(root / place, ignore_errors=True)
        (root / place).mkdir()
    for path in (root / "usr/share/doc").rglob("*"):
        if path.is_file() and path.name != "copyright":
            path.unlink()
    (root / "etc/apt/apt.conf.d/docker-clean").write_text(CLEAN)


class Image:
    """A Dockerfile's instructions, of the few kinds that this project uses."""

    def __init__(self, dockerfile: Path):
        text = re.sub(r"\\\n", "", re.sub(r"(?m)^#.*\n", "", dockerfile.read_text()))
        self.steps = [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]
        [(self.release, self.digest)] = [
            re.fullmatch(r"debian:(\w+)-slim@(sha256:[0-9a-f]{64})", what).groups()
            for name, what in self.steps
            if name == "FROM"
        ]
        self.workdir, self.environment = "/", {"PATH": PATH}
        for name, what in self.steps:
            if name == "ENV":
                self.environment |= dict(word.split("=", 1) for word in shlex.split(what.replace("${COMMIT}", "")))
            elif name in ("ENTRYPOINT", "CMD"):
                setattr(self, name.lower(), json.loads(what))

    def base(self, root: Path) -> None:
        """What FROM names, as near as debootstrap comes."""
        bootstrap(self.release, root)
        slim(root)

    def build(self, context: Path, root: Path, base: Path) -> None:
        """Do all steps into `root`; the directory `base` is made where it is missing, kept, and used again."""
        copy_of(base, root, self.base)
        for name, what in self.steps:
            if name == "WORKDIR":
                self.workdir = what
                (root / what[1:]).mkdir(parents=True, exist_ok=True)
            elif name == "RUN":
                shell(root, what, environment=self.environment, workdir=self.workdir)
            elif name == "COPY":
                assert what == ". .", what
                left, here = left_out(context), str(context)
                shutil.copytree(
                    context,
                    root / self.workdir[1:],
                    dirs_exist_ok=True,
                    symlinks=True,
                    ignore=lambda folder, names: [
                        n for n in names if n == "__pycache__" or folder == here and n in left
                    ],
                )
            else:
                assert name in ("FROM", "ARG", "ENV", "ENTRYPOINT", "CMD"), f"{name} is not understood here"

    def start(
        self, root: Path, arguments: list[str], uid: int = 0, data: Path | None = None, through=None, **options
    ) -> subprocess.Popen:
        """`docker run`: the entrypoint with `arguments`, or without it where `through` is an empty list (`docker
        exec`)."""
        entry = self.entrypoint if through is None else through
        command = enter(
            root, [*entry, *arguments], uid, {data: "/data"} if data else {}, self.environment, self.workdir
        )
        return subprocess.Popen(
            command,
            text=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options},
        )

    def ran(self, root: Path, arguments: list[str], **options) -> tuple[int, str]:
        """(exit status, all it said)."""
        process = self.start(root, arguments, **options)
        said, _ = process.communicate()
        return process.returncode, said or ""
