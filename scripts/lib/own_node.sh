# shellcheck shell=sh
# A machine's worth of namespaces, so that a whole node can be tried and ended: its
# mounts, processes, addresses and IPC end with it, its cgroups are below one folder.
# Source this after cri_tools.sh.

# Sets $cgroups to one folder in each hierarchy, and moves this shell there.
enter_cgroups() {
	cgroups=
	while IFS=: read -r _ controllers path; do
		case $controllers in
		'') place=/sys/fs/cgroup/unified && [ -d "$place" ] || place=/sys/fs/cgroup ;;
		name=*) place=/sys/fs/cgroup/${controllers#name=} ;;
		*) place=/sys/fs/cgroup/$controllers ;;
		esac
		cgroup=$place${path%/}/${work##*/}
		mkdir "$cgroup" 2>/dev/null || continue
		cgroups="$cgroups $cgroup"
		for value in cpuset.cpus cpuset.mems; do
			[ ! -e "$cgroup/$value" ] || cat "${cgroup%/*}/$value" >"$cgroup/$value" 2>/dev/null || :
		done
		echo $$ >"$cgroup/cgroup.procs"
	done </proc/self/cgroup
}

# Runs script $1 of the checkout on a node of its own, with these arguments, and ends
# with its code. Needs what prepare_cri_tools sets.
run_on_node() {
	script=$1
	shift
	unset TMPDIR # the node has a /tmp of its own
	make_work node /var/tmp
	chmod 711 "$work" # pods with users of their own pass it
	# A second signal, as timeout(1) sends it, must not end the end.
	trap 'trap "" HUP INT TERM; end_node; rm -rf "$work"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	enter_cgroups
	cd "$root"
	in_namespaces "$deno" run --allow-all --no-prompt --quiet "$script" \
		--directory "$work" --programs "$cri_tools_bin" --busybox "$busybox" "$@"
	exit "$code"
}

# Runs a command in namespaces of its own, as the child of process 1 there.
in_namespaces() {
	unshare --mount --net --ipc --uts --pid --cgroup --fork --kill-child --propagation private \
		sh "$root/scripts/lib/cri/first_process.sh" "$work" "$@" &
	node_pid=$!
	code=0
	wait "$node_pid" || code=$?
}

# Ends all processes of the node, and removes its cgroups.
end_node() {
	[ -z "${node_pid:-}" ] || kill -KILL "$node_pid" 2>/dev/null || :
	for cgroup in ${cgroups:-}; do
		echo $$ >"${cgroup%/*}/cgroup.procs" 2>/dev/null || :
		tries=50
		until find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || [ "$tries" -eq 0 ]; do
			tries=$((tries - 1))
			sleep 0.1
		done
		[ ! -d "$cgroup" ] || say "left behind: $cgroup"
	done
}
