# Bash completion of wakemake's targets and options: `source docker/completion.bash`, in its directory.
#
#   make tra<Tab>        -> make train
#   make train SAM<Tab>  -> make train SAMPLES=

_wakemake() {
    local current="${COMP_WORDS[COMP_CWORD]}" targets options
    [ -f config.mk ] && [ -f Makefile ] || return 0
    # make's own database of rules, without running any: real targets only, neither files nor patterns.
    targets=$(make -qp --no-print-directory help 2>/dev/null | sed -n 's/^\([a-z][a-z0-9_-]*\):\( .*\)\?$/\1/p' | sort -u)
    options=$(sed -n 's/^\([A-Z][A-Z0-9_]*\)[[:space:]]*[:?]\?=.*/\1=/p' config.mk | sort -u)
    # shellcheck disable=SC2207  # no name of a target or an option holds a space
    COMPREPLY=($(compgen -W "$targets $options" -- "$current"))
    if [ "${#COMPREPLY[@]}" -eq 1 ] && [ "${COMPREPLY[0]: -1}" = "=" ]; then
        compopt -o nospace
    fi
}
complete -F _wakemake make
