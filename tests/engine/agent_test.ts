import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type AgentOptions,
  handleOf,
  insideOf,
} from "../../src/engine/agent.ts";
import { leaseIfWritable } from "../../src/engine/lease_if_writable.ts";
import { openHandle } from "../../src/engine/open_handle.ts";
import { fileWorkerOptions } from "../../src/engine/file_worker.ts";
import { parseLayerId } from "../../src/formats/storage/store_ids.ts";
import type { LayerRecord } from "../../src/formats/storage/store_record.ts";
import { PAUSE_IMAGE_NAME } from "../../src/image/pause_image_name.ts";
import { memoryAgent } from "../support/memory/memory_store.ts";
import { memoryMounter } from "../support/memory/memory_mounter.ts";
import { storeAgent } from "../support/store_agent.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("openHandle() hides what only use cases may touch", () => {
  using dir = tempDir();
  const options = { root: dir.join("root"), runRoot: dir.join("run") };
  const handle = openHandle(options);
  assertEquals(
    ["store", "mounter", "host"].filter((member) => member in handle),
    [],
  );
  assert(Object.isFrozen(handle));
  const { log, ...settings } = { ...handle };
  assertEquals(
    settings,
    {
      ...{ pauseImage: PAUSE_IMAGE_NAME, mountOptions: [], registries: {} },
      ...{ pinnedImages: [], parts: {}, caller: "" },
      [Symbol.asyncDispose]: handle[Symbol.asyncDispose],
    } as unknown as typeof settings,
  );
  log("warn", "nobody hears it");
  const agent = insideOf(handle);
  assertEquals(agent.store.paths.root, options.root);
  assert(insideOf(agent) === agent);
  assert(insideOf(handleOf(agent)) === agent);
  const other = { ...handle };
  assertThrows(
    () => insideOf(other),
    TypeError,
    "Cannot use the agent: it is not from openAgent()",
  );
  for (const member of ["store", "mounter", "host"] as const) {
    const { [member]: _left, ...part } = agent;
    assertThrows(() => insideOf(part), TypeError);
  }
});

Deno.test("openHandle() keeps the settings that it is given", () => {
  using dir = tempDir();
  const settings: Partial<AgentOptions> = {
    ...{ pauseImage: "pause:1", mountOptions: ["nodev"], caller: "me" },
    ...{ pinnedImages: ["a*"], parts: { connections: 2 } },
    registries: { registriesConf: "/none" },
  };
  const handle = openHandle({
    ...{ root: dir.join("root"), runRoot: dir.join("run"), ...settings },
    mounter: memoryMounter(),
  });
  const { pauseImage, mountOptions, caller, pinnedImages, parts, registries } =
    handle;
  const kept: Partial<AgentOptions> = {
    ...{ pauseImage, mountOptions, caller, pinnedImages, parts, registries },
  };
  assertEquals(kept, settings);
});

Deno.test("an agent that is closed takes no more calls", async () => {
  const agent = memoryAgent();
  const held = await agent.store.lock({ images: "write" });
  const waiting = agent.store.lock({ images: "read" })
    .catch((error) => error.message);
  let isClosed = false;
  const closing = agent[Symbol.asyncDispose]().then(() => isClosed = true);
  assertEquals(await waiting, "Cannot use the agent: it was closed");
  assert(!isClosed);
  held[Symbol.dispose]();
  await closing;
  const later = await agent.store.lock({ images: "read" })
    .catch((error) => error);
  assertEquals(
    [later.name, later.message],
    ["TypeError", "Cannot use the agent: it was closed"],
  );
  await agent[Symbol.asyncDispose]();
});

Deno.test("an agent that no one uses is closed at once", async () => {
  const agent = memoryAgent();
  (await agent.store.lock({ images: "read" }))[Symbol.dispose]();
  const signal = AbortSignal.abort("enough");
  const error = await agent.store.lock({ images: "read" }, { signal })
    .catch((error) => error);
  assertEquals(error, "enough");
  await agent[Symbol.asyncDispose]();
});

Deno.test("leaseIfWritable() leases layers, or reports why not", () => {
  using test = storeAgent();
  const { agent, messages } = test;
  const ids = ["a", "b"].map((digit) => parseLayerId(digit.repeat(64)));
  const layers = ids.map((id) => ({ id }) as LayerRecord);
  {
    using lease = leaseIfWritable(agent, layers);
    assert(lease !== undefined);
    assertEquals([...agent.store.leases.list()].toSorted(), ids);
  }
  assertEquals([...agent.store.leases.list()], []);
  assertEquals(messages, []);
  const store = {
    ...agent.store,
    leases: {
      ...agent.store.leases,
      lease() {
        throw new Error("read-only");
      },
    },
  };
  assertEquals(leaseIfWritable({ ...agent, store }, layers), undefined);
  assertEquals(messages, [
    `debug: cannot lease layers of "${agent.store.paths.root}": read-only`,
  ]);
});

Deno.test("fileWorkerOptions() grant files, and nothing else", () => {
  const reach = { read: ["/a"], write: ["/b"] };
  assertEquals(fileWorkerOptions("unpack", reach), {
    type: "module",
    name: "unpack",
    deno: {
      permissions: {
        ...{ env: false, ffi: false, import: false, net: false },
        ...{ run: false, sys: false, ...reach },
      },
    },
  });
});
