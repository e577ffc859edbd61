/** Nothing that another user can write is run, or read, before the program. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { needs } from "../../support/peers.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

// It is about the single executable that `ORLOP` names: see scripts/build.
const isBuilt = Deno.env.get("ORLOP") !== undefined;
const asRoot = {
  ignore: !isBuilt ||
    needs("root", "mount", "unshare", "setpriv", "strace").ignore,
};

/** What the script in a machine's own mounts finds set. */
const PRELUDE = `
set -eu
orlop=$1 trap=$2
mount -t tmpfs -o mode=755 tmpfs /var/cache
key=$(head -c 4096 "$orlop" | sed -n 's/^key=\\([^ ]*\\) .*/\\1/p')
# Fills folder $1 as a version that is unpacked, but for what it does.
plant() {
  mkdir -p "$1/$key/cache"
  for name in deno permissions.sh memory.sh main.js .used; do
    printf '#!/bin/sh\\ntouch %s/ran\\n' "$trap" >"$1/$key/$name"
    chmod 755 "$1/$key/$name"
  done
}
theirs() { chown -hR 65534:65534 "$@"; }
`;

/** Runs a script with a `/var/cache` of its own, that is empty. */
async function onMachine(
  script: string,
  { trap, env = {} }: {
    readonly trap: TempDir;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...["--mount", "--propagation", "private", "sh", "-c"],
      PRELUDE + script,
      ...["sh", ORLOP, trap.path],
    ],
    clearEnv: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...env },
    cwd: "/",
  }).output();
  const [out = "", err = ""] = [stdout, stderr]
    .map((bytes) => new TextDecoder().decode(bytes).trimEnd());
  return { code, out, err };
}

/** Whether what was planted has run. */
function hasRun(trap: TempDir): boolean {
  return [...Deno.readDirSync(trap.path)].some(({ name }) => name === "ran");
}

function trapDir(): TempDir {
  const trap = tempDir();
  Deno.chmodSync(trap.path, 0o777); // so that planted code can tell
  return trap;
}

Deno.test("root runs nothing that others planted", asRoot, async (t) => {
  const cases: readonly [name: string, script: string, err: RegExp][] = [
    [
      "in TMPDIR and HOME",
      `
      export TMPDIR=$trap HOME=$trap
      plant "$trap/orlop-0"; plant "$trap/.cache/orlop"; theirs "$trap"
    `,
      /^$/,
    ],
    [
      "in /tmp",
      `unset TMPDIR; mount -t tmpfs -o mode=1777 tmpfs /tmp
      plant /tmp/orlop-0; theirs /tmp/orlop-0`,
      /^$/,
    ],
    [
      "in ORLOP_CACHE of another user",
      `
      export ORLOP_CACHE=$trap/c; plant "$trap/c"; theirs "$trap"
    `,
      /others can write to \/tmp/,
    ],
    [
      "in ORLOP_CACHE of root, in a folder of another user",
      `
      mkdir /var/cache/u; export ORLOP_CACHE=/var/cache/u/c
      plant "$ORLOP_CACHE"; chown 65534 /var/cache/u
    `,
      /\/var\/cache\/u belongs to user 65534/,
    ],
    [
      "in ORLOP_CACHE of root, in a folder that a group can write to",
      `
      mkdir /var/cache/g; export ORLOP_CACHE=/var/cache/g/c
      plant "$ORLOP_CACHE"; chmod 775 /var/cache/g
    `,
      /others can write to \/var\/cache\/g$/,
    ],
    [
      "in ORLOP_CACHE that all can write to",
      `
      export ORLOP_CACHE=/var/cache/w; plant "$ORLOP_CACHE"; chmod 757 /var/cache/w
    `,
      /others can write to \/var\/cache\/w$/,
    ],
    [
      "in a version of another user",
      `
      export ORLOP_CACHE=/var/cache/v; plant "$ORLOP_CACHE"; theirs "$ORLOP_CACHE/$key"
    `,
      /^$/,
    ],
    [
      "behind another user's symlink to what is root's",
      `
      plant /var/cache/root-made; mkdir "$trap/d"
      ln -s /var/cache/root-made "$trap/d/link"; theirs "$trap/d"
      export ORLOP_CACHE=$trap/d/link
    `,
      /others can write to \/tmp/,
    ],
    [
      "behind root's symlink to what is another user's",
      `
      plant "$trap/c"; theirs "$trap"; ln -s "$trap/c" /var/cache/link
      export ORLOP_CACHE=/var/cache/link
    `,
      /others can write to \/tmp/,
    ],
    [
      "in a cache of a version that all can write to",
      `export ORLOP_CACHE=/var/cache/a; "$orlop" --version >/dev/null
      chmod 777 "$ORLOP_CACHE/$key/cache"; rm -rf /var/cache/orlop
    `,
      /^$/,
    ],
    [
      "as functions in the environment of bash",
      `env "BASH_FUNC_stat%%=() { touch $trap/ran; }" bash --posix "$orlop" --version >/dev/null
    `,
      /^$/,
    ],
    [
      "by a path that is not absolute",
      `
      plant "$trap/c"; cd "$trap"; export ORLOP_CACHE=c
    `,
      /no absolute path/,
    ],
    [
      "in a current folder with Deno's and npm's settings",
      `
      cd "$trap"; echo '{"imports":{"./main.js":"./evil.js"}}' >deno.json
      echo '{}' >package.json; echo registry=http://127.0.0.1:1 >.npmrc
      echo "DENO_V8_FLAGS=--help" >.env; theirs .
    `,
      /^$/,
    ],
    [
      "as programs in PATH",
      `
      for name in stat tar head tail gzip sha256sum mktemp find sync mv rm id node deno; do
        printf '#!/bin/sh\\ntouch %s/ran\\nexec /usr/bin/%s "$@"\\n' "$trap" "$name" >"$trap/$name"
        chmod 755 "$trap/$name"
      done
      theirs "$trap"; export PATH="$trap:$PATH"
    `,
      /^$/,
    ],
    [
      "as what Deno reads of the environment",
      `
      printf 'Deno.writeTextFileSync("%s/ran", "")' "$trap" >"$trap/evil.js"
      export NODE_OPTIONS="--require $trap/evil.js" DENO_V8_FLAGS=--help
      export DENO_PERMISSION_BROKER_PATH=$trap/broker DENO_DIR=$trap DENO_COVERAGE_DIR=$trap/ran
      export DENO_AUDIT_PERMISSIONS=$trap/ran LD_LIBRARY_PATH=$trap TAR_OPTIONS="--to-command=touch $trap/ran"
    `,
      /^$/,
    ],
  ];
  for (const [name, plan, err] of cases) {
    await t.step(name, async () => {
      using trap = trapDir();
      const script = `${plan}\n"$orlop" --version; "$orlop" --version >&2`;
      const result = await onMachine(script, { trap });
      assertEquals([result.code, hasRun(trap)], [0, false], result.err);
      assertMatch(result.out, /^orlop version \d/);
      // The second start has nothing to say: it found what the first made.
      assertMatch(result.err.replace(/\n?orlop version .*$/, ""), err);
    });
  }
});

Deno.test(
  "root does not start if others can change all folders",
  asRoot,
  async () => {
    using trap = trapDir();
    const script =
      `plant /var/cache/orlop; chmod 775 /var/cache; "$orlop" --version`;
    const { code, err } = await onMachine(script, { trap });
    assertEquals([code, hasRun(trap)], [125, false], err);
    assertMatch(
      err,
      /^orlop: Cannot unpack to \/var\/cache\/orlop: others can write to \/var\/cache; set ORLOP_CACHE/,
    );
  },
);

Deno.test(
  "who swaps a folder all the time gets nothing run",
  asRoot,
  async () => {
    using trap = trapDir();
    const { code, err } = await onMachine(
      `
    mkdir "$trap/u"; plant "$trap/u/evil"; plant /var/cache/decoy
    theirs "$trap/u"; chmod 755 /var/cache/decoy
    cat >"$trap/swap" <<'END'
while :; do
  ln -sfn /var/cache/decoy "$1/u/c" 2>/dev/null; ln -sfn "$1/u/evil" "$1/u/c" 2>/dev/null
done
END
    setpriv --reuid=65534 --regid=65534 --clear-groups timeout 60 sh "$trap/swap" "$trap" &
    swapper=$!
    export ORLOP_CACHE="$trap/u/c" TMPDIR="$trap/u" HOME="$trap/u"
    tries=12
    while [ "$tries" -gt 0 ]; do
      "$orlop" --version >/dev/null || echo failed >&2
      tries=$((tries - 1))
    done
    kill "$swapper"
  `,
      { trap },
    );
    assertEquals([code, hasRun(trap)], [0, false], err);
    assert(!err.includes("failed"), err);
  },
);

Deno.test(
  "before the program runs, nothing of others is looked up",
  asRoot,
  async (t) => {
    const script = `
    mkdir "$trap/home" "$trap/tmp" "$trap/bin"; theirs "$trap"/*
    export HOME="$trap/home" TMPDIR="$trap/tmp" PATH="$trap/bin:$PATH"
    export XDG_CONFIG_HOME="$HOME/c" XDG_CACHE_HOME="$HOME/x" XDG_RUNTIME_DIR="$HOME/r"
    strace -f -qq -s 300 -e trace=%file,execve -o "$trap/trace" "$orlop" "$@"
    `;
    for (const start of ["first", "second"]) {
      await t.step(`at the ${start} start`, async () => {
        using trap = trapDir();
        const warm = start === "second" ? `"$orlop" --version\n` : "";
        const words =
          "set -- --root /var/cache/r --runroot /var/cache/q images";
        const { code, err } = await onMachine(
          `${warm}${words}\ntrap=${trap.path}${script}`,
          { trap },
        );
        assertEquals(code, 0, err);
        const lines = (await Deno.readTextFile(trap.join("trace"))).split("\n");
        const begin = lines.findIndex((line) =>
          line.includes('/main.js", O_RDONLY')
        );
        assert(begin > 0);
        // The second path is where the test's own program is started from.
        const foreign = lines.slice(1, begin).filter((line) =>
          /"(\/tmp|\/root|\/home)\b/.test(line) && !line.includes(`"${ORLOP}"`)
        );
        assertEquals(foreign, []);
      });
    }
  },
);
