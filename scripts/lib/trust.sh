# shellcheck shell=sh
# What another user can write is never run, nor read before the program runs.
# Source this first, after `caller_path=${PATH:-} PATH=/usr/sbin:/usr/bin:/sbin:/bin`.
unset IFS CDPATH ENV BASH_ENV
umask go-w # nor is what is made for others to change, whatever the caller's is
# Where sh is bash, the environment may have functions in place of programs.
unset -f cd pwd printf read stat [ command ulimit mkdir mktemp find grep rm mv cat \
	tail head tar gzip sha256sum chmod sync cksum readlink dirname uname npm deno umask 2>/dev/null || :

# Without the help of a program.
is_root() { [ -O / ]; }

# Whether folder $1, which need not be there yet, is one that only this user and
# root can change: neither it nor anything on the way to it. For root that is
# root alone, and /tmp does not count, though it is sticky. Sets $real to the
# folder without symlinks, and $why if the answer is no. What was true stays
# true: who cannot write to a folder cannot put others in place of what is there.
is_trusted() {
	real=$1
	if is_root; then sticky=none; else sticky=way; fi
	is_place
}

# Makes an empty folder, named after $1, that nobody else can change, and sets
# $work to it: below TMPDIR or, where others could move it away there, $2.
make_work() {
	real=${TMPDIR:-$2} sticky=all
	is_place || real=$2
	work=$(mktemp -d "$real/orlop-$1.XXXXXX") || exit
}

# Whether $real is such a folder, where a sticky one of root counts if $sticky is
# "all", or "way" for those on the way to it.
is_place() {
	set -- "$real"
	case $1 in
	/*) ;;
	*) why="it is no absolute path" && return 1 ;;
	esac
	is_own_way "$1" || return
	[ -n "$symlink" ] || return 0
	# The way to the symlink is ours: now where it leads to.
	resolved=$(cd -P -- "$deepest" 2>/dev/null && pwd -P) || {
		why="$deepest cannot be entered"
		return 1
	}
	real=${resolved%/}$missing
	is_own_way "$real" || return
	[ -z "$symlink" ] || { why="$symlink changes" && return 1; }
}

# Looks at each folder on the way to $1. Sets $symlink to the last one that is a
# symlink, $deepest to what is there, and $missing to the rest.
is_own_way() {
	rest=${1#/}/ deepest=/ missing='' symlink=''
	set -- /
	while [ -n "$rest" ]; do
		part=${rest%%/*} rest=${rest#*/}
		[ -n "$part" ] || continue
		next=${deepest%/}/$part
		if [ -n "$missing" ]; then
			missing=$missing/$part
		elif [ -L "$next" ]; then
			symlink=$next deepest=$next
			set -- "$@" "$next"
		elif [ -e "$next" ]; then
			deepest=$next
			set -- "$@" "$next"
		else
			missing=/$part
		fi
	done
	# In C it reads no files of the locale, of which there are twelve.
	facts=$(LC_ALL=C stat -c %u:%f -- "$@" 2>/dev/null) || { why="$deepest cannot be read" && return 1; }
	for fact in $facts; do
		is_own "$1" "${fact%:*}" "${fact#*:}" || return
		shift
	done
}

# Whether only this user or root can change path $1, of owner $2 and mode $3, in
# hexadecimal digits.
is_own() {
	[ "$2" = 0 ] || [ -O "$1" ] || { why="$1 belongs to user $2" && return 1; }
	case $3 in
	a???) return 0 ;; # a symlink, which only its owner can change
	*[13579bdf]? | *[2367abef]) why="others can write to $1" ;;
	*) return 0 ;;
	esac
	# In a sticky folder, others cannot replace what is not theirs.
	[ -k "$1" ] && [ "$2" = 0 ] || return
	case $sticky in
	all) return 0 ;;
	way) [ "$1" != "$real" ] ;;
	none) return 1 ;;
	esac
}

# Searches the caller's PATH, too, as far as nobody else can change its folders.
extend_path() {
	IFS=:
	set -f
	# shellcheck disable=SC2086 # folders
	set -- $caller_path /usr/local/sbin /usr/local/bin
	unset IFS
	set +f
	for folder in "$@"; do
		case :$PATH: in
		*:"$folder":*) ;;
		*) ! is_trusted "$folder" || PATH=$PATH:$real ;;
		esac
	done
}
