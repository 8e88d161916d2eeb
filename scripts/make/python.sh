#!/bin/bash
# Runs the Python that makes environments: the system's if the locks support it, otherwise one that is fetched once.
#
#   scripts/make/python.sh data/python 3.13 -m scripts.environment.install ...      any of 3.11 to 3.13; a fetched one is kept in data/python
#
# The fetched file is a build of python-build-standalone, which runs in any directory; its checksum is the one in uv 0.13.9. As with uv,
# UV_PYTHON_INSTALL_MIRROR replaces its address. The proxies of curl and wget apply. OFFLINE=1 fetches nothing.
set -eu
VERSION=3.11.18 RELEASE=20261110
ORIGIN=https://github.com/astral-sh/python-build-standalone/releases/download
NEEDS=${BASH_SOURCE%/*}/needs.sh
kept=$1 newest=$2
shift 2

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Whether a Python has a version that the locks support, at most $newest, and the modules that make environments, which Debian ships
# separately.
is_suitable() {
    local minor=${newest#3.}
    "$1" -c "import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $minor))" >/dev/null 2>&1
}

# fetch URL FILE
fetch() {
    local each
    if [[ $1 == file://* ]]; then cp "${1#file://}" "$2"
    elif command -v curl >/dev/null; then curl --fail --silent --show-error --location --retry 3 --connect-timeout 30 --output "$2" "${1//+/%2B}"
    elif command -v wget >/dev/null; then wget --no-verbose --tries=4 --timeout=30 --output-document="$2" "${1//+/%2B}"
    else
        for each in python3 python; do
            "$each" -c 'import sys, urllib.request as r; r.urlretrieve(*sys.argv[1:])' "${1//+/%2B}" "$2" && return
        done
        return 1
    fi
}

checksum() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi <"$1" | cut -d' ' -f1; }

for python in python3.11 python3.12 python3.13 python3 "$kept/cpython-$VERSION/bin/python3"; do
    if is_suitable "$python"; then exec "$python" "$@"; fi
done

case $(uname -sm) in
    "Linux x86_64")  platform=x86_64-unknown-linux-gnu  sha256=3288c54cea3db350052019b3f8b558dd8a3da8afa6fda573f5fd2bcb37635b4a ;;
    "Linux aarch64") platform=aarch64-unknown-linux-gnu sha256=7e71f26a003949b57757e287f4f4b6689da07e7a229f5bbee7919c19ed77155d ;;
    "Darwin arm64")  platform=aarch64-apple-darwin      sha256=3afb0567b2a2b30b3a7341bd143cb4e8a69f3d8e95d4641218eaa45f0fabbd07 ;;
    *)               stop "Python 3.11 to $newest with venv and ensurepip is needed, and python-build-standalone has none for $(uname -sm)." ;;
esac
name=cpython-$VERSION+$RELEASE-$platform-install_only_stripped.tar.gz
mirror=${UV_PYTHON_INSTALL_MIRROR:-$ORIGIN}
url=${mirror%/}/$RELEASE/$name
archive=$kept/$name
command=$(bash -p "$NEEDS" --how python)
otherwise="Or install one of Python 3.11 to $newest with venv${command:+:  $command}"
by_hand="Fetch $ORIGIN/$RELEASE/$name elsewhere, put it at $archive, and type the same make again."

mkdir -p "$kept"
if [[ ! -f $archive ]]; then
    [[ ${OFFLINE:-0} != 1 ]] || stop "OFFLINE=1, and no Python 3.11 to $newest with venv and ensurepip is installed. $by_hand" "$otherwise"
    case $url in
        file://*) ;;
        *) command -v curl >/dev/null || command -v wget >/dev/null || command -v python3 >/dev/null || command -v python >/dev/null ||
            bash -p "$NEEDS" curl ;;
    esac
    echo "python: no Python 3.11 to $newest with venv and ensurepip is installed, so CPython $VERSION is fetched into $kept (python-build-standalone)" >&2
    fetch "$url" "$archive.part" || { rm -f "$archive.part"; stop "Python could not be fetched from $url; the error stands above." \
        "If there is a mirror, name it: UV_PYTHON_INSTALL_MIRROR=https://... Without one: $by_hand" "$otherwise"; }
    mv "$archive.part" "$archive"
fi
actual=$(checksum "$archive")
[[ $actual == "$sha256" ]] || { rm -f "$archive"; stop "$name has the wrong checksum (expected $sha256, got $actual), and was deleted: type the same make again." \
    "If it stays wrong, the file at $mirror has changed." "$otherwise"; }

# Unpacked and tried under another name, so a killed make leaves nothing under the final name.
aside=$kept/cpython-$VERSION.part
rm -rf "$aside" "$kept/cpython-$VERSION"
mkdir "$aside"
tar -xzf "$archive" -C "$aside"
is_suitable "$aside/python/bin/python3" || stop "The Python of $name does not run on this system." "$otherwise"
mv "$aside/python" "$kept/cpython-$VERSION"
rm -rf "$aside" "$archive"
# Compiled at once: a module that Python compiles later, when the disk is full, may be cut short and is then unreadable for good.
"$kept/cpython-$VERSION/bin/python3" -m compileall -q "$kept/cpython-$VERSION/lib" >/dev/null 2>&1 || true
exec "$kept/cpython-$VERSION/bin/python3" "$@"
