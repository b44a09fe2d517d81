#!/bin/bash
# Installs the packages that the private stack, the demonstration, the tests and the benchmarks need, and only those that are missing.
#
#   install/packages.sh [--list|--lists-only] stack|ejabberd|demo|test|bench|PACKAGE...
#
#   --list         only print the names of the missing ones
#   --lists-only   only fetch apt's package lists when the machine has none
#
# Services that come with a package (Prosody, ejabberd, …) are neither started nor enabled: the private stack runs its
# own, and a machine that already runs one keeps it as it is. Needs root or sudo when something is missing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

STACK=(prosody openssl ca-certificates procps util-linux)
EJABBERD=(ejabberd openssl util-linux)
DEMO=(sip-tester baresip-core tshark sox python3-slixmpp)
TEST=(ejabberd flite libfaketime libxml2-utils sip-tester baresip-core tshark sox python3-slixmpp lua5.4 systemd espeak-ng libsox-fmt-mp3 opus-tools icecast2 ffmpeg prometheus kamailio kamailio-sqlite-modules sqlite3)
BENCH=(sip-tester tshark python3-slixmpp liquidsoap)
# Units that come with those packages and would run from now on and at every boot.
UNITS=(prosody.service ejabberd.service asterisk.service epmd.service epmd.socket icecast2.service prometheus.service kamailio.service)
POLICY=/usr/sbin/policy-rc.d
CURE='read the lines above; usually: apt-get update fails (network, mirror) or another apt is running. Then run this again'

missing() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done
}

lists_are_there() { [ -n "$(apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages' 2>/dev/null | xargs -r ls -d 2>/dev/null)" ]; }

update_lists() { as_root apt-get update; }

units_known() { { systemctl list-unit-files --no-legend "${UNITS[@]}" 2>/dev/null || true; } | awk '{ print $1 }' | sort; }

install_packages() {
  # Asked by every package script before it starts a service: 101 means no. An administrator's own is left alone.
  local policy_is_ours=no status=0
  if [ ! -e "$POLICY" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
    as_root chmod 755 "$POLICY"
    policy_is_ours=yes
  fi
  # Captures are made as root or by nobody: no right for ordinary users is wanted, and no question in the middle.
  printf 'wireshark-common wireshark-common/install-setuid boolean false\n' | as_root debconf-set-selections
  as_root apt-get install -y --no-install-recommends "$@" || status=$?
  [ "$policy_is_ours" = no ] || as_root rm -f "$POLICY"
  return "$status"
}

disable_new_units() {
  local unit
  for unit in "$@"; do as_root systemctl disable --now "$unit" || true; done
}

wanted=()
mode=install
for word in "$@"; do
  case $word in
    --list) mode=list ;;
    --lists-only) mode=lists ;;
    -h|--help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) say "install/packages.sh: unknown option $word (try --help)"; exit 2 ;;
    stack) wanted+=("${STACK[@]}") ;;
    ejabberd) wanted+=("${EJABBERD[@]}") ;;
    demo) wanted+=("${DEMO[@]}") ;;
    test) wanted+=("${TEST[@]}") ;;
    bench) wanted+=("${BENCH[@]}") ;;
    *) wanted+=("$word") ;;
  esac
done

if [ "$mode" = lists ]; then
  lists_are_there || step "fetching apt's package lists" "$CURE" update_lists
  exit 0
fi
mapfile -t absent < <(missing ${wanted[@]+"${wanted[@]}"} | sort -u)
if [ "$mode" = list ]; then
  [ "${#absent[@]}" = 0 ] || printf '%s\n' "${absent[@]}"
  exit 0
fi
[ "${#absent[@]}" != 0 ] || exit 0

units_before=$(units_known)
# Lists that are hours old name versions that the mirror no longer has.
step "fetching apt's package lists" "$CURE" update_lists
step "installing ${absent[*]}" "$CURE" install_packages "${absent[@]}"
mapfile -t new_units < <(comm -13 <(printf '%s\n' "$units_before") <(units_known))
[ "${#new_units[@]}" = 0 ] ||
  step "leaving the machine's own ${new_units[*]} switched off" "switch them off yourself: systemctl disable --now ${new_units[*]}" \
    disable_new_units "${new_units[@]}"
