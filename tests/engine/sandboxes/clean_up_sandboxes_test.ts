import { assert, assertEquals, assertRejects } from "@std/assert";
import { exists } from "@std/fs";
import { listAttachments } from "../../../src/engine/sandboxes/attachment_note.ts";
import { cleanUpSandboxes } from "../../../src/engine/sandboxes/clean_up_sandboxes.ts";
import { lockSandbox } from "../../../src/engine/sandboxes/lock_sandbox.ts";
import {
  placesOf,
  sandboxesDirectory,
} from "../../../src/engine/sandboxes/sandbox_places.ts";
import {
  readSandboxState,
  sandboxPath,
} from "../../../src/engine/sandboxes/sandbox_state.ts";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import {
  mountIn,
  type NotedSandboxes,
  notedSandboxes,
} from "../../support/nodes/noted_sandboxes.ts";
import { needs } from "../../support/peers.ts";

const NEEDED = needs("root", "timeout", "flock");

function listNames({ test }: NotedSandboxes): readonly string[] {
  const directory = sandboxesDirectory(test.agent.store.paths);
  return [...Deno.readDirSync(directory)].map(({ name }) => name).toSorted();
}

/** What the plugin of a network was told to keep, at each GC. */
function listKept({ plugins }: NotedSandboxes, network: string) {
  return plugins.listCalls()
    .filter(({ type, verb }) => type === network && verb === "GC")
    .map(({ input }) => input["cni.dev/valid-attachments"]);
}

Deno.test(
  "cleanUpSandboxes() releases what has no record, and nothing else",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { test, logged, plugins } = noted;
    const { agent, mounter } = test;
    const kept = await noted.make("kept");
    const lost = await noted.make("lost", { without: "record" });
    for (const { places } of [kept, lost]) await mountIn(test, places);
    // A directory without a note, and nothing but a lock.
    const bare = placesOf(agent.store.paths, parseContainerId("bare"));
    await Deno.mkdir(bare.directory);
    await Deno.writeTextFile(bare.net, "");
    const lockOnly = parseContainerId("locked");
    (await lockSandbox(agent, lockOnly))[Symbol.dispose]();
    assertEquals(listNames(noted), [
      ...["bare", "kept-id", "locked.lock", "lost-id"],
    ]);

    const { settings } = plugins;
    assertEquals(
      (await cleanUpSandboxes(agent, settings)).toSorted(),
      ["bare", "lost-id"].map(parseContainerId),
    );
    assertEquals(listNames(noted), ["kept-id"]);
    assertEquals(listAttachments(agent), [kept.id]);
    assertEquals(mounter.table.map(({ target }) => target), [
      ...[kept.places.net, kept.places.shm],
    ]);
    assert(await exists(kept.places.net));
    assertEquals(readSandboxState(agent, kept.id)?.phase, "ready");
    assertEquals(noted.listCalls(), [
      `DEL back eth1 ${lost.places.net}`,
      `DEL front eth0 ${lost.places.net}`,
      "GC front", // the only one that new sandboxes get
    ]);
    assertEquals(listKept(noted, "front"), [
      [{ containerID: kept.id, ifname: "eth0" }],
    ]);
    assertEquals(logged, []);
    assertEquals(await cleanUpSandboxes(agent, settings), []);
  },
);

Deno.test(
  "cleanUpSandboxes() continues with others if one fails",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { test, logged, plugins } = noted;
    const { agent } = test;
    const first = await noted.make("first", { without: "record" });
    const second = await noted.make("second", {
      ...{ without: "record", networks: [] },
    });
    plugins.add("back", "echo busy >&2; exit 1");
    plugins.add(
      "front",
      '[ "$CNI_COMMAND" = DEL ] || { echo no >&2; exit 1; }',
    );
    const { settings } = plugins;
    assertEquals(await cleanUpSandboxes(agent, settings), [second.id]);
    assertEquals(logged, [
      [
        "warn",
        `Cannot release the resources of pod "${first.id}", which no longer exists: Cannot ` +
        'leave network "back": plugin "back" says: busy',
        { pod: first.id },
      ],
      ["warn", 'Cannot tidy up network "front": plugin "front" says: no'],
    ]);
    assertEquals(listAttachments(agent), [first.id]);
    // What it has is still in use, for the network.
    assertEquals(listKept(noted, "front"), [
      [{ containerID: first.id, ifname: "eth0" }],
    ]);
    assert(await exists(first.places.net));
    for (const type of ["front", "back"]) plugins.add(type);
    assertEquals(await cleanUpSandboxes(agent, settings), [first.id]);
    assertEquals(listKept(noted, "front").at(-1), []);
  },
);

Deno.test("cleanUpSandboxes() stops when it is aborted", NEEDED, async () => {
  using noted = await notedSandboxes();
  const { agent } = noted.test;
  const { id } = await noted.make("lost", { without: "record" });
  const aborting = new AbortController();
  // While the first plugin runs.
  noted.plugins.add("back", `touch ${noted.test.dir.join("ran")}; sleep 0.2`);
  const watch = setInterval(() => {
    if (listNames(noted).includes("lost-id.lock")) aborting.abort("enough");
  }, 5);
  const error = await cleanUpSandboxes(agent, noted.plugins.settings, {
    signal: aborting.signal,
  }).catch((error) => error);
  clearInterval(watch);
  assertEquals(error, "enough");
  assertEquals(noted.logged, []);
  assertEquals(listAttachments(agent), [id]);
});

Deno.test(
  "cleanUpSandboxes() tells networks nothing that is not certain",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { agent } = noted.test;
    const { id } = await noted.make("kept");
    await Deno.writeTextFile(sandboxPath(agent, id), "{");
    await assertRejects(
      () => cleanUpSandboxes(agent, noted.plugins.settings),
      DamagedFileError,
    );
    assertEquals(noted.listCalls(), []);
  },
);

Deno.test(
  "cleanUpSandboxes() leaves one that is being made",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { agent } = noted.test;
    const id = parseContainerId("new-id");
    const lock = await lockSandbox(agent, id);
    const cleaning = cleanUpSandboxes(agent, noted.plugins.settings);
    // Its record comes while the cleanup waits for the lock.
    await noted.make("new");
    lock[Symbol.dispose]();
    assertEquals(await cleaning, []);
    assertEquals(listNames(noted), ["new-id", "new-id.lock"]);
    assertEquals(listAttachments(agent), [id]);
  },
);
