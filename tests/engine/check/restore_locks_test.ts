/** Something else is in the place of a lock file: nothing is written, until it goes. */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { basename, dirname, join } from "@std/path";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { DamagedStoreError } from "../../../src/errors/store_errors.ts";
import { checkStore } from "../../../src/engine/check/check_store.ts";
import { repairStore } from "../../../src/engine/check/repair_store.ts";
import { layOut } from "../../../src/store/paths.ts";
import { WRITE_LOCKS } from "../../../src/store/records/tables.ts";
import { putLayer } from "../../support/images/small_layers.ts";
import { libc } from "../../support/own_libc.ts";
import { storeAgent } from "../../support/store_agent.ts";

const LOCKS = [
  "root/storage.lock",
  "root/overlay-layers/layers.lock",
  "root/overlay-images/images.lock",
  "root/overlay-containers/containers.lock",
  "run/overlay-layers/mountpoints.lock",
  "root/userns.lock",
];

/** What may be there, and whether it is kept under another name. */
interface Wrong {
  /** Disposed of in the end. */
  put(path: string): Disposable | void;
  readonly says: string;
  readonly isKept?: boolean;
}

const WRONG: Readonly<Record<string, Wrong>> = {
  "a directory": {
    put: (path) => mkdirSync(path),
    says: "it is a directory",
  },
  "a directory with files": {
    put(path) {
      mkdirSync(path);
      writeFileSync(join(path, "file"), "");
    },
    says: "it is a directory",
    isKept: true,
  },
  "a FIFO": {
    put(path) {
      new Deno.Command("mkfifo", { args: [path] }).outputSync();
    },
    says: "it is a FIFO",
  },
  "a socket": {
    put: (path) => Deno.listen({ transport: "unix", path }),
    says: "it is a socket",
  },
  "a link to nowhere": {
    put: (path) => symlinkSync("nowhere", path),
    says: "its symbolic links do not resolve",
  },
  "a link to itself": {
    put: (path) => symlinkSync(basename(path), path),
    says: "its symbolic links do not resolve",
  },
};

/** Takes all locks that there are, as a writer does. */
async function lockAll(agent: ReturnType<typeof storeAgent>["agent"]) {
  (await agent.store.lock(WRITE_LOCKS))[Symbol.dispose]();
  (await agent.store.lockMounts())[Symbol.dispose]();
}

for (const [how, bound] of Object.entries({ libc, "no libc": undefined })) {
  for (const [what, { put, says, isKept = false }] of Object.entries(WRONG)) {
    Deno.test(`repairStore() removes ${what} from a lock file's place, with ${how}`, async (t) => {
      for (const name of LOCKS) {
        await t.step(name, async () => {
          using test = storeAgent({ libc: bound });
          await putLayer(test.agent.store, "x");
          await lockAll(test.agent);
          const path = test.dir.join(name);
          rmSync(path, { force: true });
          using _put = put(path) ?? undefined;
          const files = () =>
            readdirSync(dirname(path))
              .filter((file) => file.startsWith(basename(path)));
          const before = files();
          const { objects } = await checkStore(test.reopen());
          assertEquals(objects.map(({ id }) => id), [path]);
          assertStringIncludes(objects[0]?.faults[0] ?? "", says);
          if (!name.includes("userns")) {
            const error = await assertRejects(
              () => lockAll(test.agent),
              DamagedStoreError,
              `Cannot lock "${path}": ${says}`,
            );
            assertEquals(error.path, path);
          }
          assertEquals(files(), before);
          const plan = await repairStore(test.reopen(), { action: "plan" });
          assertEquals(plan.steps.map(({ outcome }) => outcome), ["planned"]);
          assertEquals(files(), before);
          const { steps, check } = await repairStore(test.reopen());
          assertEquals(steps.map(({ outcome }) => outcome), ["done"]);
          assertEquals(check.status.damaged, []);
          const kept = files().filter((file) => file.includes(".damaged-"));
          assertEquals(kept.length, isKept ? 1 : 0);
          await lockAll(test.agent);
        });
      }
    });
  }
}

Deno.test("a lock file may be a link to one, and may be read-only", async () => {
  using test = storeAgent();
  const { layers, images } = layOut({
    root: test.dir.join("root"),
    runRoot: test.dir.join("run"),
  });
  await putLayer(test.agent.store, "x");
  const path = join(layers, "layers.lock");
  renameSync(path, test.dir.join("elsewhere"));
  symlinkSync(test.dir.join("elsewhere"), path);
  chmodSync(join(images, "images.lock"), 0o444);
  await lockAll(test.agent);
  const { status } = await checkStore(test.agent);
  assertEquals(status.damaged, []);
  assert(statSync(path).isFile());
});
