#!/usr/bin/env bash
# Checks that every source file is formatted as .clang-format says, and that it opens with a sentence; where there is a
# header of the same name, that one does.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -d '' files < <(find src tests fuzz bench tools -name '*.h' -print0 -o -name '*.cpp' -print0 -o -name '*.inc' -print0 | sort -z)
clang-format --dry-run -Werror "${files[@]}"
bad=0
for file in "${files[@]}"; do
  [ "$file" != "${file%.cpp}.cpp" ] || [ ! -e "${file%.cpp}.h" ] || continue
  head -n 1 "$file" | grep -q '^// ' || { echo "$file: does not open with a sentence"; bad=1; }
done
exit $bad
