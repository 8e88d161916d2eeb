"""Run pip with the user's settings for where packages come from, and without those that change what is installed.

    data/venv/bin/python -m scripts.environment.pip install --require-hashes --only-binary :all: --requirement requirements-parquet.lock

Settings for indexes, proxies, certificates, timeouts and the cache are kept, from the environment (PIP_INDEX_URL) and
from pip's files (global.index-url). All others are ignored, such as PIP_USER, PIP_TARGET or PIP_CONSTRAINT. This runs
under old Pythons too (scripts/environment/install.py).
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
REMOVED = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "__PYVENV_LAUNCHER__")


def python_environment():
    """The environment variables without those that would add other packages to Python."""
    return {name: value for name, value in os.environ.items() if name not in REMOVED}


def parse_settings(listing, command):
    """{setting: value} for the settings in KEPT that `pip config list` printed for `command`; as in pip, later sources
    take precedence."""
    settings = {}
    for section in ("global", command, ":env:"):
        for line in listing.splitlines():
            name, _, value = line.partition("=")
            source, _, setting = name.rpartition(".")
            if source == section and setting in KEPT and value:
                settings[setting] = ast.literal_eval(value)
    return {setting: value for setting, value in settings.items() if value}


def pip_environment(python, command="install"):
    """The environment variables for `python -m pip COMMAND`. SystemExit if pip cannot read its settings."""
    environment = python_environment()
    # `user`, `global` and `site` are options of `pip config` too, and would limit the listing to one file.
    result = subprocess.run(
        [python, "-m", "pip", "config", "list"],
        env=dict(environment, PYTHONUTF8="1", PIP_USER="0", PIP_GLOBAL="0", PIP_SITE="0"),
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise SystemExit(
            f"pip cannot read its settings:\n{result.stderr.strip()}\nCorrect them (pip config debug names the files), then type the same line again."
        )
    environment = {name: value for name, value in environment.items() if not name.startswith("PIP_")}
    environment.update(
        ("PIP_" + setting.upper().replace("-", "_"), value)
        for setting, value in parse_settings(result.stdout, command).items()
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
    )  # it inherits make's locks


if __name__ == "__main__":
    main()
