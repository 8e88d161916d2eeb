"""Run pip by the settings that say where packages come from, and by none that change what is installed or where.

    data/venv/bin/python -m scripts.environment.pip install --require-hashes --only-binary :all: --requirement requirements-parquet.lock

Kept are, of the environment (PIP_INDEX_URL) and of pip's own files (global.index-url): indexes, proxies, certificates,
patience and the cache. Left out is the rest, such as PIP_USER, PIP_TARGET, PIP_CONSTRAINT or PIP_REQUIRE_VIRTUALENV.
Run also by old Pythons (scripts/environment/install.py).
"""

import ast
import os
import subprocess
import sys

KEPT = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "trusted-host",
    "proxy",
    "cert",
    "client-cert",
    "keyring-provider",
    "use-feature",
    "use-deprecated",
    "timeout",
    "default-timeout",
    "retries",
    "cache-dir",
    "no-cache-dir",
)
NOT_OURS = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "__PYVENV_LAUNCHER__")


def python_environment():
    """The environment without what would lead one of our Pythons to other packages."""
    return {name: value for name, value in os.environ.items() if name not in NOT_OURS}


def kept(listing, command):
    """{setting: value} of what `pip config list` printed, of those in KEPT that hold for `command`; later sources win,
    as in pip."""
    found = {}
    for section in ("global", command, ":env:"):
        for line in listing.splitlines():
            name, _, value = line.partition("=")
            where, _, setting = name.rpartition(".")
            if where == section and setting in KEPT and value:
                found[setting] = ast.literal_eval(value)
    return {setting: value for setting, value in found.items() if value}


def pip_environment(python, command="install"):
    """The environment to run `python -m pip COMMAND` in. SystemExit where pip cannot read its own settings."""
    environment = python_environment()
    # `user` is an option of `pip config` too, and would leave out what the other files say.
    ran = subprocess.run(
        [python, "-m", "pip", "config", "list"],
        env=dict(environment, PYTHONUTF8="1", PIP_USER="0", PIP_GLOBAL="0", PIP_SITE="0"),
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        raise SystemExit(
            f"pip cannot read its settings, and says:\n{ran.stderr.strip()}\nMend them (pip config debug names the files), then type the same line again."
        )
    environment = {name: value for name, value in environment.items() if not name.startswith("PIP_")}
    environment.update(
        ("PIP_" + setting.upper().replace("-", "_"), value) for setting, value in kept(ran.stdout, command).items()
    )
    return dict(environment, PIP_CONFIG_FILE=os.devnull, PIP_DISABLE_PIP_VERSION_CHECK="1")


def main(argv=None):
    arguments = sys.argv[1:] if argv is None else argv
    raise SystemExit(
        subprocess.call(
            [sys.executable, "-m", "pip"] + arguments,
            env=pip_environment(sys.executable, arguments[0]),
            close_fds=False,
        )
    )  # it keeps make's locks


if __name__ == "__main__":
    main()
