#!/bin/sh
# orlop in one file: this script, and behind it the program and Deno, which are
# unpacked once, into a folder of their own.
# shellcheck disable=SC2317 # functions are called by name
set -u
key=@key@ checksum=@checksum@

die() {
	printf 'orlop: %s\n' "$*" >&2
	exit 125
}

# Whether folder $1 was made whole, by this user.
is_whole() { [ -O "$1/.used" ] && [ -O "$1" ] && [ ! -L "$1" ]; }

# Runs the program in folder $1 with no more permissions than it needs.
start() {
	home=$1
	shift
	: 2>/dev/null >"$home/.used" # when it was used last; no matter if it cannot
	# shellcheck source=scripts/lib/permissions.sh
	. "$home/permissions.sh"
	# shellcheck source=scripts/lib/memory.sh
	. "$home/memory.sh"
	choose_permissions "$@"
	# shellcheck disable=SC2086 # words without blanks
	DENO_DIR=$home/cache DENO_NO_UPDATE_CHECK=1 exec "$home/deno" run --quiet \
		--no-prompt --no-check --no-config --no-lock --no-remote --no-npm \
		--unstable-worker-options "$v8_flags" "--allow-write=$writable" $permissions \
		"$home/main.js" "$@"
}

# Unpacks into folder $1. Others may do the same now: the rename decides.
unpack() {
	(umask 077 && mkdir -p "$1") 2>/dev/null && [ -O "$1" ] && [ ! -L "$1" ] || return 1
	# What was killed while unpacking, and versions that nobody uses any more.
	find "$1" -maxdepth 1 -name 'new.*' -mmin +60 -exec rm -rf {} + 2>/dev/null
	find "$1" -mindepth 2 -maxdepth 2 -path '*/[0-9]*.*-*/.used' -mtime +30 2>/dev/null |
		while read -r used; do rm -rf "${used%/.used}"; done
	new=$(mktemp -d "$1/new.XXXXXX" 2>/dev/null) || return 1
	trap 'rm -rf "$new"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	# It is run to find out whether programs may run from there.
	tail -c +@program@ "$0" | head -c @size@ | tar -xzf - -C "$new" 2>/dev/null &&
		tail -c +@runtime@ "$0" | gzip -dc 2>/dev/null >"$new/deno" &&
		chmod 755 "$new/deno" && "$new/deno" --version >/dev/null 2>&1 &&
		mkdir "$new/cache" && : >"$new/.used" &&
		{ mv -T "$new" "$1/$key" 2>/dev/null || is_whole "$1/$key"; }
	status=$?
	rm -rf "$new"
	trap - EXIT INT TERM
	return "$status"
}

each_folder() {
	act=$1
	shift
	for folder in "${ORLOP_CACHE:-}" /var/cache/orlop "${HOME:+$HOME/.cache/orlop}" \
		"${TMPDIR:-/tmp}/orlop-$(id -u)"; do
		[ -n "$folder" ] && "$act" "$folder" && start "$folder/$key" "$@"
	done
}
has_whole() { is_whole "$1/$key"; }

each_folder has_whole "$@"
sum=$(tail -c +@program@ "$0" | sha256sum) || die "Cannot read $0"
[ "${sum%% *}" = "$checksum" ] || die "Cannot start: $0 is damaged"
each_folder unpack "$@"
die "Cannot unpack: no folder has 150 MB of room and may hold programs; set ORLOP_CACHE to one"
