#!/bin/bash
# Deletes what wakemake made below DATA_DIR, by the names it gives; anything else, and links, are named and left.
#   scripts/make/clean.sh DATA_DIR WHAT...     WHAT: word=SLUG work common verify archives intermediates datasets venv microwakeword compiled python locks
# A folder is wakemake's where it holds a file that only wakemake writes: DATA_DIR may be a home directory, full of other things.
set -eo pipefail               # without -u: bash 3.2 takes an empty list for an unset one
shopt -s nullglob dotglob
data=$1
shift
left=() deleted=()

# delete PATH...: those that are there. What a link names may be another's.
delete() {
  local path
  for path; do
    if [[ -L $path ]]; then left+=("$path, a link to $(readlink "$path")")
    elif [[ -e $path ]]; then rm -rf -- "$path" && deleted+=("$path"); fi
  done
}

# stages FOLDER NAME...: each NAME, its stamp, its log and what a killed stage left of it.
stages() {
  local name
  for name in "${@:2}"; do delete "$1/$name" "$1/$name".*; done
}

# close_up FOLDER: delete it if nothing is left in it; else name what is.
close_up() {
  rmdir -- "$1" 2>/dev/null || left+=("$1"/*)
}

# folder PATH FILE...: whether PATH is a folder that holds one of the FILEs; else it is named, or deleted if it is empty.
folder() {
  local path=$1 file
  if [[ -L $path ]]; then left+=("$path, a link to $(readlink "$path")"); return 1; fi
  [[ -e $path ]] || return 1
  for file in "${@:2}"; do [[ -f $path/$file ]] && return; done
  rmdir -- "$path" 2>/dev/null || left+=("$path")
  return 1
}

# those_in FOLDER: the paths in it, in `paths`; none in a link, which is named.
those_in() {
  paths=()
  if [[ -L $1 ]]; then left+=("$1, a link to $(readlink "$1")"); elif [[ -d $1 ]]; then paths=("$1"/*); fi
}

word() {
  folder "$1" samples.params sample.made || return 0
  [[ -f $1/samples.params ]] && stages "$1" samples features model export evaluation examples published
  delete "$1"/{train.params,publish.params,times.jsonl,sample.wav,sample.wav.part,sample.made}
  close_up "$1"
}

common() {
  local path
  for path in "$1"/*; do                                   # of other languages than English
    if [[ ! -L $path && -f $path/samples.params ]]; then common "$path"; fi
  done
  folder "$1" samples.params || return 0
  stages "$1" samples features embeddings pretrained beginning   # beginning: what earlier versions called pretrained
  delete "$1/times.jsonl"
  close_up "$1"
}

environment() {
  if [[ -f $1.log ]] || folder "$1" installed.lock checked.stamp; then delete "$1" "$1.log"; fi
}

datasets() {
  local path made=(convert.params source.params)
  those_in "$data/datasets"
  for path in "${paths[@]}"; do
    case $1 in
      archives) [[ ! -e $path/archive ]] || { folder "$path" "${made[@]}" && stages "$path" archive; } ;;
      intermediates) [[ ! -e $path/raw && ! -e $path/16k.converting ]] || { folder "$path" "${made[@]}" && stages "$path" raw 16k.converting; } ;;
      all) folder "$path" "${made[@]}" && stages "$path" archive raw 16k voice features && delete "$path/lock" "$path"/*.params && close_up "$path" ;;
    esac || true
  done
  [[ ! -d $data/datasets || -L $data/datasets ]] || rmdir -- "$data/datasets" 2>/dev/null || true
}

for what; do
  case $what in
    word=*) word "$data/work/${what#*=}" ;;
    work)
      for home in "$data" "$data"/seeds/*; do                  # scripts/cluster/seeds.py
        those_in "$home/work"
        for path in "${paths[@]}"; do word "$path"; done
        [[ -L $home/work ]] || rmdir -- "$home/work" 2>/dev/null || true
      done ;;
    common) common "$data/common" ;;
    archives | intermediates) datasets "$what" ;;
    datasets) datasets all ;;
    verify)
      if [[ ! -L $data/verify && -L $data/verify/datasets ]]; then      # the one link that wakemake makes itself
        rm -- "$data/verify/datasets"
        delete "$data"/verify/{work,common,output,compiled,locks}
      fi
      folder "$data/verify" || true ;;
    venv) environment "$data/venv" ;;
    microwakeword)
      if folder "$data/microwakeword" source.params; then
        environment "$data/microwakeword/venv"
        stages "$data/microwakeword" source checked
        close_up "$data/microwakeword"
      fi ;;
    compiled)
      if [[ -d $data/compiled && ! -L $data/compiled ]]; then           # Numba's
        find "$data/compiled" -type f -name '*.nb[ic]' -delete
        find "$data/compiled" -mindepth 1 -depth -type d -empty -delete
        deleted+=("$data/compiled")
      fi
      folder "$data/compiled" || true ;;
    python)                                                              # what scripts/make/python.sh fetched
      if [[ -d $data/python && ! -L $data/python ]]; then
        delete "$data"/python/cpython-*-install_only_stripped.tar.gz{,.part} "$data"/python/cpython-*.part
        for path in "$data"/python/cpython-*; do [[ ! -x $path/bin/python3 ]] || delete "$path"; done
      fi
      folder "$data/python" || true ;;
    locks) [[ -L $data/locks ]] || delete "$data"/locks/{shared,verify,word-*}
      folder "$data/locks" || true ;;
  esac
done

if ((${#deleted[@]})); then
  echo "Deleted what wakemake made in:"
  printf '  %s\n' "${deleted[@]%/*}" | sort -u
else
  echo "There is nothing of wakemake's to delete."
fi
if ((${#left[@]})); then
  {
    echo "Left, since wakemake did not make it or it is a link. Delete it yourself if it may go:"
    printf '  %s\n' "${left[@]:0:20}"
    ((${#left[@]} <= 20)) || echo "  and $((${#left[@]} - 20)) more"
  } >&2
fi
