import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  exitPlacesOf,
  forgetExit,
  makeExitPlaces,
  noteUnseenExit,
  readExit,
} from "../../../src/engine/containers/process_exit.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { isThere } from "../../../src/fs/if_there.ts";
import { storeAgent } from "../../support/store_agent.ts";

const ID = parseContainerId("ab".repeat(32));
const WHEN = 1_700_000_000_000;

/** A store, the places of one container, and a way to write into them. */
function places() {
  const store = storeAgent();
  const { agent } = store;
  const made = makeExitPlaces(agent, ID);
  const files = {
    run: `${made.runDirectory}/exit`,
    runOom: `${made.runDirectory}/oom`,
    work: `${made.workDirectory}/${ID}`,
    workOom: `${made.workDirectory}/oom`,
  };
  return {
    ...{ agent, made },
    write(file: keyof typeof files, text: string, ms = WHEN): void {
      Deno.writeTextFileSync(files[file], text);
      Deno.utimeSync(files[file], new Date(ms), new Date(ms));
    },
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

Deno.test("makeExitPlaces() makes places with nothing in them", () => {
  using test = places();
  assertEquals(readExit(test.agent, ID), undefined);
  test.write("run", "3");
  test.write("runOom", "");
  const made = makeExitPlaces(test.agent, ID);
  assertEquals(made, exitPlacesOf(test.agent.store.paths, ID));
  assertEquals([...Deno.readDirSync(made.runDirectory)], []);
  const kept = [...Deno.readDirSync(made.workDirectory)];
  assertEquals(kept.map(({ name }) => name), [ID]);
  // Only what is there already does conmon write to the disk at once.
  const text = Deno.readTextFileSync(`${made.workDirectory}/${ID}`);
  assertEquals(text, "running\n");
  for (const folder of [made.runDirectory, made.workDirectory]) {
    assertEquals((Deno.statSync(folder).mode ?? 0) & 0o777, 0o700);
  }
});

Deno.test("readExit() reads what conmon wrote, this boot's first", async (t) => {
  // What is in either place, and the exit code.
  const cases: readonly (readonly [
    string | undefined,
    string | undefined,
    number | undefined,
  ])[] = [
    ["0", "1", 0],
    ["137\n", undefined, 137],
    [undefined, "7", 7],
    ["", "7", 7],
    ["-1", "7", 255],
    ["1000", "7", 7],
    ["x", undefined, undefined],
    ["-2", undefined, undefined],
    [undefined, "running\n", undefined],
    [undefined, "", undefined],
  ];
  for (const [run, work, exitCode] of cases) {
    await t.step(JSON.stringify([run, work]), () => {
      using test = places();
      if (run !== undefined) test.write("run", run);
      if (work !== undefined) test.write("work", work, WHEN + 1000);
      const isOfRun = exitCode !== undefined && work !== String(exitCode);
      assertEquals(
        readExit(test.agent, ID),
        exitCode === undefined ? undefined : {
          ...{ exitCode, isOomKilled: false },
          finishedAtMs: isOfRun ? WHEN : WHEN + 1000,
        },
      );
    });
  }
});

Deno.test("readExit() reports a kill for memory, wherever it is noted", async (t) => {
  for (const file of ["runOom", "workOom"] as const) {
    await t.step(file, () => {
      using test = places();
      test.write("run", "137");
      assertFalse(readExit(test.agent, ID)?.isOomKilled);
      test.write(file, "");
      assert(readExit(test.agent, ID)?.isOomKilled);
    });
  }
});

Deno.test("noteUnseenExit() notes in both places, forgetExit() forgets both", () => {
  using test = places();
  const { agent, made } = test;
  noteUnseenExit(agent, ID);
  assertEquals(readExit(agent, ID)?.exitCode, 255);
  assertEquals(Deno.readTextFileSync(`${made.runDirectory}/exit`), "255");
  assertEquals(Deno.readTextFileSync(`${made.workDirectory}/${ID}`), "255");
  forgetExit(agent, ID);
  assertEquals(readExit(agent, ID), undefined);
  assertFalse(isThere(made.runDirectory));
  assertFalse(isThere(made.workDirectory));
  forgetExit(agent, ID);
});
