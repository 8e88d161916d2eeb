"""Make the Python environment of the stages from a lock; every file is verified by its hash.

    scripts/make/python.sh data/python 3.13 -m scripts.environment.install --lock requirements.lock --out data/venv --needs-mb 3000 --log data/venv.log

An environment cannot be renamed, so it is made in place; make marks it as complete after this has succeeded. This runs
under the Python that scripts/make/python.sh finds or fetches, so it uses only the standard library.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time

from scripts.environment.pip import pip_environment, python_environment

OLDEST, NEWEST = (3, 11), (3, 13)  # scripts/make/python.sh looks for these


def is_foreign(folder, log):
    """Whether `folder` holds something other than an environment of wakemake, which has a lock, a stamp or a log."""
    marks = [os.path.join(folder, "installed.lock"), os.path.join(folder, "checked.stamp"), log]
    return (
        os.path.lexists(folder)
        and not (os.path.isdir(folder) and not os.listdir(folder))
        and not any(map(os.path.exists, marks))
    )


def run_pip(command, log, total, environment):
    """Run pip with its output in `log`, and print a count of packages and errors. Returns the exit status."""
    on_terminal, printed_at, count, installing = sys.stdout.isatty(), time.time(), 0, False
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        close_fds=False,
    ) as pip:  # it inherits make's locks (close_fds), because it may outlive a make that is killed
        for line in pip.stdout:
            log.write(line)
            log.flush()
            is_package = line.startswith(("Collecting ", "Processing "))  # from the network; from this machine
            count += is_package
            total -= line.startswith("Ignoring ")  # packages of other platforms
            begins = line.startswith("Installing collected")
            installing = installing or begins
            if line.startswith("ERROR"):
                print(line.rstrip())
            if on_terminal and is_package or begins or time.time() - printed_at > 20:
                printed_at = time.time()
                text = (
                    f"environment: installing {count} packages"
                    if installing
                    else f"environment: package {count} of {total}"
                )
                sys.stdout.write(("\r" + text + "\033[K" + ("\n" if begins else "")) if on_terminal else text + "\n")
                sys.stdout.flush()
    return pip.returncode


def check_folder(folder, needs_mb, log):
    """SystemExit if the disk of `folder` is too small, or if it holds something that wakemake did not make."""
    parent = os.path.dirname(os.path.abspath(folder))
    os.makedirs(parent, exist_ok=True)
    free_mb = shutil.disk_usage(parent).free // 10**6
    if free_mb < needs_mb:
        raise SystemExit(
            f"The environment takes about {needs_mb} MB, and only {free_mb} MB are free there. Delete files, or name a larger "
            "disk: make DATA_DIR=/path ..."
        )

    if is_foreign(folder, log):
        raise SystemExit(
            f"{folder} is there already, and wakemake did not make it. Move it away, or name a directory for wakemake alone: "
            "make DATA_DIR=/a/directory/of/its/own ..."
        )


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lock", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--needs-mb", type=int, required=True)
    parser.add_argument("--log", required=True, help="the file for pip's output")
    options = parser.parse_args(argv)

    check_folder(options.out, options.needs_mb, options.log)
    # The marks go first: the environment is incomplete from here until make writes them again.
    for name in ("checked.stamp", "installed.lock"):
        if os.path.lexists(os.path.join(options.out, name)):
            os.remove(os.path.join(options.out, name))
    environment = python_environment()
    python = os.path.join(options.out, "bin", "python")
    with open(options.lock) as lock:
        total = len(re.findall(r"(?m)^[^#\s-].*==", lock.read()))
    with open(options.log, "w") as log:
        create = [sys.executable, "-m", "venv", "--clear", options.out]
        install = [
            python,
            "-m",
            "pip",
            "install",
            "--require-hashes",
            "--no-compile",
            "--progress-bar",
            "off",
            "--only-binary",
            ":all:",
            "--requirement",
            options.lock,
        ]
        for command in (create, install):
            if run_pip(command, log, total, environment if command is create else pip_environment(python)):
                raise SystemExit(
                    "This failed: {}\nIts whole output: {}\nIf the packages could not be reached, type the same make again.".format(
                        " ".join(command), options.log
                    )
                )
        # Otherwise every stage would compile them again, for seconds. Files that fail (examples for old Pythons) are
        # not imported.
        subprocess.call(
            [python, "-m", "compileall", "-q", "-j", "0", os.path.join(options.out, "lib")],
            env=environment,
            stdout=log,
            stderr=log,
        )


if __name__ == "__main__":
    main()
