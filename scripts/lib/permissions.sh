# shellcheck shell=sh
# What each command may do. Source this and call choose_permissions "$@": it
# sets $permissions and $writable for `deno run`. Whatever orlop is told by a
# registry or an image, it can do no more than its command needs.

# The environment that orlop reads.
env_names=ORLOP_ROOT,ORLOP_RUNROOT,HOME,XDG_CONFIG_HOME,XDG_CACHE_HOME
env_names=$env_names,XDG_RUNTIME_DIR,DOCKER_CONFIG,REGISTRY_AUTH_FILE
env_names=$env_names,CONTAINERS_REGISTRIES_CONF,REGISTRIES_CONFIG_PATH

# Where libc may be: the same list as in src/process/libc.ts.
libc_paths="/lib/x86_64-linux-gnu/libc.so.6 /lib/aarch64-linux-gnu/libc.so.6
	/lib64/libc.so.6 /usr/lib/libc.so.6"

# What orlop runs, and where: the same folders as in src/process/find_program.ts.
programs="mount umount findmnt tar runc crun"
program_folders="/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin"

# Flags whose value is the next word, of all commands and of `run`. Only before
# the command and before the image of `run` does it matter to know them.
value_flags=" --root --runroot --config --log-level --log-format --log-file \
	--name --pod --runtime --env -e --volume -v --workdir -w --user -u --network \
	--platform --creds --authfile --cert-dir --policy --hostname --entrypoint "

choose_permissions() {
	root_flag='' runroot_flag='' config_flag='' writable='' command='' subcommand=''
	read_command_line "$@"
	root_setting='' runroot_setting='' log_file_setting=''
	[ ! -r "${config_flag:=/etc/orlop/orlop.toml}" ] || read_config
	may_write "${root_flag:-${ORLOP_ROOT:-${root_setting:-/var/lib/orlop}}}"
	may_write "${runroot_flag:-${ORLOP_RUNROOT:-${runroot_setting:-/run/orlop}}}"
	may_write "$log_file_setting"

	permissions="--allow-read --allow-sys=uid,statfs --allow-env=$env_names"
	# shellcheck disable=SC2086 # lists of words without blanks
	grant ffi $libc_paths
	case "$command $subcommand" in
	"pull "* | "push "* | "run "* | "login "* | "explain "* | "pod create" | "container create")
		permissions="$permissions --allow-net"
		;;
	esac
	case "$command $subcommand" in
	"pull "* | "load "* | "run "* | "rmi "* | "gc "* | "check "* | "doctor "* | \
		"image "[!ihlt]* | "pod "[!il]* | "container "[!il]* | "unmount "* | "umount "*)
		grant_programs
		;;
	esac
}

# Sets $command, $subcommand and what flags say of paths.
read_command_line() {
	while [ $# -gt 0 ]; do
		flag=${1%%=*} value=
		case $1 in
		--) return ;;
		-*=*) value=${1#*=} ;;
		-?*)
			case $value_flags in
			*[[:space:]]"$flag"[[:space:]]*)
				value=${2:-}
				[ $# -lt 2 ] || shift
				;;
			esac
			;;
		*)
			flag=
			if [ -z "$command" ]; then
				command=$1
			else
				[ -n "$subcommand" ] || subcommand=$1
				# What follows the image of `run` are the container's own words.
				[ "$command" != run ] || return 0
				may_write_archive "$1"
			fi
			;;
		esac
		case $flag in
		--root) root_flag=$value ;;
		--runroot) runroot_flag=$value ;;
		--config) config_flag=$value ;;
		--log-file) may_write "$value" ;;
		--authfile)
			case $command in login | logout) may_write "$value" ;; esac
			;;
		esac
		shift
	done
}

# Lets `save` and `push` write the archive or layout that argument $1 names.
may_write_archive() {
	case "$command $1" in
	"save "*:* | "push "*:*) ;;
	*) return 0 ;;
	esac
	case $1 in
	oci:* | oci-archive:* | docker-archive:* | dir:*)
		target=${1#*:}
		may_write "${target%%:*}"
		;;
	esac
}

# Lets orlop write path $1, and what is below; nothing for an empty path.
may_write() {
	case $1 in
	'') return 0 ;;
	*,*) die "Cannot use \"$1\": Deno cannot be told of paths with a comma" ;;
	/*) path=$1 ;;
	*)
		path=$(pwd -P)
		path=${path%/}/$1
		;;
	esac
	writable=${writable:+$writable,}$path
}

read_config() {
	root_setting=$(setting root)
	runroot_setting=$(setting runroot)
	log_file_setting=$(setting log_file)
}

# Prints setting $1 of the configuration file, if it is there.
setting() {
	sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*[\"']\([^\"']*\)[\"'].*/\1/p" \
		"$config_flag"
}

# Grants permission $1 for those of the paths that are there.
grant() {
	kind=$1 paths=
	shift
	for path in "$@"; do
		[ ! -e "$path" ] || paths=${paths:+$paths,}$path
	done
	[ -z "$paths" ] || permissions="$permissions --allow-$kind=$paths"
}

grant_programs() {
	set --
	for program in $programs; do
		for folder in $program_folders; do
			set -- "$@" "$folder/$program"
		done
	done
	grant run "$@"
}
