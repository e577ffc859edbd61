# shellcheck shell=sh
# Finds Deno, or installs it. Source this after trust.sh, with $root, the checkout,
# set: it sets $deno, the program, and DENO_DIR, its cache, unless that is set.
# Who can write to the checkout is trusted: this runs from there.

deno_version=2.9.6
: "${root:?must be set}"
tools=$root/.tools

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
	say "$*"
	exit 1
}

# Whether program $1 is Deno 2.9 or a later 2.
is_fitting_deno() {
	found=$("$1" --version 2>/dev/null) || return 1
	found=${found#deno }
	found=${found%%[!0-9.]*}
	minor=${found#2.}
	[ "$minor" != "$found" ] && [ "${minor%%.*}" -ge 9 ]
}

# Installs the pinned package into $tools. The last step is one rename, so two
# at once do no harm, and a killed one leaves nothing that looks whole.
install_deno() (
	case $(uname -m) in
	x86_64) package=@deno/linux-x64-glibc ;;
	aarch64) package=@deno/linux-arm64-glibc ;;
	*) die "Cannot install Deno for $(uname -m): set ORLOP_DENO to a Deno 2.9 or later" ;;
	esac
	command -v npm >/dev/null ||
		die "Cannot install Deno: npm is missing; install Node.js with npm, or set ORLOP_DENO"
	leave_home
	say "installing Deno $deno_version from npm, once"
	mkdir -p "$tools" || die "Cannot install Deno: $tools cannot be made"
	# What a killed installation has left.
	find "$tools" -maxdepth 1 -name 'new.*' -mmin +60 -exec rm -rf {} +
	new=$(mktemp -d "$tools/new.XXXXXX") || die "Cannot install Deno: $tools is not writable"
	trap 'rm -rf "$new"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	npm install --prefix "$new" --no-save --no-package-lock --no-audit --no-fund \
		--no-update-notifier --ignore-scripts --loglevel=error \
		"$package@$deno_version" >&2 ||
		die "Cannot install Deno: npm failed, see above"
	mv -T "$new/node_modules/$package" "$tools/deno-$deno_version" 2>/dev/null ||
		[ -x "$tools/deno-$deno_version/deno" ] ||
		die "Cannot install Deno: $tools/deno-$deno_version cannot be made"
)

# npm and Deno obey settings in HOME, which may be another user's.
leave_home() {
	[ -z "${HOME:-}" ] || is_trusted "$HOME" || export HOME="$tools"
}

find_deno() {
	if [ -n "${ORLOP_DENO:-}" ]; then
		is_ours "$ORLOP_DENO" || die "Cannot use ORLOP_DENO, $ORLOP_DENO: $why"
		deno=$ORLOP_DENO
		return
	fi
	deno=$tools/deno-$deno_version/deno
	[ ! -x "$deno" ] || return 0
	extend_path
	path_deno=$(command -v deno) && is_fitting_deno "$path_deno" &&
		deno=$path_deno && return
	install_deno
}

# Whether path $1, that somebody named, is of the checkout, or nobody else can
# change it.
is_ours() {
	case $1 in
	"$root"/* | "$tools"/*) return 0 ;;
	esac
	real=$1 sticky=all
	is_place
}

find_deno || exit
is_ours "${DENO_DIR:=$tools/cache}" || DENO_DIR=$tools/cache
export DENO_DIR DENO_NO_UPDATE_CHECK=1

# Fetches what the program imports from npm, once for each state of the lock
# file, so that nothing asks the network or checks types at a start.
fetch_dependencies() {
	lock=$(cksum <"$root/deno.lock") || return
	fetched=$DENO_DIR/orlop-fetched-${lock%% *}
	[ ! -e "$fetched" ] || return 0
	say "fetching dependencies, once"
	(leave_home && exec "$deno" install --quiet --frozen --config "$root/deno.json" --entrypoint "$root/main.ts" >&2) ||
		die "Cannot fetch dependencies: see above"
	mkdir -p "$DENO_DIR" && : >"$fetched"
}
