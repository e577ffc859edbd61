# shellcheck shell=sh
# A small image, and a registry on loopback to pull it from. Source this after
# deno.sh, for `die`.

# Runs a command, and shows it as a newcomer would type it.
show() {
	printf '\n$'
	for word in "$@"; do
		case $word in
		*[!A-Za-z0-9_./:=@%+,-]* | '') printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	echo
	"$@"
}

# Makes an OCI layout here, with an image "demo": busybox, and little else.
make_image() {
	show mkdir -p tree/bin tree/etc tree/root tree/proc tree/sys tree/dev tree/tmp
	show cp "$(command -v busybox)" tree/bin/busybox
	show chroot tree /bin/busybox --install -s /bin
	show sh -c 'echo root:x:0:0:root:/root:/bin/sh >tree/etc/passwd'
	show umoci init --layout layout
	show umoci new --image layout:demo
	show umoci insert --image layout:demo tree /
	show umoci config --image layout:demo --config.cmd /bin/sh \
		--config.workingdir /root --config.env PATH=/bin
}

# Starts a registry here; sets $registry, its address, and $registry_pid.
start_registry() {
	cat >registry.yml <<-END
		version: 0.1
		log: { level: info, accesslog: { disabled: true } }
		storage: { filesystem: { rootdirectory: $PWD/registry } }
		http: { addr: "127.0.0.1:0" }
	END
	show cat registry.yml
	printf '\n$ docker-registry serve registry.yml &\n'
	docker-registry serve registry.yml >registry.log 2>&1 &
	registry_pid=$!
	tries=100
	until registry=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' registry.log) &&
		[ -n "$registry" ]; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ] || ! kill -0 "$registry_pid" 2>/dev/null; then
			tail -n 5 registry.log >&2
			die "Cannot start docker-registry: see above"
		fi
		sleep 0.1
	done
	grep -o "listening on $registry" registry.log
}

stop_registry() {
	kill "$registry_pid" 2>/dev/null || true
	wait "$registry_pid" 2>/dev/null || true
}
