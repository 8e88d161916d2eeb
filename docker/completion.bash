# Bash completion of wakemake's targets, settings and words: `source docker/completion.bash`, in its directory.
#
#   make tra<Tab>            -> make train
#   make train SAM<Tab>      -> make train SAMPLES=
#   make train WORD=h<Tab>   -> make train WORD=hey\ buster.      a word that was spoken before

# What `make -qp` knows of SETTINGS or DATA_DIR: make's own database, without running any rule.
_wakemake_value() { sed -n "s/^$1 :\?= //p" <<<"$2" | tail -n 1; }

_wakemake() {
    local current="${COMP_WORDS[COMP_CWORD]}" known word quote="" offered=()
    [[ -f config.mk && -f Makefile ]] || return 0
    known=$(make -qp --no-print-directory help 2>/dev/null)
    if [[ ${COMP_LINE:0:COMP_POINT} =~ [[:space:]]WORD=[^=]*$ ]]; then
        [[ $current == "=" ]] && current=""
        [[ $current == [\"\']* ]] && quote=${current:0:1} && current=${current:1}
        current=${current//\\/}
        while read -r word; do
            [[ $word == "$current"* ]] || continue
            if [[ -n $quote ]]; then offered+=("$word"); else offered+=("$(printf %q "$word")"); fi
        done < <(cat "$(_wakemake_value DATA_DIR "$known")"/work/*/samples.params 2>/dev/null | sed -n 's/^WORD=//p' | sort -u)
        COMPREPLY=("${offered[@]}")
        return
    fi
    # Real targets only, neither files nor patterns; no name of a target or a setting holds a space.
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen -W "$(sed -n 's/^\([a-z][a-z0-9_-]*\):\( .*\)\?$/\1/p' <<<"$known" | sort -u)
        $(_wakemake_value SETTINGS "$known" | sed 's/[A-Z_]\+/&=/g')" -- "$current"))
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace
    fi
}
complete -o default -F _wakemake make
