#!/bin/bash
# Builds the fuzz targets with clang and runs each for SECONDS (default 60): tools/fuzz.sh [SECONDS] [TARGET…]
# Inputs that break something are left in build/fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
build=${HANOK_FUZZ_BUILD:-build/fuzz}
mkdir -p "$build"
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="${CXX:-clang++}" -DHANOK_TESTS=OFF \
  -DHANOK_FUZZ=ON -DHANOK_SANITIZE=address,undefined,fuzzer-no-link "${launcher[@]}" >"$build/cmake.log" 2>&1 || { cat "$build/cmake.log" >&2; exit 1; }

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for source in fuzz/*_fuzz.cpp; do names+=("$(basename "$source" .cpp)"); done
fi
targets=()
for name in "${names[@]}"; do targets+=("fuzz/$name"); done
ninja -C "$build" "${targets[@]}"

failed=0
mkdir -p "$build/findings"
for name in "${names[@]}"; do
  mkdir -p "$build/corpus/$name"
  seeds=("$build/corpus/$name")
  [ -d "fuzz/seeds/$name" ] && seeds+=("fuzz/seeds/$name")
  case $name in
    template_fuzz) seeds+=(tests/text/templates) ;;
    sentencepiece_fuzz) seeds+=(goldens/text/tokenizers) ;;
  esac
  echo "== $name for $seconds s"
  "$build/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$build/findings/$name-" "${seeds[@]}" >"$build/$name.log" 2>&1 || { failed=1; tail -40 "$build/$name.log"; }
  grep -E "number_of_executed_units|average_exec" "$build/$name.log" || true
done
exit $failed
