#!/bin/bash
# Lists what this machine lacks, with the command that installs it, before anything is downloaded.
#
#   scripts/make/needs.sh machine curl      no output and status 0 if nothing is missing; otherwise sentences and status 1
#   scripts/make/needs.sh --how git python  the command that installs them here, or nothing
#
# Only bash, 3.2 or newer, because a new machine may have no Python. OS_RELEASE=file replaces /etc/os-release in tests.
set -eu
GLIBC='^glibc ([0-9]+)\.([0-9]+)'      # a variable, because bash 3.2 cannot parse it in [[ ]]
# Python must not find another Python's packages and settings.
unset PYTHONHOME PYTHONPATH PYTHONSTARTUP CDPATH GREP_OPTIONS
IN_CONTAINER='Train in the container, which brings what is missing: make docker-run WORD="..." (docs/containers.md)'

# The name of this machine's package manager.
find_manager() {
    local each
    for each in apt-get dnf zypper pacman apk brew; do
        command -v "$each" >/dev/null && echo "$each" && return
    done
    return 0
}

# The packages of a Python that the locks support, if the release has one. Derivatives of Ubuntu (Mint, Pop!_OS, Zorin) and Debian (LMDE,
# Raspberry Pi OS) have version numbers of their own, and name the release that they derive from.
python_of_apt() {
    local UBUNTU_CODENAME="" DEBIAN_CODENAME="" VERSION_CODENAME="" release=${OS_RELEASE:-/etc/os-release}
    # shellcheck source=/dev/null
    [[ -r $release ]] && . "$release"
    case ${UBUNTU_CODENAME:-${DEBIAN_CODENAME:-$VERSION_CODENAME}} in
        bookworm | trixie | noble | questing) echo python3 python3-venv ;;
        jammy)                                echo python3.11 python3.11-venv ;;
    esac
}

# packages_of MANAGER THING: the packages with THING, or nothing.
packages_of() {
    case "$1 $2" in
        "apt-get python") python_of_apt ;;
        "dnf python")     echo python3.12 ;;
        "zypper python")  echo python312 ;;
        "brew python")    echo python@3.12 ;;
        *" python" | *" machine") ;;
        *)                echo "$2" ;;
    esac
}

# The command that installs the THINGs.
install_command() {
    local with thing sudo="" packages names=()
    with=$(find_manager)
    for thing; do read -ra packages <<<"$(packages_of "$with" "$thing")"; names+=(${packages[@]+"${packages[@]}"}); done
    [[ -n $with ]] && ((${#names[@]})) || return 0
    ((EUID)) && [[ $with != brew ]] && { command -v sudo >/dev/null && sudo="sudo " || sudo="(as root) "; }
    case $with in
        apt-get) echo "${sudo}apt-get update && ${sudo/(as root) /}apt-get install ${names[*]}" ;;
        pacman)  echo "${sudo}pacman -S ${names[*]}" ;;
        apk)     echo "${sudo}apk add ${names[*]}" ;;
        *)       echo "${sudo}$with install ${names[*]}" ;;
    esac
}

# Why wakemake's packages do not run on this machine, and the alternative; or nothing.
check_machine() {
    local version glibc
    case $(uname -sm) in
        "Linux x86_64" | "Linux aarch64") ;;
        "Darwin arm64")
            version=$(sw_vers -productVersion)
            ((${version%%.*} >= 15)) || echo "macOS 15 or newer is needed (pymicro-wakeword has no packages for older ones), and this is" \
                "$version. $IN_CONTAINER"
            return ;;
        "Darwin x86_64") echo "On macOS Apple's own processor is needed, and this is Darwin x86_64. $IN_CONTAINER"; return ;;
        *) echo "Linux on a 64-bit Intel, AMD or ARM processor is needed, or macOS on Apple's own, and this is $(uname -sm): wakemake's" \
            "packages support no other. Train on such a machine, and copy the model from its data/output."; return ;;
    esac
    [[ $(getconf LONG_BIT 2>/dev/null || echo 64) == 64 ]] || { echo "A 64-bit system is needed, and this is a 32-bit one on a 64-bit" \
        "processor: wakemake's packages do not support it. Install the 64-bit edition of the system."; return; }
    glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) && [[ -n $glibc ]] || glibc="another C library"
    [[ $glibc =~ $GLIBC ]] && ((BASH_REMATCH[1] > 2 || BASH_REMATCH[2] >= 35)) ||
        echo "glibc 2.35 or newer is needed by the package pymicro-wakeword (Debian 12, Ubuntu 22.04, Fedora 36 have it), and this is" \
            "$glibc. $IN_CONTAINER"
}

[[ ${1-} != --how ]] || { shift; install_command "$@"; exit; }

missing=()
status=0
for thing; do
    case $thing in
        machine) problem=$(check_machine) ;;
        *)       problem=""; command -v "$thing" >/dev/null || { problem="$thing is not installed."; missing+=("$thing"); } ;;
    esac
    [[ -z $problem ]] || { echo "$problem" >&2; status=1; }
done
command=$(install_command ${missing[@]+"${missing[@]}"})
[[ -z $command ]] || echo "Install what is missing:  $command" >&2
exit $status
