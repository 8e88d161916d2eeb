"""Make the Python environment the stages run in, from a lock whose every file is verified by its hash.

    scripts/make/python.sh data/python 3.13 -m scripts.environment.install --lock requirements.lock --out data/venv --needs-mb 3000 --log data/venv.log

It is made in place, for an environment cannot be renamed afterwards; make marks it as whole once this has succeeded.
Run by the Python that scripts/make/python.sh finds or fetches, with nothing but the standard library.
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


def foreign(folder, log):
    """Whether there is something at `folder` that is no environment of wakemake's: one that is has a lock, a stamp or a
    log."""
    made = [os.path.join(folder, "installed.lock"), os.path.join(folder, "checked.stamp"), log]
    return (
        os.path.lexists(folder)
        and not (os.path.isdir(folder) and not os.listdir(folder))
        and not any(map(os.path.exists, made))
    )


def followed(command, log, total, environment):
    """Run pip with all it says in `log`; on the terminal a count of packages instead, and then its errors. Its exit
    status."""
    shown, said, count, installing = sys.stdout.isatty(), time.time(), 0, False
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        close_fds=False,
    ) as pip:  # it keeps make's locks, for it may outlive a make that is killed
        for line in pip.stdout:
            log.write(line)
            log.flush()
            found = line.startswith(("Collecting ", "Processing "))  # by the network, and from this machine
            count += found
            total -= line.startswith("Ignoring ")  # another platform's
            begins = line.startswith("Installing collected")
            installing = installing or begins
            if line.startswith("ERROR"):
                print(line.rstrip())
            if shown and found or begins or time.time() - said > 20:
                said = time.time()
                text = (
                    f"environment: {count} packages, being installed"
                    if installing
                    else f"environment: package {count} of {total}"
                )
                sys.stdout.write(("\r" + text + "\033[K" + ("\n" if begins else "")) if shown else text + "\n")
                sys.stdout.flush()
    return pip.returncode


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lock", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--needs-mb", type=int, required=True)
    parser.add_argument("--log", required=True, help="the file that keeps all that pip says")
    options = parser.parse_args(argv)

    parent = os.path.dirname(os.path.abspath(options.out))
    os.makedirs(parent, exist_ok=True)
    free_mb = shutil.disk_usage(parent).free // 10**6
    if free_mb < options.needs_mb:
        raise SystemExit(
            f"The environment takes about {options.needs_mb} MB, and only {free_mb} MB are free there. Free some, or name a larger "
            "disk: make DATA_DIR=/path ..."
        )

    if foreign(options.out, options.log):
        raise SystemExit(
            f"{options.out} is there already, and wakemake did not make it. Move it away, or name a directory for wakemake alone: "
            "make DATA_DIR=/a/directory/of/its/own ..."
        )

    # First what says it is whole, then the rest: it is in pieces from here until make writes that again.
    for name in ("checked.stamp", "installed.lock"):
        if os.path.lexists(os.path.join(options.out, name)):
            os.remove(os.path.join(options.out, name))
    environment = python_environment()
    python = os.path.join(options.out, "bin", "python")
    with open(options.lock) as lock:
        total = len(re.findall(r"(?m)^[^#\s-].*==", lock.read()))
    with open(options.log, "w") as log:
        make_it = [sys.executable, "-m", "venv", "--clear", options.out]
        fill_it = [
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
        for command in (make_it, fill_it):
            if followed(command, log, total, environment if command is make_it else pip_environment(python)):
                raise SystemExit(
                    "This failed: {}\nAll it said: {}\nIf the packages could not be reached, type the same make again.".format(
                        " ".join(command), options.log
                    )
                )
        # Every stage would compile them again, for seconds. What cannot be compiled (examples of old Pythons) nobody
        # imports.
        subprocess.call(
            [python, "-m", "compileall", "-q", "-j", "0", os.path.join(options.out, "lib")],
            env=environment,
            stdout=log,
            stderr=log,
        )


if __name__ == "__main__":
    main()
