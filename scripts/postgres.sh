# shellcheck shell=bash
# A PostgreSQL cluster of the tests' own: in a temporary folder, on a free loopback port, with
# its safety (fsync) left on. It is stopped and removed when the script that started it ends.

postgres_programs() {
  find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1
}

postgres_is_there() { [[ -n $(postgres_programs) ]]; }

# Its own words may repeat the address, and the password in it.
postgres_answers() { psql "$1" -qAtc 'select 1' >/dev/null 2>&1; }

# Sets GATEWAY_TEST_POSTGRES, unless it names a server already.
start_postgres() {
  if [[ -n ${GATEWAY_TEST_POSTGRES:-} ]]; then
    postgres_answers "$GATEWAY_TEST_POSTGRES" ||
      die "no PostgreSQL answers at the address in GATEWAY_TEST_POSTGRES: start it, or unset the variable and the tests start their own"
    say "testing on the PostgreSQL that GATEWAY_TEST_POSTGRES names"
    return
  fi
  postgres_bin=$(postgres_programs)
  postgres_folder=$(mktemp -d /tmp/gateway-postgres.XXXXXX)
  trap stop_postgres EXIT
  # initdb refuses to run as root.
  as_postgres=()
  if ((EUID == 0)); then
    as_postgres=(runuser -u postgres --)
    chown postgres: "$postgres_folder"
  fi

  local password port log=$postgres_folder/log
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  (umask 077 && printf '%s\n' "$password" >"$postgres_folder/password")
  ((EUID != 0)) || chown postgres: "$postgres_folder/password"
  in_postgres_folder "$postgres_bin/initdb" -D "$postgres_folder/data" -U gateway -E UTF8 --locale=C.UTF-8 \
    --auth=scram-sha-256 --pwfile="$postgres_folder/password" ||
    die "initdb failed: $postgres_folder/log.start says why"

  local try
  for try in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    if in_postgres_folder "$postgres_bin/pg_ctl" -D "$postgres_folder/data" -l "$log" -w start \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$postgres_folder -c max_connections=300"; then
      export GATEWAY_TEST_POSTGRES=postgres://gateway:$password@127.0.0.1:$port/postgres
      say "PostgreSQL for the tests listens on 127.0.0.1:$port"
      return
    fi
    say "port $port is taken (attempt $try); trying another"
  done
  tail -n 5 "$log" >&2 || true
  die "the tests' PostgreSQL did not start: the lines above say why"
}

# Runs a command as the cluster's user, in its folder, its words kept for when it fails.
in_postgres_folder() {
  (cd "$postgres_folder" && "${as_postgres[@]}" "$@") >>"$postgres_folder/log.start" 2>&1
}

stop_postgres() {
  local status=$?
  if [[ -f $postgres_folder/data/postmaster.pid ]]; then
    in_postgres_folder "$postgres_bin/pg_ctl" -D "$postgres_folder/data" -m immediate -w stop || true
  fi
  # After a failed start the folder says why.
  [[ -z ${GATEWAY_TEST_POSTGRES:-} ]] || rm -rf "$postgres_folder"
  exit "$status"
}
