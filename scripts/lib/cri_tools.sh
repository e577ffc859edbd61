# shellcheck shell=sh
# Builds Kubernetes' programs that judge a container runtime from their Go modules,
# once each, below $tools. Source this after deno.sh, packages.sh and trust.sh.

cri_tools_version=v1.37.0
kubernetes_version=v1.37.2
# One that maps the owners of files, as user namespaces want it: since 1.2.
runc_version=v1.3.7
cri_tools_bin=$tools/cri-tools/bin
# An image of this digest cannot be made from other content: critest gets the digest
# of the one that stands in for it.
original_digest=sha256:9700f9a2f5bf2c45f2f605a0bd3bce7cf37420ec9d3ed50ac2758413308766bf

PATH=/usr/local/go/bin:$PATH
extend_path

# Whether there is a Go to build with; says so loudly if not.
has_go() {
	command -v go >/dev/null && return
	say "SKIPPING: Go is not installed, so Kubernetes' programs cannot be built"
	return 1
}

# Installs and builds all that a node needs; ends well, but loudly, without Go.
prepare_cri_tools() {
	has_go || exit 0
	is_root || die "Cannot make namespaces: only root can"
	want docker-registry:docker-registry nginx:nginx-light runc:runc conmon:conmon \
		/usr/lib/cni/bridge:containernetworking-plugins iptables:iptables \
		/usr/share/containers/seccomp.json:golang-github-containers-common ||
		die "Cannot go on without them"
	fetch_dependencies
	build_cri_tools
	fetch_busybox
}

# Makes an empty folder to build in, and sets $new to it, until this subshell ends.
begin_build() {
	mkdir -p "$cri_tools_bin" || die "Cannot build: $cri_tools_bin cannot be made"
	new=$(mktemp -d "$tools/new.XXXXXX") || die "Cannot build: $tools is not writable"
	trap 'rm -rf "$new"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	export CGO_ENABLED=0 GOFLAGS="${GOFLAGS:+$GOFLAGS }-p=1"
}

# Builds crictl and critest of $cri_tools_version.
build_cri_tools() (
	digest=$("$deno" run --quiet "$root/scripts/lib/cri/print_digest.ts")
	mark=$cri_tools_bin/critest-$cri_tools_version-${digest#sha256:}
	[ ! -e "$mark" ] || return 0
	say "building crictl and critest $cri_tools_version, once; takes some minutes"
	begin_build
	module=$(nice go mod download -json "sigs.k8s.io/cri-tools@$cri_tools_version" |
		sed -n 's/^.*"Dir": "\(.*\)",\{0,1\}$/\1/p') && [ -d "$module" ] ||
		die "Cannot fetch sigs.k8s.io/cri-tools@$cri_tools_version: go failed, see above"
	# Go builds no changed files in its own cache.
	cp -R "$module" "$new/module"
	chmod -R u+w "$new/module"
	constants=$new/module/pkg/validate/consts.go
	sed -i "s/$original_digest/$digest/" "$constants"
	grep -Fq "$digest" "$constants" ||
		die "Cannot build critest: its image with a digest has changed"
	version="-X sigs.k8s.io/cri-tools/pkg/version.Version=$cri_tools_version"
	(cd "$new/module" &&
		nice go build -trimpath -ldflags "-s -w $version" -o "$new/crictl" ./cmd/crictl &&
		nice go test -c -trimpath -ldflags "-s -w $version" -o "$new/critest" ./cmd/critest) >&2 ||
		die "Cannot build crictl and critest: go failed, see above"
	mv -f "$new/crictl" "$new/critest" "$cri_tools_bin"
	: >"$mark"
)

# Builds runc of $runc_version, beside which Debian's stays what all else runs with.
build_runc() (
	mark=$cri_tools_bin/runc-$runc_version
	[ ! -e "$mark" ] || return 0
	want /usr/include/seccomp.h:libseccomp-dev /usr/include/stdio.h:libc6-dev \
		gcc:gcc pkg-config:pkg-config ||
		die "Cannot go on without them"
	say "building runc $runc_version, once; takes a minute"
	begin_build
	CGO_ENABLED=1 GOBIN=$new nice go install -trimpath -tags seccomp \
		-ldflags "-s -w" "github.com/opencontainers/runc@$runc_version" >&2 ||
		die "Cannot build runc: go failed, see above"
	mv -f "$new/runc" "$cri_tools_bin"
	: >"$mark"
)

# Builds the kubelet of $kubernetes_version.
build_kubelet() (
	mark=$cri_tools_bin/kubelet-$kubernetes_version
	[ ! -e "$mark" ] || return 0
	say "building the kubelet $kubernetes_version, once; takes many minutes"
	begin_build
	write_kubelet_module >"$new/go.mod"
	export GOFLAGS="$GOFLAGS -mod=mod"
	(cd "$new" && nice go build -trimpath \
		-ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes_version" \
		-o "$new/kubelet" k8s.io/kubernetes/cmd/kubelet >&2) ||
		die "Cannot build the kubelet: go failed, see above"
	mv -f "$new/kubelet" "$cri_tools_bin"
	: >"$mark"
)

# Prints a go.mod with what Kubernetes' own takes from folders beside it.
write_kubelet_module() {
	own=$(nice go mod download -json "k8s.io/kubernetes@$kubernetes_version" |
		sed -n 's/^.*"GoMod": "\(.*\)",\{0,1\}$/\1/p') && [ -f "$own" ] ||
		die "Cannot fetch k8s.io/kubernetes@$kubernetes_version: go failed, see above"
	printf 'module kubelet\n\n'
	sed -n '/^go [0-9]/p' "$own"
	printf '\nrequire k8s.io/kubernetes %s\n\nreplace (\n' "$kubernetes_version"
	sed -n "s|^.*\(k8s.io/[a-z-]*\) => \./staging/.*|\t\1 => \1 v0.${kubernetes_version#v1.}|p" "$own"
	printf ')\n'
}

# Sets $busybox to the one of Debian's package busybox, which cannot be installed
# beside busybox-static.
fetch_busybox() {
	busybox=$tools/cri-tools/busybox/bin/busybox
	[ ! -x "$busybox" ] || return 0
	(
		begin_build
		cd "$new"
		{ apt-get download busybox || { apt-get update && apt-get download busybox; }; } \
			>log 2>&1 && dpkg-deb -x busybox_*.deb busybox >>log 2>&1 || {
			tail -n 20 log >&2
			die "Cannot fetch Debian's busybox: see above"
		}
		mkdir -p "${busybox%/bin/busybox}"
		cp -R busybox/. "${busybox%/bin/busybox}"
	)
}
