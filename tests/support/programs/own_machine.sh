#!/bin/sh
# Runs a script as if on a machine of its own, with a registry at
# registry.lan:5000: called by `unshare --mount --net --propagation private`.
# usage: own_machine.sh FOLDER LAYOUT SCRIPT
set -eu
folder=$1 layout=$2 script=$3

ip link set lo up
for path in /etc /usr/local; do
	upper=$folder$path
	mkdir -p "$upper" "$upper.work"
	mount -t overlay -o "lowerdir=$path,upperdir=$upper,workdir=$upper.work" overlay "$path"
done
for path in /var/lib /var/cache /var/backups /var/tmp; do
	mkdir -p "$folder$path" "$path"
	mount --bind "$folder$path" "$path"
done
mount -t tmpfs tmpfs /run

echo "127.0.0.1 registry.lan localhost" >/etc/hosts
mkdir -p /etc/containers /etc/cron.d
cat >/etc/containers/registries.conf <<END
[[registry]]
location = "registry.lan:5000"
insecure = true
END
cat >"$folder/registry.yml" <<END
version: 0.1
storage: { filesystem: { rootdirectory: $folder/registry } }
http: { addr: "127.0.0.1:5000" }
END
docker-registry serve "$folder/registry.yml" >"$folder/registry.log" 2>&1 &
registry=$!
trap 'kill $registry' EXIT
tries=0
until skopeo copy --quiet "oci:$layout:latest" docker://registry.lan:5000/debian:bookworm 2>"$folder/copy.log"; do
	tries=$((tries + 1))
	[ "$tries" -lt 50 ] || { cat "$folder/copy.log" >&2; exit 1; }
	sleep 0.1
done

sh -eux "$script" 2>&1
