# shellcheck shell=bash
# What install/stack, install/demo, install/test and the other scripts here share: steps that print what they do and how
# long it took, root rights, Node and the packages of npm. To be sourced, not run.
#
# Exit status of everything that uses this: 0 done, 1 a step failed (it says what to do), 2 wrong usage.

QUEUEAPP_HOME="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
export QUEUEAPP_HOME
NODE_WANTED=20.11          # oldest Node that the application, its tools and this stack run on
NODE_TO_FETCH=22           # what is fetched when neither the machine nor apt has one
# An Asterisk with its modules, its recorded English and Russian, and music.
# shellcheck disable=SC2034
ASTERISK_PACKAGES=(asterisk asterisk-modules asterisk-core-sounds-en asterisk-core-sounds-en-wav
  asterisk-core-sounds-ru asterisk-core-sounds-ru-wav asterisk-moh-opsound-wav)

# The one folder outside the checkout that anything here writes to (packages apart).
cache_dir() {
  if [ -n "${QUEUEAPP_CACHE:-}" ]; then printf '%s\n' "${QUEUEAPP_CACHE%/}"
  elif [ "$(id -u)" = 0 ]; then printf '/var/cache/queueapp\n'
  else printf '%s/queueapp\n' "${XDG_CACHE_HOME:-$HOME/.cache}"
  fi
}

say() { printf '%s\n' "$*" >&2; }

# die MESSAGE [WHAT-TO-DO]
die() {
  say "✗ $1"
  [ $# -lt 2 ] || say "  → $2"
  exit 1
}

now_ms() { local t=${EPOCHREALTIME/[.,]/}; printf '%s\n' "${t:0:-3}"; }
seconds_since() { local ms=$(( $(now_ms) - $1 )); printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100)); }

# step "what is being done" "what to do when it fails" COMMAND...: the command's output goes to a log file, whose last
# lines are shown when it fails.
step() {
  local what=$1 cure=$2 start log status=0
  shift 2
  log=$(mktemp "${TMPDIR:-/tmp}/queueapp-step.XXXXXX")
  start=$(now_ms)
  say "· $what"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" != 0 ]; then
    say "✗ $what ($(seconds_since "$start"), exit status $status). Its last lines:"
    tail -n 25 "$log" | sed 's/^/    /' >&2
    rm -f "$log"
    say "  → $cure"
    exit 1
  fi
  rm -f "$log"
  say "✓ $what ($(seconds_since "$start"))"
}

# Runs a command with root's rights; DEBIAN_FRONTEND is passed on because sudo drops the environment.
as_root() {
  if [ "$(id -u)" = 0 ]; then DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then sudo DEBIAN_FRONTEND=noninteractive "$@"
  else die "root's rights are needed for: $*" "run this as root, or install sudo and allow it to this user"
  fi
}

# version_at_least HAVE WANTED
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

node_version() { { node --version 2>/dev/null || true; } | sed -n 's/^v\([0-9][0-9.]*\).*/\1/p'; }
node_is_good() { local have; have=$(node_version); [ -n "$have" ] && version_at_least "$have" "$NODE_WANTED" && command -v npm >/dev/null; }

fetch_node() { npm install --no-save --no-audit --no-fund --prefix "$1" "node@$NODE_TO_FETCH"; }

# Makes sure that `node` (20.11 or newer) and `npm` are on the PATH: the machine's own, else apt's, else the npm package `node` in
# the cache folder.
ensure_node() {
  local own candidate
  own="$(cache_dir)/node"
  if node_is_good; then return; fi
  if [ -x "$own/node_modules/node/bin/node" ]; then
    PATH="$own/node_modules/node/bin:$PATH"; hash -r
    if node_is_good; then export PATH; return; fi
  fi
  "$QUEUEAPP_HOME/install/packages.sh" --lists-only
  candidate=$(apt-cache policy nodejs | sed -n 's/^ *Candidate: *\([0-9][0-9.]*\).*/\1/p')
  "$QUEUEAPP_HOME/install/packages.sh" nodejs npm
  hash -r
  if node_is_good; then return; fi
  command -v npm >/dev/null || die "there is no npm" "install Node $NODE_WANTED or newer with npm (apt offers nodejs ${candidate:-none})"
  mkdir -p "$own"
  step "fetching Node $NODE_TO_FETCH (apt's is ${candidate:-missing}) into $own" \
    "check that npm reaches its registry (npm ping), or install Node $NODE_WANTED or newer yourself" fetch_node "$own"
  export PATH="$own/node_modules/node/bin:$PATH"; hash -r
  node_is_good || die "the Node that npm fetched does not run" "install Node $NODE_WANTED or newer yourself, then run this again"
}

# npm 11 refuses `npm ci` when the lock file lacks packages that are only for other systems, which a lock file that was
# written behind some mirrors does. `npm install` then installs the very same versions and leaves the lock file alone.
npm_ci() {
  cd "$QUEUEAPP_HOME" || return
  npm ci --no-audit --no-fund || npm install --no-save --no-audit --no-fund
}

# Are the packages that package-lock.json names installed, in its versions? (Dates of files say nothing after a git clone.)
npm_is_complete() {
  [ -f "$QUEUEAPP_HOME/node_modules/.package-lock.json" ] && node -e '
    const read = (file) => JSON.parse(require("fs").readFileSync(process.argv[1] + file, "utf8")).packages;
    const wanted = read("/package-lock.json"), have = read("/node_modules/.package-lock.json");
    process.exit(Object.entries(wanted).every(([name, p]) => name === "" || p.optional || have[name]?.version === p.version) ? 0 : 1);
  ' "$QUEUEAPP_HOME"
}

# Installs node_modules from package-lock.json when they are missing or not those of the lock file.
ensure_npm() {
  if npm_is_complete; then return; fi
  step "installing the npm packages (npm ci)" \
    "check that npm reaches its registry (npm ping), then run: cd $QUEUEAPP_HOME && npm ci" npm_ci
}

# run_ts FILE ARGUMENTS...: replaces this shell by a TypeScript program of the checkout.
run_ts() {
  local file=$1; shift
  exec node --import "$QUEUEAPP_HOME/node_modules/tsx/dist/loader.mjs" "$file" "$@"
}
