/** Files of a store that were damaged, as users of commands see them. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { exitCodeOf } from "../../src/cli/exit_code.ts";
import { describeError } from "../../src/cli/render/describe_error.ts";
import { getContainerMetadata } from "../../src/engine/containers/container_metadata.ts";
import { inspectContainer } from "../../src/engine/containers/inspect_container.ts";
import { readLastRun } from "../../src/engine/containers/last_run.ts";
import { startContainer } from "../../src/engine/containers/start_container.ts";
import { inspectImage } from "../../src/engine/images/list_images.ts";
import { parseStored } from "../../src/engine/parse_stored.ts";
import { InvalidManifestError } from "../../src/errors/image_errors.ts";
import { DamagedFileError } from "../../src/errors/store_errors.ts";
import { imageItemPath } from "../../src/store/disk_images.ts";
import { imageDirectory } from "../../src/store/paths.ts";
import { NO_FILES } from "../support/damaged_file.ts";
import {
  APP,
  containerOptions,
  testPod,
  type TestRuntime,
} from "../support/test_runtime.ts";

/** How a file is damaged, and what fails then. */
interface Case {
  /** Returns its path. */
  damage(test: TestRuntime): Promise<string>;
  read(test: TestRuntime): Promise<unknown>;
  readonly advice: string;
}

const CASES: Readonly<Record<string, Case>> = {
  "a template, at a start": {
    damage: (test) => damageIn("getWorkDir", test, "config.json"),
    read: ({ agent }) => startContainer(agent, "server"),
    advice: "the next start creates it again",
  },
  "a template, looked at": {
    damage: (test) => damageIn("getWorkDir", test, "config.json"),
    read: ({ agent }) => inspectContainer(agent, "server"),
    advice: "the next start creates it again",
  },
  "a bundle config": {
    damage: (test) => damageIn("getRunDir", test, "config.json"),
    read: ({ agent }) => inspectContainer(agent, "server"),
    advice: "the next start writes it again",
  },
  "a container's metadata": {
    damage: damageMetadata,
    read: ({ agent }) => getContainerMetadata(agent, "server"),
    advice: "remove the container",
  },
  "a container's metadata, at a start": {
    damage: damageMetadata,
    read: ({ agent }) => startContainer(agent, "server"),
    advice: "remove the container",
  },
  "what is kept of a run": {
    damage: (test) => damageIn("getWorkDir", test, "run.json"),
    async read({ agent }) {
      const { id } = await inspectContainer(agent, "server");
      return readLastRun(agent, id);
    },
    advice: "remove it",
  },
  "an image's manifest": {
    async damage({ agent }) {
      const { id } = await inspectImage(agent, APP);
      return write(join(imageDirectory(agent.store.paths, id), "manifest"));
    },
    read: ({ agent }) => inspectImage(agent, APP),
    advice: "pull the image again",
  },
  "an image's config": {
    async damage({ agent }) {
      const { id } = await inspectImage(agent, APP);
      return write(imageItemPath(agent.store.paths, id, `sha256:${id}`));
    },
    read: ({ agent }) => inspectImage(agent, APP),
    advice: "pull the image again",
  },
};

/** What there may be in the place of a file. */
const IN_PLACE: Readonly<Record<string, (path: string) => void>> = {
  "text that was cut short": () => {},
  ...NO_FILES,
};

Deno.test("a damaged file is not a usage error, and its message says what to do", async (t) => {
  const rows = Object.entries(CASES).flatMap(([name, row]) =>
    Object.entries(IN_PLACE).map(([what, put]) => ({ name, what, put, ...row }))
  );
  for (const { name, what, put, damage, read, advice } of rows) {
    await t.step(`${name}: ${what}`, async () => {
      using test = await testPod();
      await test.runtime.createContainer(containerOptions());
      const path = await damage(test);
      if (!path.endsWith("/containers.json")) put(path);
      const error = await assertRejects(() => read(test), Error);
      if (!(error instanceof InvalidManifestError)) {
        assert(error instanceof DamagedFileError);
        assertEquals([error.path, exitCodeOf(error)], [path, 1]);
      }
      const told = describeError(error);
      assertMatch(told, /^Cannot read .*: .*; /);
      assertStringIncludes(told, `"${path}"`);
      assertStringIncludes(told, advice);
    });
  }
});

Deno.test("a config that an image has lost is told with what to do", async () => {
  using test = await testPod();
  const { id } = await inspectImage(test.agent, APP);
  const path = imageItemPath(test.agent.store.paths, id, `sha256:${id}`);
  await Deno.remove(path);
  await assertRejects(
    () => inspectImage(test.agent, APP),
    DamagedFileError,
    `Cannot read "${path}": it is missing; pull the image again`,
  );
});

Deno.test("parseStored() leaves other errors as they are", () => {
  const file = { path: "/a", advice: "do" };
  assertEquals(parseStored(file, (what) => what), '"/a"');
  const error = assertThrows(() =>
    parseStored(file, () => {
      throw new TypeError("x");
    }), TypeError);
  assertEquals(error.message, "x");
});

async function damageIn(
  which: "getWorkDir" | "getRunDir",
  { runtime }: TestRuntime,
  name: string,
): Promise<string> {
  return await write(join(await runtime[which]("server"), name));
}

async function damageMetadata({ agent }: TestRuntime): Promise<string> {
  using held = await agent.store.lock({ containers: "write" });
  const record = held.containers.getByName("server");
  if (record === undefined) throw new Error("no container");
  held.containers.update({ ...record, metadata: "{" });
  held.containers.save();
  return join(agent.store.paths.containers, "containers.json");
}

async function write(path: string): Promise<string> {
  await Deno.writeTextFile(path, "{");
  return path;
}
