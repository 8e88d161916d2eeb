#!/bin/bash
# What differs between Linux and macOS, for make and the shell; scripts/core/system.py does the same for Python.
#
#   scripts/make/system.sh processors        how many processors this process may use
#
# Written for bash 3.2, as macOS has it, like every script here: no ${x,,}, no mapfile, no associative arrays, and no
# "${list[@]}" of a list that may be empty under set -u.
set -eu
case ${1-} in
    processors)
        # nproc obeys these two, which are meant for other programs.
        env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null || sysctl -n hw.logicalcpu 2>/dev/null || getconf _NPROCESSORS_ONLN ;;
    *)
        echo "usage: scripts/make/system.sh processors" >&2
        exit 2 ;;
esac
