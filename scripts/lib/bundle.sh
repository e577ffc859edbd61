# shellcheck shell=sh
# Bundles the program. Source this after deno.sh, with $work, a folder for
# temporary files, set.
: "${root:?must be set}" "${deno:?must be set}" "${work:=}"

workers="src/engine/transfer/unpack_worker.ts src/engine/media/expand_worker.ts
	src/engine/media/pack_worker.ts"

# Prints the commit that is checked out, with a plus if files differ from it;
# nothing without git.
commit() {
	found=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null) || return 0
	[ -z "$(git -C "$root" status --porcelain -- main.ts src deno.json deno.lock scripts/lib)" ] ||
		found=$found+
	echo "$found"
}

# Writes the program to folder $1: main.js, what it loads, and its workers.
# Not minified: of `using held = await lock(); return held.x` esbuild 0.25.5, which
# Deno has, makes `return (await lock()).x`, and nothing releases the lock. It
# would save 0.1 MB of 41, and no time.
bundle() {
	fetch_dependencies
	mkdir "$work/source"
	cp -R main.ts deno.json deno.lock src LICENSE "$work/source"
	# `orlop version` reads it there.
	sed -i "s/^  \"version\": .*/&\n  \"commit\": \"$(commit)\",/" "$work/source/deno.json"
	# A worker shares no module with the program, so each has all of its own.
	# shellcheck disable=SC2086 # paths without blanks
	run_bundler "$work/source" --frozen --outdir "$1" $workers
	run_bundler "$work/source" --frozen --code-splitting --outdir "$work/chunks" main.ts
	"$deno" run --quiet --no-prompt "--allow-read=$work" "--allow-write=$work" \
		--cached-only --config deno.json scripts/lib/join_chunks.ts "$work/chunks" "$work/joined" ||
		die "Cannot bundle the program: see above"
	(cd "$work/joined" && echo *.js) >"$work/files"
	# shellcheck disable=SC2046 # names without blanks
	run_bundler "$work/joined" --no-config --no-lock --external 'joined:*' --outdir "$1" $(cat "$work/files")
	sed -i 's,"joined:\([^"]*\.js\)","./\1",g' "$1"/*.js
	# Deno leaves the address of a worker as it is in the source.
	for worker in $workers; do
		file=$(basename "$worker" .ts)
		mv "$1"/*/"$file.js" "$1"
		caller=$(grep -l "\"./$file.ts\"" "$1"/*.js) || die "Cannot bundle the program: nothing starts $file"
		sed -i "s,\"\./$file\.ts\",\"./$file.js\"," "$caller"
	done
	rmdir "$1"/*/
}

# Runs `deno bundle` in folder $1, which tells nothing unless it fails.
run_bundler() (
	cd "$1" && shift
	"$deno" bundle --quiet "$@" >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		die "Cannot bundle the program: see above"
	}
)
