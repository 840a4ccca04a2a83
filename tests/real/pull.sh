#!/usr/bin/env bash
# Gets the real models of tests/real through `hanok pull`, as a user would, into STORE; those the user's own store has
# are taken from there. Exit 77 (skipped) only when they cannot be had: no pip, no network, no time.
#   tests/real/pull.sh HANOK STORE MODEL...
set -uo pipefail
hanok=$1 store=$2
shift 2
not_found=6 no_network=8 no_room=10 too_late=124
deadline=$((SECONDS + 420))

mkdir -p "$store"
skipped=false
for model in "$@"; do
  why=$store/why-not-$model
  rm -f "$why"
  "$hanok" pull "$model" --offline --accept-licence "$model" >/dev/null 2>&1 && continue
  said=$(XDG_DATA_HOME=$store timeout --signal INT --kill-after 20 $((deadline > SECONDS ? deadline - SECONDS : 1)) \
    "$hanok" pull "$model" --accept-licence "$model" 2>&1)
  code=$?
  case $code in
    0) ;;
    "$not_found" | "$no_network" | "$no_room" | "$too_late" | 130)
      printf '%s: %s\n' "$model" "${said:-no answer in time}" | tr '\r' '\n' | tail -5 | tee "$why"
      skipped=true ;;
    *)
      printf '%s: hanok pull failed with %s\n%s\n' "$model" "$code" "$said"
      exit 1 ;;
  esac
done
! $skipped || exit 77
