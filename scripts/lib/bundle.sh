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

# Writes the program to folder $1: main.js, its workers, and what all share.
# Not minified: of `using held = await lock(); return held.x` esbuild 0.25.5, which
# Deno has, makes `return (await lock()).x`, and nothing releases the lock. It
# would save 0.1 MB of 41, and no time.
bundle() {
	fetch_dependencies
	mkdir "$work/source"
	cp -R main.ts deno.json deno.lock src LICENSE "$work/source"
	# `orlop version` reads it there.
	sed -i "s/^  \"version\": .*/&\n  \"commit\": \"$(commit)\",/" "$work/source/deno.json"
	# shellcheck disable=SC2086 # paths without blanks
	(cd "$work/source" && "$deno" bundle --quiet --frozen --code-splitting \
		--outdir "$1" main.ts $workers) >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		die "Cannot bundle the program: see above"
	}
	# Deno leaves the address of a worker as it is in the source.
	for worker in $workers; do
		file=$(basename "$worker" .ts)
		mv "$1/${worker%.ts}.js" "$1/$file.js"
		sed -i 's,"\(\.\./\)*chunk-,"./chunk-,g' "$1/$file.js"
		caller=$(grep -l "\"./$file.ts\"" "$1"/*.js) || die "Cannot bundle the program: nothing starts $file"
		sed -i "s,\"\./$file\.ts\",\"./$file.js\"," "$caller"
	done
	# What CommonJS of npm's needs loads a module of Node, which takes 20 ms: those
	# that use nothing of it import it all the same, for effects that it has not.
	for file in $(grep -l '"node:module"' "$1"/chunk-*.js); do
		sed -i "/^import \"\.\/${file##*/}\";\$/d" "$1"/*.js
	done
	rmdir "$1/src/engine/"* "$1/src/engine" "$1/src"
}
