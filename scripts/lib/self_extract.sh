#!/bin/sh
# orlop in one file: this script, and an archive behind it that is unpacked
# once into a folder of its own. It runs the launcher in that folder.
# shellcheck disable=SC2034 # the values come from scripts/build
set -u
version=@version@ key=@key@ checksum=@checksum@

fail() {
	printf 'orlop: %s\n' "$*" >&2
	exit 125
}

# Whether folder $1 was made whole, by this user.
is_whole() { [ -O "$1/.ok" ] && [ -O "$1" ] && [ ! -L "$1" ]; }

start() {
	home=$1
	shift
	ORLOP_DENO=$home/deno DENO_DIR=$home/cache exec "$home/scripts/orlop" "$@"
}

# Unpacks into folder $1. Others may do the same now: the rename decides.
unpack() {
	(umask 077 && mkdir -p "$1") 2>/dev/null && [ -O "$1" ] && [ ! -L "$1" ] || return 1
	find "$1" -maxdepth 1 -name 'new.*' -mmin +60 -exec rm -rf {} + 2>/dev/null
	new=$(mktemp -d "$1/new.XXXXXX" 2>/dev/null) || return 1
	trap 'rm -rf "$new"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	# The last test finds out whether programs may run from there.
	payload | tar -xzf - -C "$new" 2>/dev/null &&
		"$new/deno" --version >/dev/null 2>&1 && : >"$new/.ok" &&
		{ mv -T "$new" "$1/$key" 2>/dev/null || is_whole "$1/$key"; }
	status=$?
	rm -rf "$new"
	trap - EXIT INT TERM
	return $status
}

payload() { tail -c +@offset@ "$0"; }

for folder in "${ORLOP_CACHE:-}" /var/cache/orlop "${HOME:+$HOME/.cache/orlop}" \
	"${TMPDIR:-/tmp}/orlop-$(id -u)"; do
	[ -n "$folder" ] && is_whole "$folder/$key" && start "$folder/$key" "$@"
done
sum=$(payload | sha256sum) || fail "Cannot read $0"
[ "${sum%% *}" = "$checksum" ] || fail "Cannot start: $0 is damaged"
for folder in "${ORLOP_CACHE:-}" /var/cache/orlop "${HOME:+$HOME/.cache/orlop}" \
	"${TMPDIR:-/tmp}/orlop-$(id -u)"; do
	[ -n "$folder" ] && unpack "$folder" && start "$folder/$key" "$@"
done
fail "Cannot unpack: no folder has 150 MB of room and may hold programs; set ORLOP_CACHE to one"
