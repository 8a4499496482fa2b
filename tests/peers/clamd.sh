#!/usr/bin/env bash
# clamd.sh DIR PORT: a real ClamAV daemon that knows one thing, EICAR's test file. Writes
# DIR/clamd.conf and DIR/db/eicar.ndb, and runs clamd in the foreground on 127.0.0.1:PORT and
# on DIR/clamd.sock. No signatures are fetched; ending this process ends the daemon.
# CLAMD_STREAM_MAX (default 25M) is the largest document that it takes.
set -euo pipefail

if (($# != 2)); then
  printf 'stopped: write %s DIR PORT\n' "$0" >&2
  exit 2
fi
mkdir -p "$1/db"
dir=$(cd "$1" && pwd)
port=$2
clamd=$(PATH=$PATH:/usr/sbin command -v clamd) || {
  printf 'stopped: there is no clamd: install Debian'\''s clamav-daemon, and run this again\n' >&2
  exit 1
}

# The test file's own words, as hexadecimal and in two halves: neither this file nor the
# signature is itself taken for it.
# shellcheck disable=SC2016
first=$(printf '%s' 'X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR' | od -An -tx1 | tr -d ' \n')
# shellcheck disable=SC2016
second=$(printf '%s' '-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*' | od -An -tx1 | tr -d ' \n')
# Name, type (0: any), offset (*: anywhere), and the bytes.
printf 'Eicar-Test-Signature:0:*:%s%s\n' "$first" "$second" >"$dir/db/eicar.ndb"

cat >"$dir/clamd.conf" <<CONF
Foreground yes
DatabaseDirectory $dir/db
TemporaryDirectory $dir
TCPAddr 127.0.0.1
TCPSocket $port
LocalSocket $dir/clamd.sock
FixStaleSocket yes
StreamMaxLength ${CLAMD_STREAM_MAX:-25M}
# What is beyond the daemon's own limits is said to be found, not passed as clean.
AlertExceedsMax yes
MaxThreads 4
SelfCheck 0
CONF
exec "$clamd" --config-file="$dir/clamd.conf"
