import { assert, assertEquals, assertRejects } from "@std/assert";
import { CommandError } from "../../src/errors/store_errors.ts";
import { holdUserNamespace } from "../../src/mount/user_namespace.ts";
import type { LibcMounts } from "../../src/process/libc_mounts.ts";
import { needs } from "../support/peers.ts";

const NEEDED = needs("root", "unshare");
const USERS = {
  uids: { first: 100_000, count: 65_536 },
  gids: { first: 200_000, count: 1000 },
};

/** Notes what is mapped, and takes it or not. */
function mapping(isTaken: (file: string) => boolean) {
  const mapped: (readonly [number, string, string])[] = [];
  const mounts: LibcMounts = {
    writeIdMap(pid, file, text) {
      mapped.push([pid, file, text]);
      return isTaken(file);
    },
    bindMapped: () => false,
  };
  return { mapped, mounts };
}

async function exists(pid: number): Promise<boolean> {
  const { success } = await new Deno.Command("test", {
    args: ["-e", `/proc/${pid}`],
  }).output();
  return success;
}

async function namespaceOf(pid: number | "self", kind: string) {
  const { stdout } = await new Deno.Command("readlink", {
    args: [`/proc/${pid}/ns/${kind}`],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("holdUserNamespace() holds namespaces until it is disposed of", {
  ...NEEDED,
}, async () => {
  const { mapped, mounts } = mapping(() => true);
  const flags = ["--user", "--ipc"];
  const held = await holdUserNamespace({ users: USERS, mounts, flags });
  assertEquals(mapped, [
    [held.pid, "uid_map", "0 100000 65536"],
    [held.pid, "gid_map", "0 200000 1000"],
  ]);
  for (const [kind, isOwn] of [["user", true], ["ipc", true], ["net", false]]) {
    const [own, host] = await Promise.all([
      namespaceOf(held.pid, String(kind)),
      namespaceOf("self", String(kind)),
    ]);
    assertEquals(own !== host, isOwn);
  }
  await held[Symbol.asyncDispose]();
  assert(!await exists(held.pid));
});

Deno.test("holdUserNamespace() makes no other namespace by itself", {
  ...NEEDED,
}, async () => {
  const { mounts } = mapping(() => true);
  await using held = await holdUserNamespace({ users: USERS, mounts });
  const [user, ipc, host] = await Promise.all([
    namespaceOf(held.pid, "user"),
    namespaceOf(held.pid, "ipc"),
    namespaceOf("self", "ipc"),
  ]);
  assert(user !== await namespaceOf("self", "user"));
  assertEquals(ipc, host);
});

Deno.test("holdUserNamespace() leaves nothing of what cannot be mapped", {
  ...NEEDED,
}, async (t) => {
  for (const refused of ["uid_map", "gid_map"]) {
    await t.step(refused, async () => {
      const { mapped, mounts } = mapping((file) => file !== refused);
      const { message } = await assertRejects(
        () => holdUserNamespace({ users: USERS, mounts }),
        CommandError,
      );
      assertEquals(
        message,
        "Cannot make a user namespace: the kernel refuses users " +
          '"0 100000 65536" and groups "0 200000 1000"',
      );
      assertEquals(mapped.length, refused === "uid_map" ? 1 : 2);
      const [[pid = 0] = []] = mapped;
      assert(pid > 0 && !await exists(pid));
    });
  }
});

Deno.test("holdUserNamespace() reports why there is none", {
  ...NEEDED,
}, async (t) => {
  const { mapped, mounts } = mapping(() => true);
  await t.step("in the words of unshare", async () => {
    const { message } = await assertRejects(
      () => holdUserNamespace({ users: USERS, mounts, flags: ["--no-such"] }),
      CommandError,
    );
    assert(
      /^Cannot make a user namespace: \S*unshare: /.test(message) &&
        message.includes("--no-such") && !message.includes("\n"),
      message,
    );
  });
  await t.step("without any", async () => {
    const flags = ["/bin/false"];
    await assertRejects(
      () => holdUserNamespace({ users: USERS, mounts, flags }),
      CommandError,
      "Cannot make a user namespace: unshare failed",
    );
  });
  await t.step("if it is given up before", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    const error = await assertRejects(() =>
      holdUserNamespace({ users: USERS, mounts, signal })
    );
    assertEquals(error, reason);
  });
  await t.step("if it is given up meanwhile", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const holding = holdUserNamespace({
      ...{ users: USERS, mounts, signal: stop.signal },
      // It never says that it is ready.
      flags: ["sleep", "1000"],
    });
    stop.abort(reason);
    assertEquals(await assertRejects(() => holding), reason);
  });
  assertEquals(mapped, []);
});
