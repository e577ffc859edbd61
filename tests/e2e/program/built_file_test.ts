/** The single executable that `ORLOP` names: see scripts/build. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { exists } from "@std/fs";
import { basename, dirname, join } from "@std/path";
import { existsSync, readdirSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { needs } from "../../support/peers.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";
import { trustedDir } from "../../support/trusted_dir.ts";

const isBuilt = Deno.env.get("ORLOP") !== undefined;
const ofBuilt = { ignore: !isBuilt };
const MAX_BYTES = 45_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** How to start the file. */
interface Start {
  readonly program?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the file as cron does: with next to no environment. */
function start({ program = ORLOP, args = ["--version"], env = {} }: Start) {
  return new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", ...env },
    cwd: "/",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run(options: Start) {
  const { code, stdout, stderr } = await start(options).output();
  const [out, err] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes).trimEnd()
  );
  return { code, out: out ?? "", err: err ?? "" };
}

function listNames(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name);
}

/** A folder in which the file is unpacked already. */
async function warm(): Promise<TempDir> {
  const dir = trustedDir();
  const { code, err } = await run({ env: { ORLOP_CACHE: dir.path } });
  assertEquals(code, 0, err);
  return dir;
}

Deno.test(
  "the built file is small, and what its list says",
  ofBuilt,
  async () => {
    assert((await Deno.stat(ORLOP)).size <= MAX_BYTES);
    const folder = dirname(ORLOP);
    const sums = await new Deno.Command("sha256sum", {
      args: ["--check", "--quiet", "SHA256SUMS"],
      cwd: folder,
    }).output();
    assert(sums.success);
    const list = JSON.parse(
      await Deno.readTextFile(join(folder, `${basename(ORLOP)}.cdx.json`)),
    );
    assertEquals(list.bomFormat, "CycloneDX");
    const names = list.components.map(({ name }: { name: string }) => name);
    assertEquals(names, [
      "deno",
      "@bufbuild/protobuf",
      "smol-toml",
      "ws",
      "yaml",
    ]);
  },
);

Deno.test("the built file starts however it is called", ofBuilt, async (t) => {
  using cache = await warm();
  using dir = tempDir();
  const link = dir.join("linked orlop");
  await Deno.symlink(ORLOP, link);
  const env = { ORLOP_CACHE: cache.path };
  const cases: readonly [string, Start, number, RegExp][] = [
    ["by its path", {}, 0, /^orlop version \d/],
    ["by a link", { program: link }, 0, /^orlop version \d/],
    ...["sh", "bash", "dash"].map((
      shell,
    ): [string, Start, number, RegExp] => [
      `by ${shell}`,
      { program: shell, args: [ORLOP, "--version"] },
      0,
      /^orlop version \d/,
    ]),
    ["with a wrong word", { args: ["a  b$HOME"] }, 2, /"a {2}b\$HOME"/],
    ["for what is not there", { args: ["rmi", "x"] }, 3, /Cannot find/],
    ["for help", { args: ["help", "gc"] }, 0, /cron/],
    ["with its commit", { args: ["version"] }, 0, /Commit: +[0-9a-f]{12}/],
  ];
  for (const [name, options, code, text] of cases) {
    await t.step(name, async () => {
      const places = {
        ORLOP_ROOT: dir.join("root"),
        ORLOP_RUNROOT: dir.join("runroot"),
      };
      const result = await run({ ...options, env: { ...env, ...places } });
      assertEquals(result.code, code, result.err);
      assertMatch(result.out + result.err, text);
    });
  }
});

Deno.test("the built file is not unpacked again", ofBuilt, async () => {
  using cache = await warm();
  const before = listInodes(cache.path);
  assert(before.some((line) => / .*\/deno$/.test(line)));
  await run({ env: { ORLOP_CACHE: cache.path } });
  const added = listInodes(cache.path)
    .filter((line) => !before.includes(line) && !line.includes("/cache/"));
  assertEquals(added, []);
});

Deno.test(
  "common commands find compiled what they load, each with flags of its own",
  ofBuilt,
  async (t) => {
    using cache = await warm();
    using dir = tempDir();
    const [version = ""] = listNames(cache.path);
    const [bulk, quick] = ["cache", "cache/quick"]
      .map((name) => cache.join(version, name, "v8_code_cache_v2"));
    const compiled = listCompiled(quick);
    for (const name of ["cli", "store", "lists", "life"]) {
      assert(compiled.has(`${name}.js`), name);
    }
    const places = ["--root", dir.join("root"), "--runroot", dir.join("run")];
    const quickLines = [["images"], ["ps"], ["start", "none"], ["rm", "none"]];
    for (const line of quickLines) {
      await t.step(line.join(" "), async () => {
        await run({
          args: [...places, ...line],
          env: { ORLOP_CACHE: cache.path },
        });
        const added = [...listCompiled(quick).difference(compiled)];
        assertEquals(added.filter((name) => name !== "main.js"), []);
        assert(!existsSync(bulk ?? ""));
      });
    }
    await t.step("what moves layers keeps to little memory", async () => {
      await run({
        args: [...places, "load", "--input", dir.join("none")],
        env: { ORLOP_CACHE: cache.path },
      });
      assert(listCompiled(bulk).has("cli.js"));
    });
  },
);

/** The names of our files whose code is kept in a database of Deno's. */
function listCompiled(path = ""): ReadonlySet<string> {
  using database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare("SELECT specifier FROM codecache").all();
  return new Set(
    rows.map(({ specifier }) => String(specifier))
      .filter((specifier) => specifier.startsWith("file:"))
      .map((specifier) => basename(specifier)),
  );
}

/** Each file below a directory, with what tells it from a new one. */
function listInodes(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => `${statSync(`${directory}/${name}`).ino} ${name}`);
}

Deno.test(
  "the built file ends by the signals that it gets",
  ofBuilt,
  async () => {
    using cache = await warm();
    // It tries for seconds to reach what is not there.
    const child = start({
      args: [
        "--root",
        cache.join("root"),
        "--runroot",
        cache.join("runroot"),
        "pull",
        "localhost:1/x",
      ],
      env: { ORLOP_CACHE: cache.path },
    });
    const output = child.output();
    while (!await exists(cache.join("root"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill("SIGTERM");
    const { code, stderr } = await output;
    assertEquals(code, 143);
    assertStringIncludes(
      new TextDecoder().decode(stderr),
      "Stopped by SIGTERM",
    );
  },
);

Deno.test(
  "many first runs at once unpack the built file once",
  ofBuilt,
  async () => {
    using dir = trustedDir();
    // Left by a killed run, and by a version that nobody uses any more.
    const old = [
      ["orlop-new.killed", ""],
      ["0.0.1-0123456789abcdef", ".used"],
      // Somebody else's, who keeps things there, too.
      ["new.others", ""],
    ] as const;
    for (const [name, file] of old) {
      await Deno.mkdir(dir.join(name));
      if (file) await Deno.writeTextFile(dir.join(name, file), "");
      const then = new Date(Date.now() - 40 * DAY_MS);
      await Deno.utime(dir.join(name, file), then, then);
    }
    const runs = [1, 2, 3].map(() => run({ env: { ORLOP_CACHE: dir.path } }));
    for (const { code, err } of await Promise.all(runs)) {
      assertEquals(
        code,
        0,
        err,
      );
    }
    const [version = "", ...rest] = listNames(dir.path).toSorted();
    assertMatch(version, /^\d+\.\d+\.\d+-[0-9a-f]{16}$/);
    assertEquals(rest, ["new.others"]);
  },
);

Deno.test(
  "a first run removes nothing that another one is unpacking",
  ofBuilt,
  async () => {
    using dir = trustedDir();
    const env = { ORLOP_CACHE: dir.path };
    const first = run({ env });
    const isUnpacking = () =>
      listNames(dir.path).some((name) =>
        existsSync(dir.join(name, "checksums")) && !existsSync(
          dir.join(name, ".used"),
        )
      );
    while (!isUnpacking()) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const outcomes = await Promise.all([first, run({ env }), run({ env })]);
    for (const { code, err } of outcomes) assertEquals([code, err], [0, ""]);
  },
);

Deno.test(
  "a damaged file refuses to start, and leaves nothing",
  ofBuilt,
  async (t) => {
    using dir = trustedDir();
    const cache = dir.join("cache");
    const damaged = dir.join("orlop");
    const size = (await Deno.stat(ORLOP)).size;
    const cases: readonly [string, (file: Deno.FsFile) => Promise<void>][] = [
      ["flipped", async (file) => {
        await file.seek(size / 2, Deno.SeekMode.Start);
        await file.write(new Uint8Array([1, 2, 3, 4]));
      }],
      ["cut short", (file) => file.truncate(size - 1000)],
    ];
    for (const [name, damage] of cases) {
      await t.step(name, async () => {
        await Deno.copyFile(ORLOP, damaged);
        {
          using file = await Deno.open(damaged, { write: true });
          await damage(file);
        }
        const env = { ORLOP_CACHE: cache };
        const { code, out, err } = await run({ program: damaged, env });
        assertEquals([code, out], [125, ""]);
        assertStringIncludes(err, "is damaged");
        assertEquals(listNames(dir.path), ["orlop"]);
      });
    }
  },
);

Deno.test("the built file finds a folder that may hold programs", {
  ignore: !isBuilt || needs("root", "mount").ignore,
}, async (t) => {
  using dir = trustedDir();
  const [locked, home] = [dir.join("locked"), dir.join("home")];
  await Deno.mkdir(locked);
  await Deno.mkdir(home);
  // Not root's own /var/cache: this user has none but in HOME.
  await Deno.chmod(dir.path, 0o755);
  await Deno.chown(home, 65534, 65534);
  const program = "setpriv";
  const user = ["--reuid=65534", "--regid=65534", "--clear-groups"];
  const args = [...user, ORLOP, "--version"];
  const env = { ORLOP_CACHE: locked, HOME: home };
  const cases = [
    ["noexec,mode=755,uid=65534", /may hold no programs/],
    ["ro,mode=755,uid=65534", /cannot be written/],
    ["size=20m,mode=755,uid=65534", /no room/],
    ["mode=755", /cannot be written/],
    ["mode=777", /others can write to/],
  ] as const;
  for (const [options, why] of cases) {
    await t.step(options, async () => {
      await sh(
        `rm -rf ${home}/.cache && mount -t tmpfs -o ${options} tmpfs ${locked}`,
      );
      try {
        const first = await run({ program, args, env });
        assertEquals(first.code, 0, first.err);
        assertMatch(first.err, /^orlop: unpacked into \S+, not /);
        assertMatch(first.err, why);
        const second = await run({ program, args, env });
        assertEquals([second.code, second.err], [0, ""]);
        assertEquals(listNames(locked), []);
      } finally {
        await sh(`umount ${locked}`);
      }
    });
  }
});

Deno.test("the built file runs from a folder that is read-only now", {
  ignore: !isBuilt || needs("root", "mount").ignore,
}, async () => {
  using cache = await warm();
  await sh(`mount --bind ${cache.path} ${cache.path}`);
  try {
    await sh(`mount -o remount,bind,ro ${cache.path}`);
    const { code, out, err } = await run({ env: { ORLOP_CACHE: cache.path } });
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /^orlop version \d/);
  } finally {
    await sh(`umount ${cache.path}`);
  }
});

Deno.test(
  "the built file repairs what was removed of it",
  ofBuilt,
  async (t) => {
    using cache = await warm();
    const [version = ""] = listNames(cache.path);
    for (const name of ["deno", "main.js"]) {
      await t.step(name, async () => {
        await Deno.remove(cache.join(version, name));
        const { code, err } = await run({ env: { ORLOP_CACHE: cache.path } });
        assertEquals([code, err], [0, ""]);
        assertEquals(listNames(cache.path), [version]);
      });
    }
  },
);

async function sh(command: string): Promise<void> {
  const { code } = await new Deno.Command("sh", { args: ["-c", command] })
    .output();
  assertEquals(code, 0, command);
}

// What they load before they do anything: the bundler makes a hundred of them.
const MAX_FILES = 14;
const MAX_OF_VERSION = 5;
// What all commands load, to read their words: no help, no templates.
const MAX_CLI_BYTES = 170_000;

Deno.test({
  name: "common commands of the built file load few files, and nothing of Node",
  ignore: ofBuilt.ignore || needs("strace").ignore,
  fn: async (t) => {
    using cache = await warm(); // or it would read all that it unpacks
    using dir = tempDir();
    // run looks whether a file names it.
    await Deno.writeTextFile(dir.join("docker-credential-x"), "", {
      mode: 0o755,
    });
    const places = ["--root", dir.join("root"), "--runroot", dir.join("run")];
    const lines = [
      [...places, "version"],
      [...places, "images"],
      [...places, "ps"],
      [...places, "create", "--help"],
      [...places, "start", "none"],
      [...places, "stop", "none"],
      [...places, "rm", "none"],
      [...places, "run", "--pull=never", "none"],
    ];
    for (const line of lines) {
      await t.step(line.slice(-2).join(" "), async () => {
        const trace = dir.join("trace");
        await new Deno.Command("strace", {
          args: ["-f", "-e", "trace=openat", "-o", trace, ORLOP, ...line],
          env: { ORLOP_CACHE: cache.path, PATH: `${dir.path}:/usr/bin:/bin` },
          ...{ stdout: "null", stderr: "null" } as const,
        }).output();
        const files = (await Deno.readTextFile(trace))
          .matchAll(/"([^"]+\.js)", [^=]*= \d/g).map(([, path = ""]) => path);
        const loaded = new Set(files);
        const names = [...loaded].map((path) => basename(path)).join();
        const cli = [...loaded].find((path) => basename(path) === "cli.js");
        assert(cli !== undefined, names);
        assert((await Deno.stat(cli)).size <= MAX_CLI_BYTES);
        const max = line.includes("version") ? MAX_OF_VERSION : MAX_FILES;
        assert(loaded.size <= max, names);
        for (const path of loaded) {
          const text = await Deno.readTextFile(path);
          assertEquals(text.match(/^import .*"node:.*/gm), null, path);
        }
      });
    }
  },
});
