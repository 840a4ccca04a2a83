#!/usr/bin/env bash
# Checks the objects of a build folder: what is compiled for one instruction set must stay within its own functions.
#   tests/check_objects.sh BUILD_FOLDER
# - Objects of src/kernels/{avx2,avxvnni,avx512,avx512bf16} have no weak symbols (a linker could take their copy of an inline
#   function for the whole program), no start-up code (it would run before the processor is asked), nothing of the
#   standard library, and export functions that carry the set's name alone.
# - No other object but those of bench/ holds AVX or later instructions, except in functions named after a set
#   (hand-written assembly).
# - No other source is compiled with -m flags.
# - No function is defined in two rooms: a linker takes one of two in static libraries and says nothing.
# Prints each offence; exit 1 if there is any, 77 for a build with sanitizers, which add symbols of their own.
set -euo pipefail
build=${1:?usage: tests/check_objects.sh BUILD_FOLDER}
commands=$build/compile_commands.json
sets='src/kernels/(avx2|avxvnni|avx512|avx512bf16)/'
bad=0 n_set=0 n_other=0
offence() { echo "$1: $2"; bad=1; }

if grep -q -- '-fsanitize=' "$commands"; then echo "not checked: built with sanitizers"; exit 77; fi

check_set_object() {
  local symbols line type name set
  set=$(sed -E "s#.*$sets.*#\1#" <<<"$2")
  symbols=$(nm -C "$1")
  while read -r line; do
    read -r type name <<<"$(sed -E 's/^[0-9a-f]* +//' <<<"$line")"
    case "$type" in
      [VvWwu]) offence "$2" "weak symbol $name" ;;
      U) if [[ $name =~ ^(std::|operator|__cxa) ]]; then offence "$2" "uses $name"; fi ;;
      [a-z]) [[ $name == _GLOBAL__sub_I* ]] && offence "$2" "start-up code $name" ;;
      *) [[ $name =~ ^hanok::[a-z0-9_]+_$set\( ]] || offence "$2" "exports $name" ;;
    esac
  done < <(sed '/^$/d' <<<"$symbols")
  if size -A "$1" | grep -qE '^\.(init_array|ctors)'; then offence "$2" "start-up code in .init_array"; fi
}

# The VEX and EVEX instructions: those that begin with v, masks, and BMI.
vex='^(v[a-z]|k(add|and|mov|not|or|shift|test|unpck|xn?or)|andn$|bextr$|bls(i|r|msk)$|bzhi$|mulx$|p(dep|ext)$|rorx$|s(ar|hl|hr)x$)'
check_other_object() {
  local found
  found=$(objdump -d -C --no-show-raw-insn --no-addresses "$1" | awk -v vex="$vex" '
    /^<.*>:$/ { fn = $0; named = fn ~ /_(avx2|avxvnni|avx512|avx512bf16)\(/ }
    !named { op = $1 == "{vex}" ? $2 : $1 }
    !named && op ~ vex && op !~ /^ver[rw]$/ { print op " in " fn; exit }')
  [ -z "$found" ] || offence "$2" "AVX instruction $found"
}

while IFS=$'\t' read -r command file output; do
  object=$build/$output
  [[ $output == *.o && -e $object ]] || continue  # a precompiled header, or a target that was not built
  if [[ $file =~ $sets ]]; then
    n_set=$((n_set + 1))
    check_set_object "$object" "$file"
  elif [[ $file != */tests/* && $file != */bench/* ]]; then  # benchmarks of single instructions ask the processor
    n_other=$((n_other + 1))
    flag=$(grep -oE -- ' -m(arch|tune|avx|sse|f16c|fma|bmi|lzcnt|popcnt)[^ ]*' <<<"$command" | head -1) || true
    [ -z "$flag" ] || offence "$file" "compiled with$flag"
    check_other_object "$object" "$file"
  fi
done < <(awk -F'"' '/"command":/ { c = o = $0; sub(/.* -o /, "", o); sub(/ .*/, "", o) } /"file":/ { print c "\t" $4 "\t" o }' "$commands")

while read -r name; do offence "$(c++filt "$name")" "defined twice"; done < <(
  nm --defined-only "$build"/libhanok_*.a | awk '$2 ~ /^[TDBR]$/ { print $3 }' | sort | uniq -d)

if [ "$n_set" -eq 0 ] || [ "$n_other" -eq 0 ]; then echo "no objects in $build"; exit 1; fi
echo "checked $n_set objects of instruction sets and $n_other others"
exit $bad
