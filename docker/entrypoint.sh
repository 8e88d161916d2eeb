#!/bin/bash
# Run make with the container's arguments, after a word on what is missing.
#
#   docker run ... wakemake train WORD="hey buster."     make train in the container
#   docker run -it ... wakemake bash                     a shell with completion of targets and options
# shellcheck disable=SC2016  # what is to be typed is printed, not expanded
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DATA_DIR="${DATA_DIR:-/data}"

say() { printf 'wakemake: %s\n' "$*" >&2; }

# A mount is a line of mountinfo whose fifth field is the place it stands at.
if ! awk -v place="$DATA_DIR" '$5 == place { found = 1 } END { exit !found }' /proc/self/mountinfo; then
    say "WARNING: $DATA_DIR is not mounted. Everything made now is lost with this container." \
        'Give it a directory of yours: docker run -v "$PWD/data:/data" ...'
fi
if [ ! -w "$DATA_DIR" ]; then
    say "WARNING: $DATA_DIR cannot be written by user $(id -u)." \
        'Make the directory before docker does (mkdir data), and run as its owner: --user "$(id -u):$(id -g)"'
fi
if [ ! -x "$DATA_DIR/venv/bin/python" ]; then
    say "there is no environment in $DATA_DIR/venv yet: the first target that needs it makes it, once (make venv)."
fi

case "${1-}" in
    bash) exec bash -l ;;
    *)    exec make "DATA_DIR=$DATA_DIR" "$@" ;;
esac
