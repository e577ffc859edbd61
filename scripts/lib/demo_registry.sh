# shellcheck shell=sh
# A small image, and a registry on loopback to pull it from. Source this after
# deno.sh, for `die`.

# Makes an OCI layout $1 with an image "demo": busybox, and little else.
make_image() {
	busybox=$(command -v busybox)
	tree=$1.tree
	mkdir -p "$tree/bin" "$tree/etc" "$tree/root" "$tree/proc" "$tree/sys" "$tree/dev"
	mkdir -m 1777 "$tree/tmp"
	cp "$busybox" "$tree/bin/busybox"
	for applet in cat echo env hostname id ls mount ps sh sleep true uname wc; do
		ln -s busybox "$tree/bin/$applet"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
	echo 'root:x:0:' >"$tree/etc/group"
	echo 'NAME="orlop demo"' >"$tree/etc/os-release"
	umoci init --layout "$1"
	umoci new --image "$1:demo"
	umoci insert --image "$1:demo" "$tree" /
	umoci config --image "$1:demo" --config.cmd /bin/sh --config.workingdir /root \
		--config.env PATH=/bin --author "orlop demo"
	rm -r "$tree"
}

# Starts a registry in folder $1; sets $registry, its address, and $registry_pid.
start_registry() {
	mkdir -p "$1"
	cat >"$1/config.yml" <<-END
		version: 0.1
		log: { level: info, accesslog: { disabled: true } }
		storage: { filesystem: { rootdirectory: $1/data } }
		http: { addr: "127.0.0.1:0" }
	END
	docker-registry serve "$1/config.yml" >"$1/log" 2>&1 &
	registry_pid=$!
	tries=100
	until registry=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$1/log") &&
		[ -n "$registry" ]; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ] || ! kill -0 "$registry_pid" 2>/dev/null; then
			tail -n 5 "$1/log" >&2
			die "Cannot start docker-registry: see above"
		fi
		sleep 0.1
	done
}

stop_registry() {
	kill "$registry_pid" 2>/dev/null || true
	wait "$registry_pid" 2>/dev/null || true
}
