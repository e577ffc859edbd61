# shellcheck shell=sh
# What each command may do. Source this after trust.sh, and call choose_permissions "$@": it
# sets $permissions and $writable for `deno run`. Whatever orlop is told by a
# registry or an image, it can do no more than its command needs.

# The environment that orlop reads.
env_names=ORLOP_ROOT,ORLOP_RUNROOT,HOME,XDG_CONFIG_HOME,XDG_CACHE_HOME
env_names=$env_names,XDG_RUNTIME_DIR,DOCKER_CONFIG,REGISTRY_AUTH_FILE,TERM
env_names=$env_names,CONTAINERS_REGISTRIES_CONF,REGISTRIES_CONFIG_PATH
env_names=$env_names,CONTAINERS_REGISTRIES_CONF_OVERRIDE
env_names=$env_names,CONTAINERS_STORAGE_CONF,CONTAINERS_STORAGE_CONF_OVERRIDE
env_names=$env_names,ORLOP_PROGRAM,ORLOP_HOME,ORLOP_STDOUT,ORLOP_HELPERS

# What commands that reach registries, and doctor, read besides.
proxy_env_names=ORLOP_ENV_HTTP_PROXY,ORLOP_ENV_http_proxy,ORLOP_ENV_HTTPS_PROXY
proxy_env_names=$proxy_env_names,ORLOP_ENV_https_proxy,ORLOP_ENV_ALL_PROXY,ORLOP_ENV_all_proxy
proxy_env_names=$proxy_env_names,ORLOP_ENV_NO_PROXY,ORLOP_ENV_no_proxy

# Where libc may be: the same list as in src/process/bind_libc.ts.
libc_paths="/lib/x86_64-linux-gnu/libc.so.6 /lib/aarch64-linux-gnu/libc.so.6
	/lib64/libc.so.6 /usr/lib/libc.so.6"

# What serve reads besides: systemd says where it wants to hear of it.
serve_env_names=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID
# The package `ws` asks for these when it is loaded.
serve_env_names=$serve_env_names,WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE

# The package `yaml` asks for these when it reads what describes a device.
device_env_names=LOG_STREAM,LOG_TOKENS

# What orlop runs, and where: the same folders as in src/process/find_program.ts.
mount_programs="mount umount findmnt" tar_programs=tar runtime_programs="runc crun" doctor_programs=fuser
monitor_programs="conmon sh kill touch" network_programs="flock timeout rmdir cat"
sandbox_programs="unshare sh ip mkdir find grep nsenter realpath" files_programs="unshare sh"
# Credential helpers that are often used, for a file that cannot look for others:
# the same list as in src/cli/command.ts.
known_helpers="pass secretservice ecr-login gcr gcloud acr-env"
program_folders="/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin"

# Commands that reach registries, mount, unpack layers, run containers: just
# those that `needs` names in src/cli/table.
net_commands=" pull push run copy check tags explain image/pull image/push image/inspect manifest/inspect pod/create login serve "
mount_commands=" pull run copy rmi inspect doctor check gc df image/pull image/rm \
	ps start stop kill rm container/create container/ls container/list \
	container/ps container/inspect container/start \
	container/stop container/kill container/rm container/cleanup \
	stats container/stats exec container/exec attach container/attach cp container/cp pod/start \
	pod/create pod/ls pod/list pod/ps pod/inspect pod/stop pod/kill \
	pod/rm serve "
tar_commands=" cp container/cp pull push load save run copy check doctor image/pull image/push \
	image/load image/save pod/create serve "
runtime_commands=" pause unpause container/pause container/unpause pod/start logs wait top stats container/logs container/wait container/top \
	container/stats exec container/exec attach container/attach cp container/cp container/cleanup run doctor check gc df rmi image/rm inspect \
	ps stop kill rm container/ls container/list container/ps \
	container/inspect container/stop container/kill container/rm \
	pod/ls pod/list pod/ps pod/inspect pod/stop pod/kill pod/rm serve "
monitor_commands=" pod/start doctor serve exec attach container/exec container/attach "
network_commands=" serve doctor gc rm container/rm container/cleanup pod/stop pod/rm "
sandbox_commands=" serve "
files_commands=" cp container/cp "

# Commands that ask credential helpers, besides those that reach registries.
helper_commands=" logout "

# Commands with a container's own words behind their first argument.
word_commands=" run container/create exec container/exec __complete "

# Flags whose value is the next word: those of all commands, which may stand
# before the command, with that of `gc`; and those of $word_commands.
value_flags=" --root --runroot --config --log-level --log-format --log-file \
	--metrics "
word_value_flags=" --name --pod --runtime --env -e --env-file --unsetenv --label -l \
	--workdir -w --user -u --group-add --umask --entrypoint --hostname -h \
	--network --add-host --annotation --cidfile --stop-signal --stop-timeout --platform --creds --username --authfile --cert-dir \
	--progress --pull --id --metadata-name --attempt --mount-label \
	--volume -v --mount --tmpfs --shm-size --device \
	--memory -m --memory-swap --memory-reservation --memory-swappiness \
	--oom-score-adj --cpus --cpu-period --cpu-quota --cpu-shares -c \
	--cpuset-cpus --cpuset-mems --pids-limit --ulimit --cap-add --cap-drop \
	--security-opt --sysctl --pid --ipc --uts --cgroupns --userns \
	--publish -p --ip --mac-address --dns --dns-option --dns-search --restart \
	--expose --ip6 --network-alias \
	--health-cmd --health-interval --health-on-failure --health-retries \
	--health-start-period --health-timeout \
	--uidmap --gidmap --subuidname --subgidname --arch --os --variant --tz \
	--label-file --pidfile --pod-id-file --timeout \
	--secret --gpus --volumes-from --log-driver --log-opt --detach-keys "

# The same of commands that make pods.
pod_commands=" pod/create "
pod_value_flags=" --name -n --id --namespace --uid --attempt --image --hostname \
	--network --publish -p --dns --dns-search --dns-option "

# The same of commands that write images to files.
media_commands=" copy push save image/push image/save "
media_value_flags=" --format -f --dest-compress-format --dest-compress-level --multi-arch \
	--platform --additional-tag --authfile --src-authfile --dest-authfile \
	--src-creds --dest-creds --src-cert-dir --dest-cert-dir --digestfile \
	--progress --output -o --creds --username --cert-dir --compression-format \
	--compression-level --sign-by --sign-by-sigstore \
	--sign-by-sigstore-private-key --encryption-key --sign-identity \
	--sign-passphrase-file --encrypt-layer --decryption-key \
	--src-shared-blob-dir --dest-shared-blob-dir --src-username --src-password \
	--dest-username --dest-password --override-os --override-arch \
	--override-variant --retry-times "

# Commands that write a file of credentials, and their flags.
login_commands=" login logout "
login_value_flags=" --authfile --compat-auth-file --cert-dir --username -u --password -p --secret "

# The command that serves Kubernetes, and its flags.
serve_commands=" serve "
device_commands=" run container/create serve "
serve_value_flags=" --listen --cni-conf-dir --cni-bin-dir --runtime \
	--cgroup-manager --metrics-listen "

# What all commands may do: see, but not touch, besides the store.
common_permissions="--allow-read --allow-sys=uid,statfs"

# What doctor sees besides.
doctor_permissions=--allow-sys=osRelease

choose_permissions() {
	root_flag='' runroot_flag='' config_flag='' writable='' command=''
	asked_env='' asked_runtime='' asked_sys='' auth_file_flag=''
	listen_setting='' runtime_setting=''
	copy_target='' copies_from_net='' save_format='' pushed_image='' repairs=''
	detaches='' joins=''
	read_command_line "$@"
	root_setting='' runroot_setting='' log_file_setting=''
	config=${config_flag:-/etc/orlop/orlop.toml}
	[ ! -f "$config" ] || [ ! -r "$config" ] || read_config <"$config"
	may_write_really "${root_flag:-${ORLOP_ROOT:-${root_setting:-/var/lib/orlop}}}"
	may_write_really "${runroot_flag:-${ORLOP_RUNROOT:-${runroot_setting:-/run/orlop}}}"
	may_write "$log_file_setting"
	if is_one_of " schedule pod/start " || runs_detached; then tell_program; fi
	if [ "$command" = schedule ]; then may_schedule; fi
	if is_one_of "$media_commands"; then may_write_medium; fi
	case $command in pull | image/pull | run | pod/create) may_record_aliases ;; esac
	if is_one_of "$login_commands"; then may_log_in; fi
	if is_one_of "$serve_commands"; then may_serve; fi
	if [ "$command" = doctor ]; then may_use_runtime "$runtime_setting"; fi

	unset ORLOP_HELPERS # whatever the caller's is
	permissions=$common_permissions$asked_sys
	case $asked_env in
	*\**) permissions="$permissions --allow-env" ;;
	*)
		permissions="$permissions --allow-env=$env_names$asked_env"
		if is_one_of "$serve_commands"; then permissions="$permissions,$serve_env_names"; fi
		if is_one_of "$device_commands"; then permissions="$permissions,$device_env_names"; fi
		if is_one_of " doctor $net_commands $helper_commands "; then
			permissions="$permissions,$proxy_env_names"
		fi
		;;
	esac
	if [ "$command" = doctor ]; then permissions="$permissions $doctor_permissions"; fi
	# shellcheck disable=SC2086 # one word, or none
	grant run $asked_runtime
	case $command in
	'' | version | help | completion) ;; # they know no store
	# shellcheck disable=SC2086 # lists of words without blanks
	*) grant ffi $libc_paths ;;
	esac
	case $command in
	copy) reaches_net=$copies_from_net ;;
	check) reaches_net=$repairs ;;
	*) reaches_net=yes ;;
	esac
	if is_one_of "$net_commands" && [ -n "$reaches_net" ]; then
		permissions="$permissions --allow-net"
		grant_helpers
	fi
	if is_one_of "$helper_commands"; then grant_helpers; fi
	chosen=
	if is_one_of "$mount_commands"; then chosen="$chosen $mount_programs"; fi
	if is_one_of "$tar_commands"; then chosen="$chosen $tar_programs"; fi
	if is_one_of "$runtime_commands"; then chosen="$chosen $runtime_programs"; fi
	if is_one_of "$monitor_commands" || runs_detached; then chosen="$chosen $monitor_programs"; fi
	if is_one_of "$network_commands" || joins_network; then chosen="$chosen $network_programs"; fi
	if is_one_of "$sandbox_commands" || joins_network; then chosen="$chosen $sandbox_programs"; fi
	if is_one_of "$files_commands"; then chosen="$chosen $files_programs"; fi
	if [ "$command" = doctor ]; then chosen="$chosen $doctor_programs"; fi
	# shellcheck disable=SC2086 # names of programs
	grant_programs $chosen
}

# Whether $command is in list $1.
is_one_of() { has_word "$1" "$command"; }

# Whether a container is to go on by itself: orlop will be called at its end.
runs_detached() { [ "$command$detaches" = runyes ]; }

# Whether a container or a pod is to have a network of its own.
joins_network() { is_one_of " run pod/create " && [ -n "$joins" ]; }

# Whether list $1 has word $2.
has_word() {
	case $1 in
	*[[:space:]]"$2"[[:space:]]*) return 0 ;;
	*) return 1 ;;
	esac
}

# Whether the value of flag $1 is the next word.
takes_value() {
	# There it is a switch of the command's own.
	[ "$command $1" != "image/inspect --config" ] || return 1
	has_word "$value_flags" "$1" ||
		{ is_one_of "$word_commands" && has_word "$word_value_flags" "$1"; } ||
		{ is_one_of "$pod_commands" && has_word "$pod_value_flags" "$1"; } ||
		{ is_one_of "$media_commands" && has_word "$media_value_flags" "$1"; } ||
		{ is_one_of "$login_commands" && has_word "$login_value_flags" "$1"; } ||
		{ is_one_of "$serve_commands" && has_word "$serve_value_flags" "$1"; }
}

# Sets $command, such as "pull" or "pod/create", and what flags say of paths.
read_command_line() {
	while [ $# -gt 0 ]; do
		flag=${1%%=*} value='' wants_next=''
		case $1 in
		--)
			shift
			for word in "$@"; do may_copy "$word"; done
			return
			;;
		--*=*) value=${1#*=} ;;
		--*) ! takes_value "$flag" || wants_next=yes ;;
		-?*) read_short_flags "${1#-}" ;;
		*)
			flag=
			case $command in
			'') command=$1 ;;
			image | manifest | pod | container) command=$command/$1 ;;
			*)
				! is_one_of "$word_commands" || return 0
				may_copy "$1"
				;;
			esac
			;;
		esac
		if [ -n "$wants_next" ] && [ $# -gt 1 ]; then
			value=$2
			shift
		fi
		case $flag in
		--repair) repairs=yes ;;
		--detach) detaches=yes ;;
		-p | --publish) joins=yes ;;
		--root) root_flag=$value ;;
		--runroot) runroot_flag=$value ;;
		--config) [ "$command" = image/inspect ] || config_flag=$value ;;
		--log-file) may_write "$value" ;;
		--metrics | --digestfile) may_write_beside "$value" ;;
		-o | --output) ! is_one_of "$media_commands" || copy_target=$value ;;
		--format) ! is_one_of "$media_commands" || save_format=$value ;;
		--authfile | --compat-auth-file) auth_file_flag=$value ;;
		--cidfile) ! is_one_of "$word_commands" || may_write "$value" ;;
		-e | --env) may_read_env "$value" ;;
		--env-host | --env-file) may_read_env '*' ;;
		--runtime) may_use_runtime "$value" ;;
		--listen) listen_setting=$value ;;
		--uts | --network)
			case $flag:$value in
			*:host) asked_sys=,hostname ;;
			--uts:* | *: | *:none) ;;
			*) joins=yes ;;
			esac
			;;
		esac
		shift
	done
}

# Takes short flags such as -it apart: the last one of a group may have a value.
read_short_flags() {
	group=$1
	while [ -n "$group" ]; do
		flag=-${group%"${group#?}"} group=${group#?}
		[ "$flag" != -d ] || detaches=yes
		if takes_value "$flag"; then
			value=${group#=}
			[ -n "$group" ] || wants_next=yes
			return
		fi
	done
}

# Lets orlop keep what a person chooses for a short name, where podman keeps it.
may_record_aliases() {
	[ -t 0 ] && [ -t 1 ] || return 0 # else nobody is asked
	if is_root; then
		may_write_really /var/cache/containers
	elif [ -n "${XDG_CACHE_HOME:-${HOME:-}}" ]; then
		may_write_really "${XDG_CACHE_HOME:-$HOME/.cache}/containers"
	fi
}

# Lets orlop read variable $1 if it stands for the caller's, or all by a *.
may_read_env() {
	is_one_of "$word_commands" || return 0
	case $1 in
	*=*) ;;
	*\*) asked_env='*' ;;
	'' | *[!A-Za-z0-9_.-]*) ;;
	*) asked_env=$asked_env,$1,ORLOP_ENV_$1 ;;
	esac
}

# Lets orlop run program $1, if it is an OCI runtime of the caller's own.
may_use_runtime() {
	is_one_of "$runtime_commands" || return 0
	case $1 in
	*[[:space:],]*) ;; # Deno could not be told of it
	/*) asked_runtime=$1 ;;
	esac
}

# Lets orlop listen, and know this machine's name.
may_serve() {
	[ -n "$asked_runtime" ] || may_use_runtime "$runtime_setting"
	listen_setting=${listen_setting:-/run/orlop/cri.sock}
	may_write_beside "${listen_setting#unix://}"
	asked_sys=,hostname
}

# Lets orlop write path $1, and what is below; nothing for an empty path.
may_write() {
	case $1 in
	'') return 0 ;;
	/*) path=$1 ;;
	*)
		path=$(pwd -P)
		path=${path%/}/$1
		;;
	esac
	case $path in
	*,*) die "Cannot use \"$1\": a path with a comma cannot be among those that orlop may write" ;;
	esac
	writable=${writable:+$writable,}$path
}

# Lets orlop write path $1, and where that really is: the store is used by its
# real path, and Deno goes by the text of paths.
may_write_really() {
	may_write "$1"
	existing=$path rest=
	while [ ! -d "$existing" ] && [ "$existing" != / ]; do
		rest=/${existing##*/}$rest existing=${existing%/*}
		existing=${existing:-/}
	done
	! is_real "$existing" || return 0
	real=$(cd -P -- "$existing" 2>/dev/null && pwd -P) || return 0
	real=${real%/}$rest
	[ "$real" = "$path" ] || may_write "$real"
}

# Whether path $1 is surely where it says, which takes no other process to tell.
is_real() {
	case $1/ in
	*//* | */./* | */../*) return 1 ;;
	esac
	part=$1
	while [ -n "$part" ]; do
		[ ! -L "$part" ] || return 1
		part=${part%/*}
	done
}

# Lets orlop write for cron and systemd.
may_schedule() {
	may_write /etc/cron.d
	may_write /etc/systemd/system
}

# Tells orlop how it was called, and what whoever calls it later has to know.
tell_program() {
	[ "$asked_env" = '*' ] || asked_env=$asked_env,ORLOP_CACHE,ORLOP_DENO
	case $0 in
	/*) ORLOP_PROGRAM=$0 ;;
	*/*) ORLOP_PROGRAM=$(pwd -P)/${0#./} ;;
	*) ORLOP_PROGRAM=$(PATH=$caller_path && command -v -- "$0") ;;
	esac
	export ORLOP_PROGRAM
}

# Notes $1, the source or, as the last word, the destination of a copy or a push.
may_copy() {
	case $command in
	copy) ;;
	push | image/push) [ -n "$pushed_image" ] || { pushed_image=$1 && return; } ;;
	*) return 0 ;;
	esac
	copy_target=$1
	case $1 in
	docker:*) copies_from_net=yes ;;
	esac
}

# Lets orlop write $copy_target, where a copy goes to, and no other medium.
may_write_medium() {
	case $command:$save_format in
	copy:* | push:* | image/push:*) ;;
	*:*-dir) copy_target=dir:$copy_target ;;
	*) copy_target=docker-archive:${copy_target:-/dev/stdout} ;;
	esac
	medium_path=${copy_target#*:}
	case $copy_target in
	dir:*) may_write "$medium_path" ;;
	oci:*) may_write "${medium_path%%:*}" ;;
	docker-archive:/dev/stdout | oci-archive:/dev/stdout) may_write /dev/stdout ;;
	oci-archive:* | docker-archive:*) may_write_beside "${medium_path%%:*}" ;;
	containers-storage:\[*\]*)
		medium_path=${medium_path#\[}
		medium_path=${medium_path%%\]*}
		medium_path=${medium_path%%:*}
		medium_path=${medium_path#*@}
		may_write_really "${medium_path%%+*}"
		case $medium_path in
		*+*) may_write_really "${medium_path#*+}" ;;
		*) may_write_really /run/containers/storage ;;
		esac
		;;
	esac
}

# Lets orlop write the file of credentials: the one that is named, or those that
# it may choose, as it does not follow variables that lead to another user's.
may_log_in() {
	if [ -n "${auth_file_flag:-${REGISTRY_AUTH_FILE:-}}" ]; then
		may_write_beside "${auth_file_flag:-$REGISTRY_AUTH_FILE}"
		return
	fi
	[ -z "${DOCKER_CONFIG:-}" ] || may_write "$DOCKER_CONFIG"
	[ -z "${XDG_RUNTIME_DIR:-}" ] || may_write "$XDG_RUNTIME_DIR/containers"
	may_write "/run/containers/$(id -u)"
}

# Lets orlop replace file $1, which it does by a file beside it.
may_write_beside() {
	case $1 in
	'') ;;
	*/*) may_write "${1%/*}/" ;;
	*) may_write . ;;
	esac
}

# Grants the credential helpers in the caller's PATH, and tells orlop where they
# are: it gives up those that no file names, and runs none that others can change.
grant_helpers() {
	set -f
	IFS=:
	# shellcheck disable=SC2086,SC2154 # folders
	set -- $caller_path
	unset IFS
	# shellcheck disable=SC2086 # folders without blanks
	set -- "$@" $program_folders
	set +f
	export ORLOP_HELPERS=
	seen=:
	for folder in "$@"; do
		# To list /usr/bin takes half a millisecond. It is among them; so is /bin,
		# which mostly is a link to it.
		case $seen in *:"$folder":*) continue ;; esac
		[ ! "$folder" -ef "/usr$folder" ] || continue
		seen=$seen$folder:
		for path in "${folder%/}"/docker-credential-*; do
			case $path in
			*[[:space:],]* | *\*) continue ;; # Deno could not be told of it; there is none
			/*) ;;
			*) continue ;;
			esac
			case ,$ORLOP_HELPERS, in *,"$path",*) continue ;; esac
			[ -f "$path" ] && [ -x "$path" ] || continue
			ORLOP_HELPERS=${ORLOP_HELPERS:+$ORLOP_HELPERS,}$path
		done
	done
	[ -z "$ORLOP_HELPERS" ] || permissions="$permissions --allow-run=$ORLOP_HELPERS"
}

# Reads the settings that name paths from stdin: a line of TOML each.
read_config() {
	section=
	while read -r line || [ -n "$line" ]; do
		case $line in
		\[*) section=${line#\[} section=${section%%\]*} ;;
		esac
		case $section:$line in
		:root[[:space:]=]* | :runroot[[:space:]=]* | :log_file[[:space:]=]*) ;;
		serve:listen[[:space:]=]* | serve:runtime[[:space:]=]*) ;;
		*) continue ;;
		esac
		value=${line#*=}
		value=${value#"${value%%[![:space:]]*}"}
		case $value in
		\"*\"*) value=${value#?} value=${value%%\"*} ;;
		"'"*"'"*) value=${value#?} value=${value%%"'"*} ;;
		*) continue ;;
		esac
		case $line in
		root*) root_setting=$value ;;
		runroot*) runroot_setting=$value ;;
		listen*) listen_setting=${listen_setting:-$value} ;;
		runtime*) runtime_setting=$value ;;
		*) log_file_setting=$value ;;
		esac
	done
}

# Sets $permissions to those of all commands together, wherever a machine keeps
# its programs: for a file that knows nothing of its command line when it starts.
union_permissions() {
	permissions="$common_permissions,hostname $doctor_permissions --allow-env --allow-write --allow-net"
	is_there=true
	# shellcheck disable=SC2086 # lists of words without blanks
	grant ffi $libc_paths
	set -- $mount_programs $tar_programs $runtime_programs $doctor_programs \
		$monitor_programs $network_programs $sandbox_programs $files_programs
	for helper in $known_helpers; do set -- "$@" "docker-credential-$helper"; done
	grant_programs "$@"
}

is_there="test -e"

# Grants permission $1 for those of the paths that are there.
grant() {
	kind=$1 paths=
	shift
	for path in "$@"; do
		! $is_there "$path" || paths=${paths:+$paths,}$path
	done
	[ -z "$paths" ] || permissions="$permissions --allow-$kind=$paths"
}

# Grants running programs, wherever they are.
grant_programs() {
	program_paths=
	for program in "$@"; do
		for folder in $program_folders; do
			program_paths="$program_paths $folder/$program"
		done
	done
	# shellcheck disable=SC2086 # paths without blanks
	grant run $program_paths
}
