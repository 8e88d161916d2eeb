"""Make the Python environment the stages run in, from a lock whose every file is verified by its hash.

    python3.11 -m scripts.venv --lock requirements.lock --out data/venv --needs-mb 3000

It is made in place, for an environment cannot be renamed afterwards; make marks it as whole once this has succeeded.
Run by whatever Python is found, so this one file keeps to what old ones understand and to the standard library.
"""
import argparse
import os
import shutil
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 12)


def complaint(version, has_ensurepip, free_mb, needs_mb):
    """Why no environment can be made here, as a sentence, or None."""
    if not OLDEST <= version[:2] <= NEWEST:
        return ("Python 3.11 or 3.12 is needed, and {} is {}.{}. Install one of them (on Debian 12: apt-get install python3 "
                "python3-venv) so that python3.11 or python3.12 is found.".format(sys.executable, *version[:2]))
    if not has_ensurepip:
        return ("{} comes without ensurepip, which makes environments. On Debian and Ubuntu: apt-get install "
                "python{}.{}-venv".format(sys.executable, *version[:2]))
    if free_mb < needs_mb:
        return ("The environment takes about {} MB, and only {} MB are free there. Free some, or name a larger disk: "
                "make DATA_DIR=/path ...".format(needs_mb, free_mb))
    return None


def has_ensurepip():
    """Whether this Python can put pip into an environment (Debian ships that apart)."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lock", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--needs-mb", type=int, required=True)
    options = parser.parse_args(argv)

    parent = os.path.dirname(os.path.abspath(options.out))
    os.makedirs(parent, exist_ok=True)
    why = complaint(sys.version_info, has_ensurepip(), shutil.disk_usage(parent).free // 10**6, options.needs_mb)
    if why:
        raise SystemExit(why)

    # First what says it is whole, then the rest: it is in pieces from here until make writes that again.
    for name in ("checked.stamp", "installed.lock"):
        if os.path.lexists(os.path.join(options.out, name)):
            os.remove(os.path.join(options.out, name))
    # Nothing of a directory of packages the user may have, nor of an environment make was called from.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    python = os.path.join(options.out, "bin", "python")
    for command in ([sys.executable, "-m", "venv", "--clear", options.out],
                    [python, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "--no-compile",
                     "--only-binary", ":all:", "--requirement", options.lock]):
        if subprocess.call(command, env=environment):
            raise SystemExit("This failed: {}\nIf the packages could not be reached, type the same make again."
                             .format(" ".join(command)))


if __name__ == "__main__":
    main()
