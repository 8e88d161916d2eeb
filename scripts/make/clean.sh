#!/bin/bash
# Deletes files that wakemake made below DATA_DIR, by their names. Other files and links are listed and kept.
#   scripts/make/clean.sh DATA_DIR WHAT...     WHAT: word=SLUG work common verify archives intermediates datasets venv microwakeword compiled python cluster locks
# A folder is wakemake's if it holds a file that only wakemake writes: DATA_DIR may be a home directory with other files.
set -eo pipefail               # without -u: bash 3.2 takes an empty list for an unset one
shopt -s nullglob dotglob
data=$1
shift
kept=() deleted=()

# delete PATH...: delete those that exist. Links are kept, since their targets may be someone else's.
delete() {
  local path
  for path; do
    if [[ -L $path ]]; then kept+=("$path, a link to $(readlink "$path")")
    elif [[ -e $path ]]; then rm -rf -- "$path" && deleted+=("$path"); fi
  done
}

# delete_stages FOLDER NAME...: delete each NAME, its stamp, its log and leftovers of a killed stage.
delete_stages() {
  local name
  for name in "${@:2}"; do delete "$1/$name" "$1/$name".*; done
}

# remove_folder FOLDER: delete it if it is empty; otherwise list its contents.
remove_folder() {
  rmdir -- "$1" 2>/dev/null || kept+=("$1"/*)
}

# is_ours PATH FILE...: whether PATH is a folder that holds one of the FILEs; otherwise list it, or delete it if it is empty.
is_ours() {
  local path=$1 file
  if [[ -L $path ]]; then kept+=("$path, a link to $(readlink "$path")"); return 1; fi
  [[ -e $path ]] || return 1
  for file in "${@:2}"; do [[ -f $path/$file ]] && return; done
  rmdir -- "$path" 2>/dev/null || kept+=("$path")
  return 1
}

# list_paths FOLDER: set `paths` to its contents; a link is listed and not followed.
list_paths() {
  paths=()
  if [[ -L $1 ]]; then kept+=("$1, a link to $(readlink "$1")"); elif [[ -d $1 ]]; then paths=("$1"/*); fi
}

clean_word() {
  is_ours "$1" samples.params sample.made || return 0
  [[ -f $1/samples.params ]] && delete_stages "$1" samples features model export evaluation examples recordings comparison published
  delete "$1"/{train.params,publish.params,times.jsonl,sample.wav,sample.wav.part,sample.made}
  remove_folder "$1"
}

clean_common() {
  local path
  for path in "$1"/*; do                                   # languages other than English
    if [[ ! -L $path && -f $path/samples.params ]]; then clean_common "$path"; fi
  done
  is_ours "$1" samples.params || return 0
  delete_stages "$1" samples features embeddings pretrained beginning   # beginning: the name of pretrained in earlier versions
  delete "$1/times.jsonl"
  remove_folder "$1"
}

clean_environment() {
  if [[ -f $1.log ]] || is_ours "$1" installed.lock checked.stamp; then delete "$1" "$1.log"; fi
}

clean_datasets() {
  local path made=(convert.params source.params)
  list_paths "$data/datasets"
  for path in "${paths[@]}"; do
    case $1 in
      archives) [[ ! -e $path/archive ]] || { is_ours "$path" "${made[@]}" && delete_stages "$path" archive; } ;;
      intermediates) [[ ! -e $path/raw && ! -e $path/16k.converting ]] || { is_ours "$path" "${made[@]}" && delete_stages "$path" raw 16k.converting; } ;;
      all) is_ours "$path" "${made[@]}" && delete_stages "$path" archive raw 16k voice features && delete "$path/lock" "$path"/*.params && remove_folder "$path" ;;
    esac || true
  done
  [[ ! -d $data/datasets || -L $data/datasets ]] || rmdir -- "$data/datasets" 2>/dev/null || true
}

for what; do
  case $what in
    word=*) clean_word "$data/work/${what#*=}" ;;
    work)
      for home in "$data" "$data"/seeds/*; do                  # scripts/cluster/seeds.py
        list_paths "$home/work"
        for path in "${paths[@]}"; do clean_word "$path"; done
        [[ -L $home/work ]] || rmdir -- "$home/work" 2>/dev/null || true
      done ;;
    common) clean_common "$data/common" ;;
    archives | intermediates) clean_datasets "$what" ;;
    datasets) clean_datasets all ;;
    verify)
      if [[ ! -L $data/verify && -L $data/verify/datasets ]]; then      # the only link that wakemake makes
        rm -- "$data/verify/datasets"
        delete "$data"/verify/{work,common,output,compiled,locks}
      fi
      is_ours "$data/verify" || true ;;
    venv) clean_environment "$data/venv" ;;
    microwakeword)
      if is_ours "$data/microwakeword" source.params; then
        clean_environment "$data/microwakeword/venv"
        delete_stages "$data/microwakeword" source checked
        remove_folder "$data/microwakeword"
      fi ;;
    compiled)
      if [[ -d $data/compiled && ! -L $data/compiled ]]; then           # by Numba
        find "$data/compiled" -type f -name '*.nb[ic]' -delete
        find "$data/compiled" -mindepth 1 -depth -type d -empty -delete
        deleted+=("$data/compiled")
      fi
      is_ours "$data/compiled" || true ;;
    python)                                                              # from scripts/make/python.sh
      if [[ -d $data/python && ! -L $data/python ]]; then
        delete "$data"/python/cpython-*-install_only_stripped.tar.gz{,.part} "$data"/python/cpython-*.part
        for path in "$data"/python/cpython-*; do [[ ! -x $path/bin/python3 ]] || delete "$path"; done
      fi
      is_ours "$data/python" || true ;;
    cluster) [[ -L $data/cluster ]] || delete "$data"/cluster/{token,calls,logs,keys}
      folder "$data/cluster" || true ;;
    locks) [[ -L $data/locks ]] || delete "$data"/locks/{shared,verify,word-*}
      is_ours "$data/locks" || true ;;
  esac
done

if ((${#deleted[@]})); then
  echo "Deleted what wakemake made in:"
  printf '  %s\n' "${deleted[@]%/*}" | sort -u
else
  echo "There is nothing to delete that wakemake made."
fi
if ((${#kept[@]})); then
  {
    echo "Left, since wakemake did not make it or it is a link. Delete it yourself if you do not need it:"
    printf '  %s\n' "${kept[@]:0:20}"
    ((${#kept[@]} <= 20)) || echo "  and $((${#kept[@]} - 20)) more"
  } >&2
fi
