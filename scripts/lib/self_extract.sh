#!/bin/sh
# orlop in one file: this script, and behind it the program and Deno, which are
# unpacked once, into a folder that only this user and root can change. Before
# that nothing is looked up but such folders, nor run but the system's programs.
# shellcheck disable=SC2034,SC2317 # functions are called by name
set -u
caller_path=${PATH:-} PATH=/usr/sbin:/usr/bin:/sbin:/bin
key=@key@ checksum=@checksum@ common_files="@common@"

die() {
	printf 'orlop: %s\n' "$*" >&2
	exit 125
}

# include trust.sh
# include permissions.sh
# include memory.sh
# include start.sh

# Runs what is in folder $1.
start() {
	home=$1
	shift
	command : 2>/dev/null >"$home/.used" # when it was used last; no matter if it cannot
	deno=$home/deno DENO_DIR=$home/cache
	choose_permissions "$@"
	choose_memory
	start_deno --no-config --no-lock --no-remote --no-npm --unstable-worker-options \
		"$home/main.js" "$@"
}

# Whether folder $1 has this version, whole; sets $real to where.
has_version() {
	[ -x "$1/$key/deno" ] && [ -s "$1/$key/main.js" ] && is_trusted "$1/$key/cache" &&
		real=${real%/cache}
}

# Unpacks into folder $1. Others may do the same now: the rename decides.
unpack() {
	is_trusted "$1" || return
	folder=$real
	[ -d "$folder" ] || check_file # before a folder is made for nothing
	why="it cannot be made"
	(umask 077 && mkdir -p -- "$folder") 2>/dev/null || return
	is_trusted "$folder" || return
	why="it cannot be written"
	new=$(umask 077 && mktemp -d "$folder/orlop-new.XXXXXX" 2>/dev/null) || return
	trap 'rm -rf "$new"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	may_run && check_file && remove_old && put_in_place
	status=$?
	rm -rf "$new"
	trap - EXIT INT TERM
	return "$status"
}

# Whether programs may run from there: this is known before all is unpacked.
may_run() {
	why="it may hold no programs"
	printf '#!/bin/sh\n' >"$new/deno" && chmod 755 "$new/deno" && "$new/deno"
} 2>/dev/null

# What was killed while unpacking, and versions that nobody uses any more.
remove_old() {
	find "$folder" -maxdepth 1 -name 'orlop-new.??????' -mmin +60 -exec rm -rf {} + 2>/dev/null
	find "$folder" -mindepth 2 -maxdepth 2 -name .used -mtime +30 2>/dev/null |
		grep -E '/[0-9]+\.[0-9.]+-[0-9a-f]{16}/\.used$' |
		while read -r used; do rm -rf "${used%/.used}"; done
	return 0
}

# Fills $new, and renames it. What is checked is what will run, not only the packed
# bytes: the file may be replaced meanwhile.
put_in_place() {
	why="it has no room for 150 MB"
	# With -m $new does not look as if it were old: see remove_old.
	tail -c +@program@ "$0" | head -c @size@ | tar -xmzf - -C "$new" --no-same-owner 2>/dev/null &&
		tail -c +@runtime@ "$0" | gzip -dc 2>/dev/null >"$new/deno" && # as may_run has made it
		(cd "$new" && is_undamaged) || return
	why="Deno does not run from there"
	"$new/deno" --version >/dev/null 2>&1 || return
	why="it cannot be written"
	chmod 700 "$new" && mkdir -m 700 "$new/cache" "$new/cache/quick" && : >"$new/.used" && { sync -f "$new" 2>/dev/null || sync; } || return
	mv -T "$new" "$folder/$key" 2>/dev/null || has_version "$folder" || {
		rm -rf "${folder:?}/$key" # of which something was removed
		mv -T "$new" "$folder/$key" 2>/dev/null || has_version "$folder"
	} || return
	real=$folder/$key
	warm_up
}

# Compiles what common commands load, as the first of each would do, into the
# cache of those: what is in there goes by the path of this folder.
warm_up() (
	export DENO_DIR="$real/cache/quick" DENO_NO_UPDATE_CHECK=1 HOME="$real/cache/quick"
	# shellcheck disable=SC2086 # names without blanks
	"$real/deno" run --quiet --no-prompt --no-check "$quick_v8_flags" \
		--allow-read="$real" --allow-write="$real/cache" --no-config --no-lock --no-remote --no-npm \
		"$real/warm_up.js" "$DENO_DIR" $common_files >/dev/null 2>&1 || : # it may not be written, or not now
)

is_undamaged() {
	printf '%s  checksums\n' "$checksum" | sha256sum --check --status - &&
		sha256sum --check --status checksums
} 2>/dev/null

# Ends here if this file is not as it was built.
check_file() {
	packed=$(tail -c +@program@ "$0" | sha256sum) || die "Cannot read $0"
	[ "${packed%% *}" = "@packed@" ] || die "Cannot start: $0 is damaged; copy it again"
}

# Root's HOME is no candidate: sudo may leave another user's.
if is_root; then own=/var/cache/orlop; else own=${HOME:+$HOME/.cache/orlop}; fi
whys=
check_surroundings
prepare
for candidate in "${ORLOP_CACHE:-}" "$own"; do
	[ -n "$candidate" ] || continue
	! has_version "$candidate" || start "$real" "$@"
	if unpack "$candidate"; then
		[ -z "$whys" ] || printf 'orlop: unpacked into %s, not%s\n' "$real" "$whys" >&2
		start "$real" "$@"
	fi
	whys="${whys:+$whys;} $candidate: $why"
done
if is_root; then who=root; else who="you and root"; fi
die "Cannot unpack to${whys:- any folder: HOME is not set}; set ORLOP_CACHE to one that only $who can change"
