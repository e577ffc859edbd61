/** Shuts file systems down while commands work on them: xfs_io's `shutdown`. */

import { messageOf } from "../../../src/errors/why.ts";
import { sleep } from "../../../src/errors/abort.ts";
import { hasProgram } from "../../../tests/support/peers.ts";
import {
  FILE_SYSTEMS,
  type FileSystem,
  makeImage,
} from "../../../tests/support/power/logged_disk.ts";
import {
  type CutStore,
  namesIn,
} from "../../../tests/support/power/power_log.ts";
import {
  asScenarioPlace,
  type Scenario,
  type ScenarioPlace,
  scenarioPlace,
  stepsTo,
} from "../../../tests/support/programs/killed_scenarios.ts";
import { orlopCommand } from "../../../tests/support/programs/orlop_program.ts";
import { sharedStore } from "../../../tests/support/programs/shared_store.ts";
import { shuffled } from "../../../tests/support/seeded.ts";
import { run } from "../../../tests/support/servers/registry_server.ts";
import {
  inDirectory,
  type TempDir,
  tempDir,
} from "../../../tests/support/temp_dir.ts";
import { print } from "../print.ts";
import { scenariosOf } from "./kills.ts";
import type { CrashOptions } from "./options.ts";
import { verifyAfterPowerCut } from "./power.ts";
import type { CrashTable } from "./table.ts";

// What the others create is not in the store, or is gone after a reboot.
const ELSEWHERE = /^(push|save|load|run|check|pod start)/;
const RANDOM_ID = /[0-9a-f]{64}/;

/** Tries each command on each file system, at random moments. */
export async function shutDownEverywhere(
  table: CrashTable,
  options: CrashOptions,
): Promise<void> {
  if (!hasProgram("xfs_io")) {
    return table.note("shutdown", "broken", "nothing was tried: no xfs_io");
  }
  const all = FILE_SYSTEMS.filter(({ canShutDown }) => canShutDown)
    .flatMap((fileSystem) =>
      scenariosOf(options).filter(({ command }) => !ELSEWHERE.test(command))
        .map((scenario) => ({ fileSystem, scenario }))
    );
  for (
    const [index, { fileSystem, scenario }] of shuffled(all, options.random)
      .entries()
  ) {
    const nowMs = performance.now();
    const shareMs = (options.deadlineMs - nowMs) / (all.length - index);
    const kind = `shutdown ${fileSystem.name}: ${scenario.command}`;
    if (index > 0 && shareMs <= 0) {
      print(`not tried for want of time: ${kind}`);
      continue;
    }
    using dir = tempDir();
    try {
      await tryScenario(table, { dir, fileSystem, scenario, kind }, {
        ...options,
        deadlineMs: nowMs + shareMs,
      });
    } catch (error) {
      table.note(kind, "broken", messageOf(error));
    } finally {
      await new Deno.Command("umount", {
        args: ["--recursive", "--quiet", dir.join("mounted")],
      }).output();
    }
  }
}

async function tryScenario(
  table: CrashTable,
  { dir, fileSystem, scenario, kind }: {
    readonly dir: TempDir;
    readonly fileSystem: FileSystem;
    readonly scenario: Scenario;
    readonly kind: string;
  },
  { deadlineMs, random, points = Infinity }: CrashOptions,
): Promise<void> {
  const mounted = dir.join("mounted");
  await Deno.mkdir(mounted);
  await Deno.mkdir(dir.join("images"));
  await makeImage(fileSystem, dir.join("image"));
  await withMounted({ dir, fileSystem, image: "image" }, async (place) => {
    await scenarioPlace(place, dir.join("images"));
    await place.runAll(stepsTo(scenario));
  });
  const begunMs = performance.now();
  let names: { before: readonly string[]; after: readonly string[] } = {
    before: [],
    after: [],
  };
  await copy(dir, "image", "dry");
  await withMounted({ dir, fileSystem, image: "dry" }, async (place) => {
    const before = namesIn(place);
    await place.runAll([scenario.command]);
    names = { before, after: namesIn(place) };
  });
  const tookMs = performance.now() - begunMs;
  let tried = 0;
  do {
    tried++;
    // By names of their own: see `FILE_SYSTEMS`.
    const [image, left] = [`copy${tried}`, `left${tried}`];
    await copy(dir, "image", image);
    const delayMs = random() * tookMs;
    await withMounted({ dir, fileSystem, image }, async ({ split }) => {
      const child = orlopCommand(mounted, split(scenario.command)).output();
      await sleep(delayMs);
      await run("xfs_io", "-x", "-c", "shutdown", mounted);
      await child;
    });
    await copy(dir, image, left);
    const found = await withMounted(
      { dir, fileSystem, image: left },
      (place) => verifyAfterShutdown(place, scenario, names),
    );
    for (const name of [image, left]) await Deno.remove(dir.join(name));
    table.note(
      kind,
      found.length === 0 ? "whole" : "broken",
      `after ${Math.round(delayMs)} ms: ${found.join("; ")}`,
    );
  } while (tried < points && performance.now() < deadlineMs);
  print(`${kind}: ${tried} times`);
}

function verifyAfterShutdown(
  place: ScenarioPlace,
  scenario: Scenario,
  { before, after }: {
    readonly before: readonly string[];
    readonly after: readonly string[];
  },
): Promise<readonly string[]> {
  const store: CutStore = {
    ...place,
    during: scenario.command,
    kept: before.filter((name) => after.includes(name)),
    // What it makes has another ID each time.
    possible: [
      ...before,
      ...after,
      ...namesIn(place).filter((name) => RANDOM_ID.test(name)),
    ],
  };
  return verifyAfterPowerCut(store).catch((error) => [messageOf(error)]);
}

async function copy(dir: TempDir, from: string, to: string): Promise<void> {
  await run("cp", "--sparse=always", dir.join(from), dir.join(to));
}

/** Mounts an image as after a reboot, and unmounts it. */
async function withMounted<T>(
  { dir, fileSystem, image }: {
    readonly dir: TempDir;
    readonly fileSystem: FileSystem;
    readonly image: string;
  },
  action: (place: ScenarioPlace) => Promise<T>,
): Promise<T> {
  const mounted = dir.join("mounted");
  await run("mount", "-o", fileSystem.options, dir.join(image), mounted);
  try {
    await Deno.remove(`${mounted}/runroot`, { recursive: true })
      .catch(() => {}); // there is none yet
    await using store = sharedStore(inDirectory(mounted));
    return await action(asScenarioPlace(store, dir.join("images")));
  } finally {
    await run("umount", "--recursive", mounted);
  }
}
