import { assertEquals, assertThrows } from "@std/assert";
import {
  findRuntime,
  findRuntimesOf,
  isOwnRuntime,
  listOwnStateRoots,
  listRuntimes,
  listStates,
  ownRuntime,
  runtimeOf,
  stateFlags,
} from "../../../src/engine/runtimes/find_runtime.ts";
import { CommandError } from "../../../src/errors/store_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { findProgram } from "../../../src/process/find_program.ts";
import { libc } from "../../support/own_libc.ts";
import { needs } from "../../support/peers.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test(
  "findRuntime() takes what is named, or what is there",
  needs("runc", "crun"),
  () => {
    const [runc, crun] = [findProgram("runc"), findProgram("crun")];
    assertEquals(findRuntime(undefined), runc);
    assertEquals(findRuntime("crun"), crun);
    assertEquals(findRuntime("/usr/bin/env"), "/usr/bin/env");
    assertThrows(() => findRuntime("/some/where/own"), CommandError);
    assertThrows(() => findRuntime("orlop-none"), CommandError);
    assertEquals(listRuntimes(), ["runc", "crun"]);
  },
);

Deno.test(
  "findRuntimesOf() finds who has a state of a container",
  needs("runc"),
  () => {
    const [id, other] = [parseContainerId("app"), parseContainerId("other")];
    for (const ownLibc of [undefined, libc]) {
      using test = storeAgent({ libc: ownLibc });
      const { agent, dir } = test;
      assertEquals(listOwnStateRoots(agent.store), []);
      assertEquals(findRuntimesOf(agent, id), []);
      const runc = ownRuntime(agent, findProgram("runc"));
      const stateRoot = dir.join("run/orlop/runtimes/runc");
      assertEquals(runc, { program: findProgram("runc"), stateRoot });
      assertEquals(stateFlags(runc), ["--root", stateRoot]);
      const lost = runtimeOf(dir.join("run/orlop/runtimes/orlop-none"));
      assertEquals(lost.program, undefined);
      Deno.mkdirSync(`${stateRoot}/app`, { recursive: true });
      Deno.mkdirSync(`${lost.stateRoot}/app`, { recursive: true });
      const found = (id: typeof other) =>
        findRuntimesOf(agent, id).map(({ stateRoot }) => stateRoot).toSorted();
      assertEquals(found(id), [lost.stateRoot, stateRoot].toSorted());
      assertEquals(found(other), []);
      const states = listStates(agent);
      assertEquals([states.ids.has(id), states.ids.has(other)], [true, false]);
      assertEquals(
        listOwnStateRoots(agent.store).toSorted(),
        [lost.stateRoot, stateRoot].toSorted(),
      );
      // What was read shortly before is not looked for again.
      Deno.mkdirSync(`${stateRoot}/other`);
      assertEquals(findRuntimesOf(agent, other, states), []);
      assertEquals(found(other), [stateRoot]);
      Deno.removeSync(`${stateRoot}/app`);
      assertEquals(
        findRuntimesOf(agent, id, states).map(({ stateRoot }) => stateRoot),
        [lost.stateRoot],
      );
    }
  },
);

Deno.test("isOwnRuntime() distinguishes orlop's from others", () => {
  using test = storeAgent();
  const { agent, dir } = test;
  const isOwn = (stateRoot: string) =>
    isOwnRuntime(agent, { stateRoot, program: undefined });
  assertEquals(
    [
      dir.join("run/orlop/runtimes/runc"),
      dir.join("run/orlop/runtimes"),
      dir.join("run/orlop/runtimes-2/runc"),
      "/run/runc",
    ].map(isOwn),
    [true, false, false, false],
  );
});
