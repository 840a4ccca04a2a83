# shellcheck shell=bash disable=SC2034
# The Debian 12 packages Hanok needs, in one place; sourced by run and test.
build_packages=(g++ cmake ninja-build pkg-config libfmt-dev libexpected-dev nlohmann-json3-dev libcli11-dev libpcre2-dev
  libutf8proc-dev libcurl4-openssl-dev libssl-dev libzip-dev zlib1g-dev libargon2-dev libpugixml-dev
  libedit-dev ca-certificates python3-pip poppler-utils poppler-data)
test_packages=(libgtest-dev libgmock-dev libcpp-httplib-dev clang-format tesseract-ocr
  tesseract-ocr-kor fonts-nanum)
# Node.js from elsewhere brings its own npm, and Debian's package cannot be installed beside it.
command -v npm >/dev/null || test_packages+=(npm)

# say KOREAN ENGLISH: one line in the user's language, on standard error.
say() {
  case "${HANOK_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" in
    ko*) printf '%s\n' "$1" >&2 ;;
    *) printf '%s\n' "$2" >&2 ;;
  esac
}

# install_packages NAME...: installs those that are missing; asks for root only then.
install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "패키지를 설치합니다: ${missing[*]}" "Installing packages: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { say "root 권한이 필요합니다: apt-get install ${missing[*]}" "Needs root: apt-get install ${missing[*]}"; return 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

# show_progress KOREAN ENGLISH: turns ninja's lines into one bar with an ETA on a terminal, into one line in twenty
# elsewhere; what a failing command printed passes unchanged.
show_progress() {
  local line done_ total begun="" now eta said=-1
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (Building|Linking|Generating) ]]; then
      done_=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
      printf -v now '%(%s)T' -1
      [ -n "$begun" ] || { begun=$now; say "$1" "$2"; }
      eta=$(((now - begun) * (total - done_) / done_))
      if [ -t 2 ]; then
        printf '\r\033[K%3d%% [%d/%d] ETA %d:%02d' $((done_ * 100 / total)) "$done_" "$total" $((eta / 60)) $((eta % 60)) >&2
      elif [ $((done_ * 20 / total)) != "$said" ]; then
        said=$((done_ * 20 / total))
        printf '%3d%% [%d/%d]\n' $((done_ * 100 / total)) "$done_" "$total" >&2
      fi
    elif [[ ! $line =~ ^(\[[0-9]+/[0-9]+\]\ |ninja:\ (Entering|no\ work)|--\ ) ]]; then
      printf '%s\n' "$line" >&2
    fi
  done
  [ -z "$begun" ] || [ ! -t 2 ] || printf '\n' >&2
}

# build PRESET: configures once and builds what changed; silent when nothing did.
build() {
  local preset=$1 log
  if [ ! -f "build/$preset/build.ninja" ]; then
    say "빌드를 준비합니다 ($preset)" "Configuring ($preset)"
    log=$(mktemp)
    cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; return 1; }
    rm -f "$log"
  fi
  # ninja itself finds out what changed: a dry run cannot, since it always lists the check for new files.
  ninja -C "build/$preset" 2>&1 | show_progress "빌드합니다 ($preset)" "Building ($preset)"
}
