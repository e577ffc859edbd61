import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { existsSync } from "node:fs";
import {
  findRuntime,
  findRuntimesOf,
  isOwnRuntime,
  listOwnStateRoots,
  listStates,
  ownRuntime,
  runtimeOf,
  stateFlags,
} from "../../../src/engine/runtimes/find_runtime.ts";
import {
  findProcess,
  forget,
  runCreated,
  sendSignal,
  tell,
} from "../../../src/engine/runtimes/oci_runtime.ts";
import { CommandError } from "../../../src/errors/store_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { needs } from "../../support/peers.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

const RUNC = needs("root", "runc");
const ID = parseContainerId("some");

/** Where orlop's own runtimes keep what they know. */
function statesOf({ dir }: StoreAgent, ...names: readonly string[]): string {
  return dir.join("run", "orlop", "runtimes", ...names);
}

Deno.test("runtimes are known by their state directories", () => {
  using test = storeAgent();
  const { agent } = test;
  assertEquals(listOwnStateRoots(agent.store), []);
  for (const name of ["runc/some", "none/some", "none/other"]) {
    Deno.mkdirSync(statesOf(test, name), { recursive: true });
  }
  const roots = ["none", "runc"].map((name) => statesOf(test, name));
  assertEquals([...listOwnStateRoots(agent.store)].toSorted(), roots);
  const found = findRuntimesOf(agent, ID).map(({ stateRoot }) => stateRoot);
  assertEquals(found.toSorted(), roots);
  const other = parseContainerId("other");
  assertEquals(findRuntimesOf(agent, other), [
    { stateRoot: statesOf(test, "none"), program: undefined },
  ]);
});

Deno.test("runtimes are known by states that were read for many", () => {
  using test = storeAgent();
  const { agent } = test;
  const later = parseContainerId("later");
  Deno.mkdirSync(statesOf(test, "runc", ID), { recursive: true });
  const states = listStates(agent);
  assertEquals(states.roots.slice(0, 1), [statesOf(test, "runc")]);
  assertEquals(rootsOf(ID), [statesOf(test, "runc")]);
  Deno.mkdirSync(statesOf(test, "runc", later));
  assertEquals(rootsOf(later), []); // it was read before
  Deno.removeSync(statesOf(test, "runc", ID));
  assertEquals(rootsOf(ID), []);

  function rootsOf(id: typeof ID): readonly string[] {
    return findRuntimesOf(agent, id, states).map(({ stateRoot }) => stateRoot);
  }
});

Deno.test("own runtimes have orlop's own state directory", () => {
  using test = storeAgent();
  const { agent } = test;
  const own = ownRuntime(agent, "/usr/local/sbin/runc");
  assertEquals(own, {
    program: "/usr/local/sbin/runc",
    stateRoot: statesOf(test, "runc"),
  });
  assertEquals(stateFlags(own), ["--root", own.stateRoot]);
  assert(isOwnRuntime(agent, own));
  for (
    const stateRoot of ["/run/runc", statesOf(test), `${statesOf(test)}x/runc`]
  ) {
    assertFalse(isOwnRuntime(agent, { program: undefined, stateRoot }));
  }
});

Deno.test({
  name: "findRuntime() finds one by its name, by its path, or any",
  ...RUNC,
  fn() {
    const runc = findRuntime("runc");
    assertEquals(findRuntime(undefined), runc);
    assertEquals(findRuntime(runc), runc);
    assertEquals(runtimeOf("/run/runc").program, runc);
    assertThrows(() => findRuntime("no-runtime"), CommandError);
  },
});

Deno.test("a runtime that is not installed has what it has, to be safe", async () => {
  using test = storeAgent();
  const runtime = runtimeOf(statesOf(test, "no-runtime"));
  assertEquals(await findProcess(test.agent, ID, { runtime }), {
    ...{ runtime, status: "running", pid: undefined },
  });
  await assertRejects(
    () => tell(runtime, ["list"]),
    CommandError,
    'Cannot ask "no-runtime": it is not installed',
  );
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () =>
      findProcess(test.agent, ID, { runtime: runtimeOf("/run/runc"), signal }),
    Error,
    "enough",
  );
});

Deno.test({
  name: "a runtime that was killed knows nothing, or cannot say what",
  ...RUNC,
  async fn(t) {
    // Files in the state directory, and what comes of them.
    const cases:
      readonly (readonly [readonly string[], "nothing" | "unknown"])[] = [
        [[], "nothing"],
        [["other"], "nothing"],
        [["state.json"], "unknown"],
      ];
    for (const [files, expected] of cases) {
      await t.step(`${files}`, async () => {
        using test = storeAgent();
        const { agent } = test;
        const runtime = runtimeOf(statesOf(test, "runc"));
        const directory = join(runtime.stateRoot, ID);
        await Deno.mkdir(directory, { recursive: true });
        for (const name of files) {
          await Deno.writeTextFile(join(directory, name), "{");
        }
        const found = await findProcess(agent, ID, { runtime });
        const end = sendSignal(runtime, ID, { number: 15 });
        if (expected === "nothing") {
          assertEquals(found, undefined);
          await end; // it is gone
          await forget(agent, ID);
          assertFalse(existsSync(directory));
          await forget(agent, ID);
        } else {
          assertEquals([found?.status, found?.pid], ["running", undefined]);
          await assertRejects(
            () => end,
            CommandError,
            `Cannot send a signal to container "${ID}": `,
          );
          await assertRejects(
            () => forget(agent, ID),
            CommandError,
            `Cannot end container "${ID}": `,
          );
          assert(existsSync(directory));
        }
        await assertRejects(
          () => runCreated(runtime, ID),
          CommandError,
          `Cannot start container "${ID}": `,
        );
      });
    }
  },
});

Deno.test({
  name: "forget() also asks the runtime in which a process was found",
  ...RUNC,
  async fn() {
    using test = storeAgent();
    const other = runtimeOf(test.dir.join("elsewhere", "runc"));
    const directory = join(other.stateRoot, ID);
    await Deno.mkdir(directory, { recursive: true });
    await forget(test.agent, ID);
    assert(existsSync(directory));
    // Concurrent calls share the work.
    await Promise.all([
      forget(test.agent, ID, other),
      forget(test.agent, ID, other),
    ]);
    assertFalse(existsSync(directory));
  },
});
