#!/usr/bin/env bash
# Checks that no folder of src/ includes one above it. Prints each offence; exit 1 if there is any.
set -euo pipefail
cd "$(dirname "$0")/.."
rooms=(base documents tensor kernels formats text ops nn model engine search convert hub app)
level() { for i in "${!rooms[@]}"; do [ "${rooms[$i]}" = "$1" ] && { echo "$i"; return; }; done; echo -1; }
bad=0
for room in src/*/; do
  name=$(basename "$room"); own=$(level "$name")
  [ "$own" -ge 0 ] || { echo "src/$name: not a room of the plan"; bad=1; continue; }
  while IFS=: read -r file line include; do
    used=$(sed -n 's|.*#include "\([a-z]*\)/.*|\1|p' <<<"$include"); target=$(level "$used")
    if [ "$target" -lt 0 ] || [ "$target" -gt "$own" ]; then echo "$file:$line: $name must not include $used"; bad=1; fi
    # The store knows files, not models: it may not see the rooms between formats and itself.
    if [ "$name" = hub ] && [ "$target" -gt "$(level formats)" ] && [ "$used" != hub ]; then echo "$file:$line: hub must not include $used"; bad=1; fi
    # What reads documents is for those above: models and their files know nothing of it.
    if [ "$used" = documents ] && [[ ! $name =~ ^(documents|search|app)$ ]]; then echo "$file:$line: $name must not include documents"; bad=1; fi
    # The operations and the text side do not know each other.
    if [ "$name" = ops ] && { [ "$used" = text ] || [ "$used" = formats ]; }; then echo "$file:$line: ops must not include $used"; bad=1; fi
  done < <(grep -rnE '#include "[a-z]+/' "$room" || true)
done
exit $bad
