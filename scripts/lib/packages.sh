# shellcheck shell=sh
# Installs Debian packages. Source this after deno.sh, for `say`, and trust.sh.

extend_path

# Installs the packages of programs, or of files by their paths, that are missing:
# want PROGRAM:PACKAGE…
# Fails, and says what to install, where that cannot be done.
want() {
	missing=
	for pair in "$@"; do
		case $pair in
		/*) [ ! -e "${pair%:*}" ] || continue ;;
		*) ! command -v "${pair%:*}" >/dev/null || continue ;;
		esac
		missing="$missing ${pair#*:}"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		say "these Debian packages are missing; install them as root: apt-get install$missing"
		return 1
	fi
	say "installing$missing, once"
	apt_log=$(mktemp -p /tmp)
	# shellcheck disable=SC2086 # names of packages
	if { apt-get update && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends $missing; } </dev/null >"$apt_log" 2>&1; then
		rm -f "$apt_log"
		return 0
	fi
	tail -n 20 "$apt_log" >&2
	rm -f "$apt_log"
	say "Cannot install$missing: apt-get failed, see above"
	return 1
}
