#!/bin/sh
# Sets up the namespaces that in_namespaces made, and runs a command in them. As
# process 1 it collects what other processes orphan. Arguments: FOLDER COMMAND…
set -eu
folder=$1
shift

mount -t proc proc /proc
mount --make-rshared /
ip link set lo up
hostname node
# The address of the node; its way out leads nowhere.
ip link add node0 type bridge
ip address add 10.250.0.1/24 dev node0
ip link set node0 up
ip route add default via 10.250.0.254
mount -t sysfs sysfs /sys
mkdir -p "$folder/log"
for place in /run /var/log /tmp; do mount -t tmpfs tmpfs "$place"; done
chmod 1777 /tmp
mkdir /run/netns /run/lock

# The cgroups of this namespace alone. Version 2 lets no process stay beside others.
mount -t tmpfs tmpfs /sys/fs/cgroup
version_1=
while IFS=: read -r _ controllers _; do
	case $controllers in
	'') continue ;;
	name=*) place=${controllers#name=} options=none,$controllers ;;
	*) place=$controllers options=$controllers ;;
	esac
	version_1=yes
	mkdir "/sys/fs/cgroup/$place"
	mount -t cgroup -o "$options" cgroup "/sys/fs/cgroup/$place"
done </proc/self/cgroup
if [ -n "$version_1" ]; then
	# As systemd has it beside version 1, without controllers.
	mkdir /sys/fs/cgroup/unified
	mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
else
	umount /sys/fs/cgroup
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mkdir /sys/fs/cgroup/init
	echo $$ >/sys/fs/cgroup/init/cgroup.procs
	for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
		echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || :
	done
fi

"$@" &
command=$!
trap 'kill -TERM "$command" 2>/dev/null' INT TERM
code=0
wait "$command" || code=$?
exit "$code"
