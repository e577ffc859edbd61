import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { InvalidSandboxError } from "../../src/errors/network_errors.ts";
import { CommandError } from "../../src/errors/store_errors.ts";
import {
  type NamespacePlan,
  pinNamespaces,
  setNetworkSysctls,
} from "../../src/mount/pin_namespaces.ts";
import { needs } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const ROOT = needs("root", "unshare", "nsenter", "flock", "ip");

interface Pins extends AsyncDisposable {
  readonly dir: TempDir;
  readonly files: Readonly<Record<"net" | "ipc" | "uts", string>>;
  plan(changes?: Partial<NamespacePlan>): NamespacePlan;
}

/** Files for namespaces; what is pinned to them goes with the scope. */
async function pins(): Promise<Pins> {
  const dir = tempDir();
  const kinds = ["net", "ipc", "uts"] as const;
  for (const name of [...kinds, "lock"]) {
    await Deno.writeTextFile(dir.join(name), "");
  }
  const files = {
    ...{ net: dir.join("net"), ipc: dir.join("ipc") },
    uts: dir.join("uts"),
  };
  return {
    ...{ dir, files },
    plan: (changes = {}) => ({
      ...{ files, sysctls: {}, lock: dir.join("lock") },
      ...changes,
    }),
    async [Symbol.asyncDispose]() {
      for (const kind of kinds) await run("umount", dir.join(kind));
      dir[Symbol.dispose]();
    },
  };
}

async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args, stderr: "null" })
    .output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test(
  "pinNamespaces() makes those that it is told, and sets them up",
  ROOT,
  async () => {
    await using test = await pins();
    const { files } = test;
    await pinNamespaces(test.plan({
      hostname: "web-1",
      sysctls: {
        "net/ipv4/ip_forward": "1",
        "kernel/shmmax": "12345",
      },
    }));
    const enter = [`--net=${files.net}`, `--ipc=${files.ipc}`];
    const read = (...args: string[]) =>
      run("nsenter", ...enter, `--uts=${files.uts}`, ...args);
    assertEquals(await read("cat", "/proc/sys/kernel/hostname"), "web-1");
    assertEquals(await read("cat", "/proc/sys/net/ipv4/ip_forward"), "1");
    assertEquals(await read("cat", "/proc/sys/kernel/shmmax"), "12345");
    assertMatch(await read("ip", "link", "show", "lo"), /[<,]UP[,>]/);
    await setNetworkSysctls(files.net, { "net/ipv4/ip_forward": "0" });
    assertEquals(await read("cat", "/proc/sys/net/ipv4/ip_forward"), "0");
    await setNetworkSysctls("/nonexistent", {}); // nothing to set
  },
);

Deno.test("pinNamespaces() makes no others", ROOT, async (t) => {
  for (const kind of ["net", "ipc", "uts"] as const) {
    await t.step(kind, async () => {
      await using test = await pins();
      const files = { [kind]: test.files[kind] };
      const own = await run("readlink", `/proc/self/ns/${kind}`);
      const hostname = Deno.hostname();
      await pinNamespaces(test.plan({ files, hostname: "web-2" }));
      const mounted = await run("findmnt", "-rno", "TARGET");
      const pinned = mounted.split("\n")
        .filter((line) => line.startsWith(`${test.dir.path}/`));
      assertEquals([...new Set(pinned)], [test.files[kind]]);
      const entered = await run(
        "nsenter",
        ...[`--${kind}=${test.files[kind]}`, "readlink"],
        `/proc/self/ns/${kind}`,
      );
      assertMatch(entered, new RegExp(`^${kind}:`));
      assertNotEquals(entered, own);
      // The host keeps its own name.
      assertEquals(Deno.hostname(), hostname);
    });
  }
  await t.step("none", async () => {
    await using test = await pins();
    await pinNamespaces(test.plan({ files: {}, lock: "/nonexistent" }));
    assertEquals(await run("findmnt", "-rno", "TARGET", test.files.net), "");
  });
});

Deno.test(
  "pinNamespaces() reports what the kernel does not take",
  ROOT,
  async (t) => {
    await t.step("a value", async () => {
      await using test = await pins();
      const sysctls = {
        "net/ipv4/ip_forward": "1",
        "net/ipv4/conf/all/rp_filter": "many",
      };
      const why =
        'Cannot set sysctl "net/ipv4/conf/all/rp_filter" to "many": ' +
        "the kernel does not take it";
      await assertRejects(
        () => pinNamespaces(test.plan({ sysctls })),
        InvalidSandboxError,
        why,
      );
      await assertRejects(
        () => setNetworkSysctls(test.files.net, sysctls),
        InvalidSandboxError,
        why,
      );
    });
    await t.step("a file that is not there", async () => {
      await using test = await pins();
      const files = { uts: test.dir.join("none") };
      const error = await assertRejects(
        () => pinNamespaces(test.plan({ files })),
        CommandError,
        "Cannot make namespaces: ",
      );
      assertMatch(error.message, /none/);
    });
    await t.step("a user namespace without libc's mounts", async () => {
      await using test = await pins();
      const range = { first: 100_000, count: 65_536 };
      const owner = {
        ...{ file: test.dir.join("user"), mounts: undefined },
        users: { uids: range, gids: range },
      };
      await assertRejects(
        () => pinNamespaces(test.plan({ owner })),
        CommandError,
        "libc was taken without its mounts",
      );
    });
    await t.step("an abort", async () => {
      await using test = await pins();
      const signal = AbortSignal.abort(new Error("enough"));
      await assertRejects(
        () => pinNamespaces(test.plan(), { signal }),
        Error,
        "enough",
      );
      await assertRejects(
        () => setNetworkSysctls(test.files.net, { a: "b" }, { signal }),
        Error,
        "enough",
      );
    });
  },
);
