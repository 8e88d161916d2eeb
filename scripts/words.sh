#!/bin/bash
# Runs a command once for each word of a file, and says at the end which succeeded.
#   scripts/words.sh my-words.txt make train          runs: make train WORD="first line" and so on
# One word a line; blank lines and lines that begin with # are left out. A word that fails does not stop the others.
set -u
file=$1
shift
if [[ ! -r $file ]]; then
  echo "WORDS=$file is not there: write a file with one word a line, and type: make words WORDS=my-words.txt" >&2
  exit 1
fi
trap 'exit 130' INT
trained=() failed=() lines=()
while IFS= read -r word || [[ -n $word ]]; do lines+=("$word"); done <"$file"
for word in ${lines[@]+"${lines[@]}"}; do       # bash 3.2 calls an empty list unset
  word=${word%$'\r'}
  word=${word#"${word%%[![:space:]]*}"}
  word=${word%"${word##*[![:space:]]}"}
  [[ -z $word || $word == '#'* ]] && continue
  echo "=== $word"
  if "$@" WORD="$word"; then trained+=("$word"); else failed+=("$word"); fi
done

# make -n runs this too, so that each word's plan is shown, but then nothing was trained.
flags=${MAKEFLAGS-}
flags=${flags%% *}
[[ $flags != -* && $flags == *n* ]] && exit

if ((${#trained[@]} + ${#failed[@]} == 0)); then
  echo "$file holds no word: write one a line" >&2
  exit 1
fi
echo
((${#trained[@]})) && printf 'trained: %s\n' "${trained[@]}"
((${#failed[@]})) && printf 'failed:  %s\n' "${failed[@]}"
((${#failed[@]} == 0))
