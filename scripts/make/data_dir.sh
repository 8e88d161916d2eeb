#!/bin/bash
# Checks DATA_DIR before any work: no output and status 0, or a sentence with the remedy and status 1. Leaves no files.
#   bash scripts/make/data_dir.sh data [programs]        programs: an environment will be made there, so programs must run
set -u
data=$1 programs=${2-}
stop() { printf '%s\n' "DATA_DIR=$data $*" >&2; exit 1; }
# shellcheck disable=SC2012  # stat has other options on macOS
owner() { ls -ld "$1" | awk '{ print $3 }'; }
elsewhere='or name another place: make DATA_DIR=/a/directory/of/yours ...'
another_disk='name a directory on another disk: make DATA_DIR=/a/directory ...'

[[ -e $data || ! -L $data ]] || stop "is a link to $(readlink "$data"), which does not exist: mount that disk, or make the directory"
[[ ! -e $data || -d $data ]] || stop "is a file: name a directory"
there=$data
until [[ -d $there ]]; do there=$(dirname "$there"); done
[[ $there == "$data" || -w $there && -x $there ]] ||
  stop "cannot be made: $there belongs to $(owner "$there"). Make it yours (sudo install -d -o $(id -un) $data), $elsewhere"
# The directories that stages write into; after a build with sudo they belong to root.
for each in "$there" "$data"/{venv,datasets,common,work,output,compiled,recordings} "$data"/work/*; do
  [[ ! -d $each || -w $each && -x $each ]] && continue
  [[ $(owner "$each") != "$(id -un)" ]] || stop "is not writable, $each: type chmod u+rwx $each, unless its disk is mounted read-only; $elsewhere"
  stop "is not writable: $each belongs to $(owner "$each"), and you are $(id -un). Type: sudo chown -R $(id -un) $data, $elsewhere"
done

# Only before the first build there: a make with nothing to do must not change any time.
[[ $programs || ! -d $data/locks ]] || exit 0
try=$(mktemp -d "$there/.try.XXXXXX" 2>/dev/null) || stop "cannot be written to (is its disk full, or mounted read-only?): make room, $elsewhere"
trap 'rm -rf -- "$try"' EXIT
ln -s target "$try/link" 2>/dev/null ||
  stop "lies on a disk without symbolic links (FAT, exFAT, some network shares), which the environment and published models need: $another_disk"
[[ $programs ]] || exit 0
printf '#!/bin/sh\n' >"$try/program" && chmod +x "$try/program"
"$try/program" 2>/dev/null || stop "lies on a disk that runs no programs (mounted noexec), and the environment is programs: $another_disk"
