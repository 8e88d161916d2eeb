#!/bin/bash
# Runs a command once for each word of a file, and says at the end which succeeded.
#   bash scripts/make/words.sh my-words.txt make train          runs: make train WORD="first line" and so on
# One word a line, in UTF-8 (or UTF-16, as Windows saves it). # begins a comment, at the beginning of a line or behind a blank.
# A word that fails does not stop the others.
set -u
file=$1
shift
stop() { printf '%s\n' "WORDS=$file $*" >&2; exit 1; }
[[ ! -d $file ]] || stop "is a directory: name a file with one word a line"
[[ -r $file ]] || stop "is not there, or not readable: write a file with one word a line, and type: make words WORDS=my-words.txt"

# The marks at the beginning by which Windows says how a file is encoded.
case $(od -An -tx1 -N2 <"$file" | tr -d ' \n') in
  fffe | feff)
    text=$(iconv -f UTF-16 -t UTF-8 <"$file") || stop "is UTF-16 and cannot be read here: save it as UTF-8" ;;
  *) text=$(tr -d '\000' <"$file") ;;
esac
text=${text#$'\xef\xbb\xbf'}
utf8=$'^([\x01-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf][\x80-\xbf][\x80-\xbf])*$'

words=() number=0
while IFS= read -r word; do
  number=$((number + 1))
  (LC_ALL=C; [[ $word =~ $utf8 ]]) || stop "line $number is not UTF-8: save the file as UTF-8 (or: iconv -f LATIN1 -t UTF-8 $file)"
  word=${word%$'\r'}
  [[ $word == *[[:space:]]#* ]] && word=${word%%[[:space:]]#*}
  word=${word#"${word%%[![:space:]]*}"}
  word=${word%"${word##*[![:space:]]}"}
  [[ -z $word || $word == '#'* ]] || words+=("$word")
done <<<"${text//$'\r\n'/$'\n'}"
((${#words[@]})) || stop "holds no word: write one a line"

trap 'exit 130' INT
trained=() failed=()
for word in "${words[@]}"; do
  echo "=== $word"
  if "$@" WORD="$word"; then trained+=("$word"); else failed+=("$word"); fi
done

# make -n runs this too, so that each word's plan is shown, but then nothing was trained.
flags=${MAKEFLAGS-}
flags=${flags%% *}
[[ $flags != -* && $flags == *n* ]] && exit

echo
((${#trained[@]})) && printf 'trained: %s\n' "${trained[@]}"
((${#failed[@]})) && printf 'failed:  %s\n' "${failed[@]}"
((${#failed[@]} == 0))
