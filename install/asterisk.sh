#!/bin/bash
# Says which Asterisk the private stack runs, and gets one when there is none. Prints a line `PREFIX VERSION`: PREFIX is
# `/` for the machine's own, else the folder of a root that holds one (install/asterisk-root.sh).
#
#   install/asterisk.sh [bullseye]    bullseye: Debian 11's 16.28 instead, which has no chan_websocket
#
# New enough is 20.16, 22.6 or anything from 23 on: audio per caller over WebSocket (chan_websocket) came with these.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# answer PREFIX: the line for the Asterisk of a root.
answer() { printf '%s %s\n' "$1" "$(sed -n '1s/^Asterisk \([0-9][0-9.]*\).*/\1/p' "$1/.queueapp-complete")"; }

case ${1:-} in
  '') ;;
  bullseye)
    root=$("$QUEUEAPP_HOME/install/asterisk-root.sh" --suite bullseye)
    answer "$root"
    exit 0 ;;
  -h|--help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) say "usage: install/asterisk.sh [bullseye]"; exit 2 ;;
esac

new_enough() {
  case $1 in
    20.*) version_at_least "$1" 20.16 ;;
    21.*) return 1 ;;                        # its support has ended
    22.*) version_at_least "$1" 22.6 ;;
    *) version_at_least "${1:-0}" 23 ;;
  esac
}

host_version() { { PATH="$PATH:/usr/sbin" asterisk -V 2>/dev/null || true; } | sed -n 's/^Asterisk \([0-9][0-9.]*\).*/\1/p'; }

version=$(host_version)
if new_enough "$version"; then printf '/ %s\n' "$version"; exit 0; fi

root=$("$QUEUEAPP_HOME/install/asterisk-root.sh" --print) && have_root=yes || have_root=no
if [ "$have_root" = no ]; then
  "$QUEUEAPP_HOME/install/packages.sh" --lists-only
  # Epoch and Debian's revision are no part of Asterisk's own number.
  candidate=$(apt-cache policy asterisk | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}\([0-9][0-9.]*\).*/\2/p')
  if [ -z "$version" ] && new_enough "$candidate"; then
    "$QUEUEAPP_HOME/install/packages.sh" "${ASTERISK_PACKAGES[@]}"
    version=$(host_version)
    new_enough "$version" || die "apt's Asterisk does not run" "try: asterisk -V"
    printf '/ %s\n' "$version"
    exit 0
  fi
  say "· this machine's Asterisk is ${version:-missing}, apt's is ${candidate:-missing}; wanted is 20.16, 22.6 or newer"
  root=$("$QUEUEAPP_HOME/install/asterisk-root.sh")
fi
answer "$root"
