# shellcheck shell=sh
# Bundles the program. Source this after deno.sh, with $work, a folder for
# temporary files, set.
: "${root:?must be set}" "${deno:?must be set}" "${work:=}"

# Prints the commit that is checked out, with a plus if files differ from it;
# nothing without git.
commit() {
	found=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null) || return 0
	[ -z "$(git -C "$root" status --porcelain -- main.ts src deno.json deno.lock scripts/lib)" ] ||
		found=$found+
	echo "$found"
}

# Writes the program to folder $1: main.js, layer_worker.js, and what both share.
# Not minified: of `using held = await lock(); return held.x` esbuild 0.25.5, which
# Deno has, makes `return (await lock()).x`, and nothing releases the lock. It
# would save 0.1 MB of 41, and no time.
bundle() {
	fetch_dependencies
	mkdir "$work/source"
	cp -R main.ts deno.json deno.lock src LICENSE "$work/source"
	# `orlop version` reads it there.
	sed -i "s/^  \"version\": .*/&\n  \"commit\": \"$(commit)\",/" "$work/source/deno.json"
	(cd "$work/source" && "$deno" bundle --quiet --frozen --code-splitting \
		--outdir "$1" main.ts src/runtime/layer_worker.ts) >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		die "Cannot bundle the program: see above"
	}
	# Deno leaves the address of a worker as it is in the source.
	mv "$1/src/runtime/layer_worker.js" "$1/layer_worker.js"
	rmdir "$1/src/runtime" "$1/src"
	sed -i 's,"\.\./\.\./chunk-,"./chunk-,g' "$1/layer_worker.js"
	caller=$(grep -l '"./layer_worker.ts"' "$1"/*.js) || die "Cannot bundle the program: nothing starts its worker"
	sed -i 's,"\./layer_worker\.ts","./layer_worker.js",' "$caller"
}
