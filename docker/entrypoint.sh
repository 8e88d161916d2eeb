#!/bin/bash
# Runs make with the container's arguments, after warnings about what is missing.
#
#   docker run ... wakemake train WORD="hey buster."     make train WORD="hey buster."
#   docker run -it ... wakemake bash                     a shell with completion of targets, settings and words
# shellcheck disable=SC2016  # what is to be typed is printed, not expanded
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
data=$(readlink -m data)

say() { printf 'wakemake: %s\n' "$*" >&2; }

# Without --user all files would be root's; make them the owner's of the mounted directory.
owner=$(stat --format=%u "$data" 2>/dev/null || echo 0)
if ((EUID == 0 && owner != 0)); then
    exec setpriv --reuid="$owner" --regid="$(stat --format=%g "$data")" --clear-groups bash "$0" "$@"
fi

if ! mountpoint --quiet "$data"; then
    say "WARNING: $data is not mounted. Everything made now is lost with this container." \
        'Give it a directory of yours: docker run -v "$PWD/data:/data" ...'
fi
if [[ ! -w $data ]]; then
    say "WARNING: user $(id -u) cannot write to $data." \
        'Make the directory before docker does (mkdir data), and run as its owner: --user "$(id -u):$(id -g)"'
fi
if [[ ! -e $data/venv ]]; then
    say "there is no environment in $data yet: the first target that needs it makes it (make venv)."
elif ! "$data/venv/bin/python" -c '' 2>/dev/null; then
    say "WARNING: the environment in $data was made on another system, or not to its end, and does not run here." \
        "Type 'make clean-venv' and it is made anew here, or give the container a directory of its own: DATA_DIR=/path"
fi

case "${1-}" in
    bash | sh) exec "$@" ;;
    *)         exec make "$@" ;;
esac
