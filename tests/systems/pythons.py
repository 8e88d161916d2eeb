"""A stand-in for the mirror that a Python is fetched from: a tree's own Python, packed as python-build-standalone packs
its.

    pack(root, Path("/somewhere/python.tar.gz"))
    with serve(Path("/somewhere/python.tar.gz"), checkout) as environment: ...

scripts/make/python.sh holds the checksums of the real archives, and the test puts that of the stand-in into the
checkout which it tries. So all is tested but the archive's content: that it is asked for under its name, verified,
unpacked, and that the environment is made of it.
"""

import contextlib
import functools
import hashlib
import http.server
import re
import shutil
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path


def pack(root: Path, archive: Path) -> None:
    """Pack the Python of `root` (Debian's, with venv) as install_only archives are: it finds itself in any
    directory."""
    [library] = (path for path in (root / "usr/lib").glob("python3.*") if (path / "os.py").exists())
    work = archive.with_suffix(".part")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(
        library,
        work / "lib" / library.name,
        ignore=shutil.ignore_patterns("__pycache__", "EXTERNALLY-MANAGED", "sitecustomize.py"),
        ignore_dangling_symlinks=True,
    )
    # Debian keeps apart what ensurepip installs.
    (work / "lib" / library.name / "ensurepip/_bundled").mkdir(exist_ok=True)
    for wheel in (root / "usr/share/python-wheels").glob("*.whl"):
        shutil.copy2(wheel, work / "lib" / library.name / "ensurepip/_bundled")
    (work / "bin").mkdir()
    shutil.copy2(root / "usr/bin" / library.name, work / "bin")
    for link in ("python3", "python"):
        (work / "bin" / link).symlink_to(library.name)
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        packed.add(work, "python")
    shutil.rmtree(work)


@contextlib.contextmanager
def serve(archive: Path, checkout: Path) -> Iterator[dict[str, str]]:
    """Serve `archive` on the loopback by the name that `checkout` asks for; the environment variables that lead
    there."""
    script = checkout / "scripts/make/python.sh"
    text = script.read_text()
    version, release = (re.search(rf"\b{name}=(\S+)", text).group(1) for name in ("VERSION", "RELEASE"))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    script.write_text(re.sub(r"(?m)^(.*x86_64-unknown-linux-gnu.*sha256=)[0-9a-f]{64}", rf"\g<1>{digest}", text))
    place = archive.parent / "mirror" / release
    place.mkdir(parents=True, exist_ok=True)
    named = place / f"cpython-{version}+{release}-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
    named.unlink(missing_ok=True)
    named.hardlink_to(archive)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=place.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"UV_PYTHON_INSTALL_MIRROR": f"http://127.0.0.1:{server.server_port}", "no_proxy": "127.0.0.1"}
        server.shutdown()
