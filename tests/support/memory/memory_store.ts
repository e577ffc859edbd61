/** A store that exists in memory only: the twin of `openStore()`. */

import { type Agent, agentOn } from "../../../src/engine/agent.ts";
import type {
  ContainerRecord,
  ImageRecord,
  LayerRecord,
  MountRecord,
  StoreRecord,
} from "../../../src/formats/storage/store_record.ts";
import type { LockKind } from "../../../src/process/libc_files.ts";
import { layOut } from "../../../src/store/paths.ts";
import {
  type Turn,
  waitForTurn,
} from "../../../src/store/records/lock_queue.ts";
import type { Records } from "../../../src/store/records/records.ts";
import type { HeldStore, Store } from "../../../src/store/store.ts";
import { memoryContainers } from "./memory_containers.ts";
import { memoryImages } from "./memory_images.ts";
import { memoryLayers, memoryLeases } from "./memory_layers.ts";
import { memoryMounter } from "./memory_mounter.ts";

const KINDS = ["storage", "layers", "images", "containers"] as const;
let count = 0;

/** Makes a store that holds nothing, and has no files. */
export function memoryStore(): Store {
  const name = `memory:${count++}`;
  const tables = {
    layers: new MemoryTable<LayerRecord>(),
    images: new MemoryTable<ImageRecord>(),
    containers: new MemoryTable<ContainerRecord>(),
    mounts: new MemoryTable<MountRecord>(),
  };
  const turnOf = async (
    kind: string,
    wanted: LockKind,
    signal: AbortSignal | undefined,
  ): Promise<Turn> => {
    const options = { signal, timeoutMs: Infinity };
    const turn = await waitForTurn(`${name}/${kind}`, wanted, options);
    if (turn === undefined) throw new Error("Cannot wait for ever");
    turn.take();
    return turn;
  };
  const paths = layOut({
    root: "/nonexistent/root",
    runRoot: "/nonexistent/run",
  });
  return {
    paths,
    libc: undefined,
    layers: memoryLayers(),
    images: memoryImages(),
    containers: memoryContainers(paths),
    leases: memoryLeases(),
    async lock(wanted, { signal } = {}) {
      signal?.throwIfAborted();
      using stack = new DisposableStack();
      const held: Partial<Record<(typeof KINDS)[number], unknown>> = {};
      for (const kind of KINDS) {
        const lock = wanted[kind];
        if (lock === undefined) continue;
        stack.use(await turnOf(kind, lock, signal));
        held[kind] = kind === "storage"
          ? { writeToken: () => "" }
          : tables[kind].open();
      }
      const all = stack.move();
      // The members were chosen by the same keys that the type is made from.
      return Object.assign(held, {
        faults: [],
        [Symbol.dispose]: () => all.dispose(),
      }) as unknown as HeldStore<typeof wanted>;
    },
    async lockMounts({ signal } = {}) {
      const turn = await turnOf("mounts", "write", signal);
      return tables.mounts.open(() => turn[Symbol.dispose]());
    },
    openStaging() {
      throw new Error("Cannot stage files: this store has none");
    },
  };
}

/** An agent that works with nothing but memory, and without root. */
export function memoryAgent(): Agent {
  return agentOn(memoryStore(), { mounter: memoryMounter() });
}

/** What was saved, by ID. */
class MemoryTable<R extends StoreRecord> {
  #saved: ReadonlyMap<string, R> | undefined;

  /** Opens it for who holds its lock. */
  open(release: () => void = () => {}): Records<R> {
    const now = new Map(this.#saved);
    const save = () => {
      this.#saved = new Map(now);
    };
    const lookUp = (text: string) => now.get(text);
    const all = () => [...now.values()];
    return {
      origin: this.#saved === undefined ? "none" : "own",
      get records() {
        return all();
      },
      get: (id) => id === undefined ? undefined : lookUp(id),
      lookUp,
      getByName: (name) => all().findLast(({ names }) => names?.includes(name)),
      getByPrefix(prefix) {
        const found = all().filter(({ id }) => id.startsWith(prefix));
        return prefix !== "" && found.length === 1 ? found[0] : undefined;
      },
      pathOf: (id) => now.has(id) ? "memory" : "",
      add: (record) => void now.set(record.id, record),
      update(record) {
        if (now.has(record.id)) now.set(record.id, record);
      },
      remove: (id) => void now.delete(id),
      save,
      [Symbol.dispose]: release,
    };
  }
}
