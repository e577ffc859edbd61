# shellcheck shell=sh
# Replaces this shell by Deno. Source this after permissions.sh and memory.sh.

# Deno says of these in lines of its own, if it is not said here.
check_surroundings() {
	# A folder that is gone has no path; one that may not be read has.
	[ . -ef "${PWD:-}" ] || [ -n "$(pwd -P 2>/dev/null)" ] ||
		die "Cannot start: the current directory is gone; go to another by cd"
	[ -e /proc/self ] || die "Cannot start: /proc is missing; mount it: mount -t proc proc /proc"
	if ! { command : 3>&1; } 2>/dev/null; then
		export ORLOP_STDOUT=closed # for Deno it is /dev/null now
	fi
}

# Deno ends with a panic if it gets less.
min_files=64
min_memory=60000000 # KiB of addresses, most of which are never used
min_stack=2048 # KiB

# Raises the limits that this process has, if they are too low; and unsets what
# the dynamic linker, Deno, or programs obey.
prepare() {
	facts=$(ulimit -n && ulimit -v && ulimit -s && export -p)
	set -f # lines, not patterns
	IFS='
'
	# shellcheck disable=SC2086 # lines
	set -- $facts
	limit files -n "$1" "$min_files"
	limit "KiB of addresses" -v "$2" "$min_memory"
	limit "KiB of stack" -s "$3" "$min_stack"
	shift 3
	for line in "$@"; do
		name=${line#export }
		name=${name#declare -x }
		name=${name%%=*}
		case $name in
		*[!A-Za-z0-9_]* | DENO_DIR) ;; # a line of a value; checked, or set later
		DENO_* | NODE_* | NPM_* | npm_* | JSR_* | OTEL_* | RUST_* | V8_* | LD_* | MALLOC_* | \
			GLIBC_* | GCONV_PATH | LOCPATH | OPENSSL_* | SQLITE_* | TAR_OPTIONS | GZIP | SSLKEYLOGFILE | \
			LOG_STREAM | LOG_TOKENS | \
			HTTP_PROXY | http_proxy | HTTPS_PROXY | https_proxy | ALL_PROXY | all_proxy | NO_PROXY | no_proxy)
			# A container may be given it: -e NAME. Of proxies orlop has rules of its own.
			eval "[ -z \"\${$name+x}\" ] || export ORLOP_ENV_$name=\"\$$name\""
			unset "$name"
			;;
		esac
	done
	unset IFS
	set +f
}

# Raises limit $2 of $1 from $3 to $4, at least.
limit() {
	[ "$3" != unlimited ] && [ "$3" -lt "$4" ] || return 0
	# shellcheck disable=SC3045 # all shells that Debian has for sh know -S
	ulimit -S "$2" "$4" 2>/dev/null ||
		die "Cannot start: no more than $3 $1 are allowed (ulimit $2), but it takes $4"
}

# Where distributions keep the CAs that this machine trusts.
ca_files="/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt
	/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem"

# Lets this machine's CAs count, as they do for podman, or those that variables
# name, unless others can change these; and Deno's own where a machine has none.
choose_authorities() {
	[ -z "${SSL_CERT_FILE:-}" ] || is_trusted "${SSL_CERT_FILE%/*}" || unset_authorities SSL_CERT_FILE
	certificates=${SSL_CERT_FILE:-} certificates=${certificates%/*}
	case ${SSL_CERT_DIR:-} in
	'' | "$certificates") ;; # looked at already
	*) is_trusted "$SSL_CERT_DIR" || unset_authorities SSL_CERT_DIR ;;
	esac
	export DENO_TLS_CA_STORE=mozilla
	for file in ${SSL_CERT_FILE:-} ${SSL_CERT_DIR:-} $ca_files; do
		[ ! -s "$file" ] || DENO_TLS_CA_STORE=system
	done
}

# Gives variable $1 up, which names what others can change.
unset_authorities() {
	echo "orlop: warning: $1 is not used: $why" >&2
	unset "$1"
}

# Starts $deno with what choose_permissions chose: flags, program, arguments. It
# would look for settings in HOME; orlop gets that by another name.
start_deno() {
	export DENO_DIR DENO_NO_UPDATE_CHECK=1 ORLOP_HOME="${HOME:-}" HOME="$DENO_DIR"
	case " $permissions " in
	*" --allow-net "*) choose_authorities ;; # nothing else has a use for them
	esac
	# shellcheck disable=SC2154 # of the script that this is part of
	export ORLOP_ENV_PATH="$caller_path"
	# shellcheck disable=SC2154,SC2086 # words without blanks
	exec "$deno" run --quiet --no-prompt --no-check "$v8_flags" \
		"--allow-write=$writable" $permissions "$@"
}
