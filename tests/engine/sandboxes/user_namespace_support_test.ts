import { assert, assertEquals, assertRejects } from "@std/assert";
import { whyNoUserNamespaces } from "../../../src/engine/sandboxes/user_namespace_support.ts";
import { CommandError } from "../../../src/errors/store_errors.ts";
import type { Libc } from "../../../src/process/libc.ts";
import type { MappedMount } from "../../../src/process/libc_mounts.ts";
import { libc } from "../../support/own_libc.ts";
import { needs } from "../../support/peers.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

const FEATURES = {
  linux: { mountExtensions: { idmap: { enabled: true } } },
};

/** Writes a runtime that prints its features, and counts how often. */
function runtimeIn(
  { dir }: StoreAgent,
  output: unknown,
  { name = "runtime", code = 0 } = {},
) {
  const path = dir.join(name);
  const count = dir.join(`${name}.count`);
  const text = typeof output === "string" ? output : JSON.stringify(output);
  Deno.writeTextFileSync(
    path,
    `#!/bin/sh\necho "$@" >>${count}\nprintf '%s' '${text}'\nexit ${code}\n`,
    { mode: 0o755 },
  );
  return { path, listCalls: () => Deno.readTextFileSync(count) };
}

/** A store that everybody can reach, and what is mounted by number. */
function subject(
  bindMapped: (mount: MappedMount) => boolean = () => true,
): StoreAgent & { readonly mapped: MappedMount[] } {
  const mapped: MappedMount[] = [];
  const own = libc && {
    ...libc,
    mounts: libc.mounts && {
      ...libc.mounts,
      bindMapped(mount: MappedMount) {
        mapped.push(mount);
        return bindMapped(mount);
      },
    },
  };
  const test = storeAgent({ libc: own });
  Deno.chmodSync(test.dir.path, 0o711);
  return { ...test, mapped };
}

Deno.test("whyNoUserNamespaces() asks the runtime", async (t) => {
  const why = (path: string) =>
    `"${path}" does not say that it can map the owners of files: it takes ` +
    "runc 1.2 or later, or crun 1.9 or later";
  const outputs: Readonly<Record<string, unknown>> = {
    "no": { linux: { mountExtensions: { idmap: { enabled: false } } } },
    "odd": { linux: { mountExtensions: { idmap: { enabled: "true" } } } },
    "nothing": {},
    "no object": { linux: { mountExtensions: true } },
    "no JSON": "{",
  };
  for (const [name, output] of Object.entries(outputs)) {
    await t.step(name, async () => {
      using test = subject();
      const { path: runtime } = runtimeIn(test, output);
      const options = { runtime };
      assertEquals(
        await whyNoUserNamespaces(test.agent, options),
        why(runtime),
      );
      assertEquals(test.mapped, []);
    });
  }
  await t.step("a runtime that fails", async () => {
    using test = subject();
    const { path: runtime } = runtimeIn(test, FEATURES, { code: 1 });
    assertEquals(
      await whyNoUserNamespaces(test.agent, { runtime }),
      why(runtime),
    );
  });
  await t.step("none that is installed", async () => {
    using test = subject();
    await assertRejects(
      () => whyNoUserNamespaces(test.agent, { runtime: "orlop-no-runtime" }),
      CommandError,
    );
  });
  await t.step("unless it is aborted", async () => {
    using test = subject();
    const { path: runtime } = runtimeIn(test, FEATURES);
    const signal = AbortSignal.abort("enough");
    const error = await whyNoUserNamespaces(test.agent, { runtime, signal })
      .catch((error) => error);
    assertEquals(error, "enough");
  });
});

Deno.test("whyNoUserNamespaces() asks each version of a runtime once", async () => {
  const { mounts: _mounts, ...own } = { ...libc };
  using test = storeAgent({ libc: own as Libc });
  const old = runtimeIn(test, {});
  const options = { runtime: old.path };
  const first = await whyNoUserNamespaces(test.agent, options);
  assertEquals(await whyNoUserNamespaces(test.agent, options), first);
  assertEquals(old.listCalls(), "features\n");
  await Deno.remove(old.path);
  runtimeIn(test, FEATURES);
  const without = "libc was taken without its mounts";
  assertEquals(await whyNoUserNamespaces(test.agent, options), without);
  assertEquals(await whyNoUserNamespaces(test.agent, options), without);
  assertEquals(old.listCalls(), "features\nfeatures\n");
});

Deno.test("whyNoUserNamespaces() tries the kernel once, and leaves nothing", {
  ...needs("root", "unshare"),
}, async (t) => {
  await t.step("where it can", async () => {
    using test = subject();
    const { agent, mapped, mounter } = test;
    const { path: runtime } = runtimeIn(test, FEATURES);
    const mounted: unknown[] = [];
    const spy = {
      ...agent,
      mounter: {
        ...mounter,
        async mount(...args: Parameters<typeof mounter.mount>) {
          mounted.push(args[0]);
          await mounter.mount(...args);
        },
      },
    };
    assertEquals(await whyNoUserNamespaces(spy, { runtime }), undefined);
    assertEquals(await whyNoUserNamespaces(agent, { runtime }), undefined);
    const [{ source = "", target = "" } = {}, ...others] = mapped;
    assertEquals(others, []);
    const trial = source.replace(/\/lower$/, "");
    assertEquals(target, `${trial}/mapped`);
    assert(trial.startsWith(test.dir.join("root/orlop/trial-")));
    assertEquals(mounted, [{
      ...{ source: "overlay", type: "overlay", flags: [] },
      target: `${trial}/merged`,
      data: `lowerdir=${target},upperdir=${trial}/upper,` +
        `workdir=${trial}/work`,
    }]);
    assertEquals(mounter.table, []);
    const left = await Array.fromAsync(
      Deno.readDir(test.dir.join("root/orlop")),
    );
    assertEquals(left.filter(({ name }) => name.startsWith("trial")), []);
  });
  await t.step("where it has no such mounts", async () => {
    using test = subject(() => false);
    const { path: runtime } = runtimeIn(test, FEATURES);
    const why =
      `the kernel, or the file system of "${test.dir.join("root")}", ` +
      "has no ID-mapped mounts";
    for (const _once of [1, 2]) {
      assertEquals(await whyNoUserNamespaces(test.agent, { runtime }), why);
    }
    assertEquals(test.mapped.length, 1);
    assertEquals(test.mounter.table, []);
  });
  await t.step("where it fails", async () => {
    using test = subject(() => {
      throw new Error("too bad");
    });
    const { path: runtime } = runtimeIn(test, FEATURES);
    assertEquals(
      await whyNoUserNamespaces(test.agent, { runtime }),
      "too bad",
    );
  });
  await t.step("where others cannot reach the store", async () => {
    using test = subject();
    await Deno.chmod(test.dir.path, 0o700);
    const { path: runtime } = runtimeIn(test, FEATURES);
    assertEquals(
      await whyNoUserNamespaces(test.agent, { runtime }),
      `the users of one need the store, and they cannot pass ` +
        `"${test.dir.path}"; use chmod o+x`,
    );
    assertEquals(test.mapped, []);
  });
});
