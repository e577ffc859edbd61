import { assert, assertEquals } from "@std/assert";
import { openRoots } from "../../src/process/libc_roots.ts";
import { takeLibcWithSockets } from "../../src/process/libc_with_sockets.ts";
import { needsThat } from "../support/peers.ts";
import { type Answer, fillNumbers, recordLibc } from "./recorded_libc.ts";
import { tempDir } from "../support/temp_dir.ts";

const roots = takeLibcWithSockets()?.roots;
const ignore = needsThat(roots !== undefined, "libc cannot be bound").ignore;

Deno.test({
  name: "find() never leads out of a root",
  ignore,
  fn: async (t) => {
    using dir = tempDir();
    const root = dir.join("root");
    await Deno.mkdir(`${root}/etc`, { recursive: true });
    await Deno.writeTextFile(`${root}/etc/name`, "inside\n");
    await Deno.mkdir(dir.join("etc"));
    await Deno.writeTextFile(dir.join("etc/name"), "outside\n");
    const links: Readonly<Record<string, string>> = {
      absolute: "/etc",
      above: "../../../../etc",
      chain: "absolute/../above",
      host: dir.join("etc"),
      loop: "loop",
      magic: "/proc/self/root",
    };
    for (const [name, target] of Object.entries(links)) {
      await Deno.symlink(target, `${root}/${name}`);
    }
    const read = async (path: string): Promise<string | undefined> => {
      using found = roots?.find(root, path);
      return found && await cat(found.path);
    };
    for (
      const path of [
        ...["/etc/name", "etc/name", "../../etc/name", "absolute/name"],
        ...["above/name", "chain/name", "/./etc//name"],
      ]
    ) {
      await t.step(path, async () => {
        assertEquals(await read(path), "inside\n");
      });
    }
    for (const path of ["host/name", "loop", "magic/etc", "nothing", "etc/x"]) {
      await t.step(path, async () => {
        assertEquals(await read(path), undefined);
      });
    }
    await t.step("what was found stays found", async () => {
      using found = roots?.find(root, "etc/name");
      assert(found !== undefined);
      await Deno.remove(`${root}/etc`, { recursive: true });
      await Deno.symlink(dir.join("etc"), `${root}/etc`);
      assertEquals(await cat(found.path), "inside\n");
    });
    await t.step("there is no such root", () => {
      assertEquals(roots?.find(dir.join("none"), "/"), undefined);
    });
  },
});

/** Deno itself shows nothing of /proc, now that `ffi` was given up. */
async function cat(path: string): Promise<string> {
  const { stdout } = await new Deno.Command("cat", { args: [path] }).output();
  return new TextDecoder().decode(stdout);
}

type Answers = Readonly<Record<string, Answer>>;

const CLOEXEC = 0o2000000;
const PATH = 0o10000000;
const ZEROS_256 = "(256 zeros)";

Deno.test("find() resolves in a root, and closes what it does not give", async (t) => {
  const root = `open "/root" ${PATH | CLOEXEC} 0`;
  // Flags, a mode of nothing, RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS.
  const how = new Uint8Array(24);
  fillNumbers(how, { 0: PATH | CLOEXEC, 16: 0x12 });
  const resolved = `openat2 437n 5n "etc/name" ${
    how.toHex().replace(/(?:00){9,}/g, (zeros) => `(${zeros.length / 2} zeros)`)
  } 24n`;
  const looked = `statx 9 "" ${0x1000} ${0x7ff} ${ZEROS_256}`;
  const found: Answers = {
    open: 5,
    openat2: 9n,
    statx: (...[, , , , bytes]) =>
      fillNumbers(bytes, { 20: 1, 24: 2, 28: 0o100644 }),
  };
  await t.step("what is there", () => {
    const { symbols, calls } = recordLibc(found);
    const file = openRoots(symbols, symbols).find("/root", "etc/name");
    assertEquals(calls, [root, resolved, looked, "close 5"]);
    const folder = `/proc/${Deno.pid}/fd`;
    assertEquals([file?.folder, file?.name, file?.path], [
      ...[folder, "9", `${folder}/9`],
    ]);
    const { mode, uid, gid } = file?.status ?? {};
    assertEquals([mode, uid, gid], [0o100644, 1, 2]);
    file?.[Symbol.dispose]();
    assertEquals(calls.slice(4), ["close 9"]);
  });
  const cases: readonly (readonly [string, Answers, string[]])[] = [
    ["no root", { open: -1 }, [root]],
    ["no file", { ...found, openat2: -1n }, [root, resolved, "close 5"]],
    ["no status", { ...found, statx: -1 }, [
      ...[root, resolved, looked, "close 9", "close 5"],
    ]],
  ];
  for (const [name, answers, expected] of cases) {
    await t.step(name, () => {
      const { symbols, calls } = recordLibc(answers);
      const roots = openRoots(symbols, symbols);
      assertEquals(roots.find("/root", "etc/name"), undefined);
      assertEquals(calls, expected);
    });
  }
});
