#!/bin/bash
# Makes, once, a folder that holds an Asterisk with everything it needs, by debootstrap from a Debian suite, for machines
# whose own apt has not the one that is wanted. Prints the folder. Nothing is installed on the machine itself.
#
#   install/asterisk-root.sh [--suite SUITE] [--print]
#
#   --suite SUITE  forky: Debian testing, the first suite with Asterisk 22.6 or newer (default)
#                  bullseye: Debian 11 with Asterisk 16.28, which has no chan_websocket
#   --print        only say where it is or would be; exit status 1 when it is not there or something is missing in it
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

STAMP=1                                      # raise when a root must be made anew: one of another stamp is not used
PACKAGES=("${ASTERISK_PACKAGES[@]}")         # one more is added to a root that is there already; none is taken away
PUBLIC_MIRROR=http://deb.debian.org/debian   # used only when this machine's apt knows no Debian mirror (Ubuntu)
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

ARCH=$(dpkg --print-architecture)
CACHE=$(cache_dir)
SUITE=forky
mode=make
while [ $# -gt 0 ]; do
  case $1 in
    --suite) SUITE=${2:-}; shift ;;
    --print) mode=print ;;
    -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) SUITE= ;;
  esac
  [ $# = 0 ] || shift
done
case $SUITE in
  forky) ;;
  bullseye) PACKAGES+=(asterisk-voicemail) ;;        # later suites have it in asterisk-modules
  *) say "usage: install/asterisk-root.sh [--suite forky|bullseye] [--print]"; exit 2 ;;
esac
ROOT="$CACHE/asterisk-root-$SUITE-$ARCH-$STAMP"

# The wanted packages that a root has not: dpkg keeps a list of files for each one that is installed.
absent_in() {
  local root=$1 package
  for package in "${PACKAGES[@]}"; do
    [ -e "$root/var/lib/dpkg/info/$package.list" ] || printf '%s\n' "$package"
  done
}
is_complete() { [ -f "$ROOT/.queueapp-complete" ] && [ -z "$(absent_in "$ROOT")" ]; }

if [ "$mode" = print ]; then
  printf '%s\n' "$ROOT"
  if is_complete; then exit 0; else exit 1; fi
fi

# The mirror that this machine's apt uses for Debian itself: the first index that calls itself Debian and is neither a
# security nor an updates archive.
apt_mirror() {
  local site
  site=$(apt-get indextargets --format '$(SITE)|$(ORIGIN)|$(CODENAME)|$(CREATED_BY)' 2>/dev/null |
    awk -F'|' '$2 == "Debian" && $3 !~ /security|updates|backports/ && $4 == "Packages" { print $1; exit }')
  printf '%s\n' "${site:-$PUBLIC_MIRROR}"
}

# Unmounts whatever debootstrap left mounted below a folder, then removes it: rm must never walk into a mounted /proc.
discard() {
  local folder=$1 mount
  while read -r mount; do as_root umount -l "$mount"; done \
    < <(awk -v d="$folder/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
  as_root rm -rf --one-file-system "$folder"
}

# What apt in the new root must know of this machine: resolver, hosts (Asterisk's SIP stack looks its own host name up), how
# to reach the mirror (proxy, date checks, certificates) and with which password.
copy_host_settings() {
  local root=$1 file
  as_root cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  as_root cp -L /etc/hosts "$root/etc/hosts"
  apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' |
    as_root tee "$root/etc/apt/apt.conf.d/00host" >/dev/null
  for file in /etc/apt/auth.conf /etc/apt/auth.conf.d/*; do
    [ ! -f "$file" ] || as_root install -D -m 600 "$file" "$root$file"
  done
  [ ! -f /etc/ssl/certs/ca-certificates.crt ] ||
    as_root install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  # Nothing may start in there, whatever a package's script wishes.
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$root/usr/sbin/policy-rc.d" >/dev/null
  as_root chmod 755 "$root/usr/sbin/policy-rc.d"
}

bootstrap() {
  local root=$1 mirror=$2 proxy='' script=/usr/share/debootstrap/scripts/$SUITE
  # A stable release's debootstrap does not know the names of later suites; sid's script serves them all.
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  as_root env ${proxy:+"http_proxy=$proxy"} debootstrap --variant=minbase --keyring="$KEYRING" \
    "$SUITE" "$root" "$mirror" "$script"
}

# Only what is missing is named: apt would bring the others up to date, under the feet of an Asterisk that runs from there.
install_asterisk() {
  local root=$1 absent status=0
  mapfile -t absent < <(absent_in "$root")
  { as_root chroot "$root" apt-get update &&
    as_root chroot "$root" apt-get install -y --no-install-recommends "${absent[@]}" &&
    as_root chroot "$root" apt-get clean &&
    as_root rm -rf "$root"/var/lib/apt/lists; } || status=$?
  forget_passwords "$root"
  return "$status"
}

forget_passwords() { as_root rm -f "$1/etc/apt/auth.conf" "$1"/etc/apt/auth.conf.d/*; }

# Everything that tells whether the root is usable, before it gets its name: Asterisk runs through the root's own loader.
finish() {
  local root=$1 version
  version=$(as_root chroot "$root" /usr/sbin/asterisk -V)
  printf '%s\n' "$version"
  printf '%s\n%s\n' "$version" "$(date -u +%FT%TZ)" | as_root tee "$root/.queueapp-complete" >/dev/null
  as_root chmod 755 "$root"
  as_root mv -T "$root" "$ROOT"
}

build() {
  local mirror work cure
  mirror=$(apt_mirror)
  for work in "$ROOT".building.*; do [ ! -e "$work" ] || discard "$work"; done
  work="$ROOT.building.$$"
  cure="check that $mirror has the suite $SUITE (curl -I $mirror/dists/$SUITE/InRelease) and that $CACHE has 1 GB free, then run this again; the unfinished folder is thrown away by itself"
  mkdir -p "$CACHE"
  step "fetching a minimal Debian $SUITE from $mirror (once, about half a minute)" "$cure" bootstrap "$work" "$mirror"
  step "telling it how this machine reaches its packages" "$cure" copy_host_settings "$work"
  step "installing Asterisk into it (once, about half a minute)" "$cure" install_asterisk "$work"
  step "checking and naming it $ROOT" "$cure" finish "$work"
}

complete() {
  local cure="run this again; if that does not help, remove $ROOT (as root), and it is made anew"
  step "telling $ROOT how this machine reaches its packages" "$cure" copy_host_settings "$ROOT"
  step "adding $(absent_in "$ROOT" | xargs) to it" "$cure" install_asterisk "$ROOT"
}

if ! is_complete; then
  "$QUEUEAPP_HOME/install/packages.sh" debootstrap debian-archive-keyring
  mkdir -p "$CACHE"
  exec 8>"$CACHE/asterisk-root-$SUITE.lock"
  flock -n 8 || { say "· waiting for another process that is making $ROOT"; flock 8; }
  if [ ! -f "$ROOT/.queueapp-complete" ]; then build
  elif ! is_complete; then complete
  fi
fi
printf '%s\n' "$ROOT"
