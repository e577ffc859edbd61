/**
 * The pods and containers of a store, as lists show them. This is a cache: the
 * store is the truth.
 */

import { type Abortable, settleAll } from "../../../errors/abort.ts";
import { DamagedFileError } from "../../../errors/store_errors.ts";
import type { Agent } from "../../../engine/agent.ts";
import { readMetadata } from "../../../engine/container_owner.ts";
import { ownerOfImageVolume } from "../../../engine/containers/image_volumes.ts";
import { readSandbox } from "../../../engine/sandboxes/list_sandboxes.ts";
import type { Sandbox } from "../../../engine/sandboxes/sandbox.ts";
import { sandboxPath } from "../../../engine/sandboxes/sandbox_state.ts";
import type { ContainerMetadata } from "../../../formats/storage/container_metadata.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../../formats/storage/store_record.ts";
import { isThere, lstatIfThere } from "../../../fs/if_there.ts";
import { isUnfinished } from "../../../store/delete_container.ts";
import { readContainersToken } from "../../../store/records/last_writer.ts";
import {
  type ContainerNote,
  makeDamagedNote,
  type NoteOptions,
  notePath,
  readNote,
  stageNote,
  writeNote,
} from "./container_note.ts";

/** What pods and containers have in common. */
interface Known {
  readonly id: ContainerId;
  readonly metadata: ContainerMetadata;
  readonly record: ContainerRecord;
}

/** A pod. */
export interface KnownPod extends Known {
  /** Undefined if it was not made by CRI, or its state is damaged. */
  readonly sandbox: Sandbox | undefined;
  /** The damage of its state; undefined if there is none. */
  readonly damage: string | undefined;
}

/** A container that is not a pod's infra container. */
export interface KnownContainer extends Known {
  /** Undefined if it was not made by CRI. */
  readonly note: ContainerNote | undefined;
}

/** A snapshot of all objects. */
export interface Snapshot {
  readonly pods: readonly KnownPod[];
  readonly containers: readonly KnownContainer[];
}

/** The containers of a pod. */
export function membersOf(
  { containers }: Pick<Snapshot, "containers">,
  podId: string,
): readonly KnownContainer[] {
  return containers.filter(({ metadata }) => metadata.podId === podId);
}

/** A container that CRI made. */
export interface OwnContainer extends KnownContainer {
  readonly note: ContainerNote;
}

/** A pod that CRI made. */
export interface OwnPod extends KnownPod {
  readonly sandbox: Sandbox;
}

// orlop's commands also change pods: lists show that within this time.
const REREAD_MS = 1000;

/** Knows the objects of one store. */
export class KnownObjects {
  readonly #agent: Agent;
  readonly #notes = new Map<ContainerId, ContainerNote | undefined>();
  readonly #sandboxes = new Map<ContainerId, ReadSandbox>();
  /** Objects being created: hidden until they are complete. */
  readonly #hidden = new Set<ContainerId>();
  #token: string | undefined;
  #records: readonly Known[] = [];
  #snapshot: Snapshot | undefined;
  #sandboxesReadMs = 0;

  /** Knows nothing before `read()`. */
  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** All objects that are complete. */
  async read(options: Abortable = {}): Promise<Snapshot> {
    if (readContainersToken(this.#agent.store.paths) !== this.#token) {
      await this.#load(options);
    }
    if (performance.now() - this.#sandboxesReadMs > REREAD_MS) {
      this.#rereadSandboxes();
    }
    return this.#latest();
  }

  /**
   * A container that CRI made, in its current state; undefined if unknown or gone.
   * It waits for no lock, which creations may hold.
   */
  recallContainer(id: string): OwnContainer | undefined {
    const known = this.#latest().containers.find((known) => known.id === id);
    if (known?.note === undefined) return undefined;
    const isLeft = isThere(notePath(this.#agent, known.id));
    return isLeft ? { ...known, note: known.note } : undefined;
  }

  /** The same for pods. */
  recallPod(id: string): OwnPod | undefined {
    const known = this.#latest().pods.find((known) => known.id === id);
    if (known?.sandbox === undefined) return undefined;
    const sandbox = this.rereadSandbox(known.id);
    return sandbox && { ...known, sandbox };
  }

  #latest(): Snapshot {
    this.#snapshot ??= this.#describe();
    return this.#snapshot;
  }

  /** Hides a new object until the action has ended. */
  async whileHidden<T>(id: ContainerId, make: () => Promise<T>): Promise<T> {
    this.#hidden.add(id);
    try {
      return await make();
    } finally {
      this.#hidden.delete(id);
      this.#snapshot = undefined;
    }
  }

  /**
   * Writes the note of a container, and caches it. A damaged file is kept, as it
   * may be a newer orlop's.
   */
  setNote(
    id: ContainerId,
    note: ContainerNote,
    options: NoteOptions = {},
  ): void {
    if (note.isDamaged !== true) {
      writeNote(this.#agent, id, { ...options, note });
    }
    this.#know(id, note);
  }

  /**
   * Runs an action while its note is being written, and caches the note afterwards.
   * If the action fails, the previous note stays.
   */
  async setNoteWhile(
    id: ContainerId,
    note: ContainerNote,
    { act, ...options }: NoteOptions & { readonly act: () => Promise<unknown> },
  ): Promise<void> {
    using staged = stageNote(this.#agent, id, note);
    await settleAll([act(), staged.sync()]);
    await staged.commit(options);
    this.#know(id, note);
  }

  #know(id: ContainerId, note: ContainerNote): void {
    this.#notes.set(id, note);
    this.#snapshot = undefined;
  }

  /** Reads a pod's state again, if it was changed. */
  rereadSandbox(id: ContainerId): Sandbox | undefined {
    const before = this.#sandboxes.get(id);
    const stamp = stampOf(sandboxPath(this.#agent, id));
    if (before !== undefined && before.stamp === stamp) return before.sandbox;
    const read = this.#readSandbox(id);
    this.#sandboxes.set(id, { stamp, ...read });
    this.#snapshot = undefined;
    return read.sandbox;
  }

  async #load(options: Abortable): Promise<void> {
    const { store } = this.#agent;
    using held = await store.lock({ containers: "read" }, options);
    this.#token = readContainersToken(store.paths);
    this.#records = held.containers.records.flatMap((record) => {
      const metadata = readMetadata(record);
      if (metadata === undefined || !isShown(record)) return [];
      return [{ id: record.id, metadata, record }];
    });
    const ids = new Set(this.#records.map(({ id }) => id));
    for (const map of [this.#notes, this.#sandboxes]) {
      for (const id of map.keys()) if (!ids.has(id)) map.delete(id);
    }
    this.#snapshot = undefined;
  }

  #rereadSandboxes(): void {
    for (const id of this.#sandboxes.keys()) this.rereadSandbox(id);
    this.#sandboxesReadMs = performance.now();
  }

  #describe(): Snapshot {
    const seen = this.#records.filter(({ id }) => !this.#hidden.has(id));
    const isPod = ({ id, metadata }: Known) => metadata.podId === id;
    return {
      pods: seen.filter(isPod).map((known) => ({
        ...known,
        ...this.#sandboxOf(known.id),
      })),
      containers: seen.filter((known) => !isPod(known)).map((known) => ({
        ...known,
        note: this.#noteOf(known),
      })),
    };
  }

  #sandboxOf(id: ContainerId): Pick<ReadSandbox, "sandbox" | "damage"> {
    if (!this.#sandboxes.has(id)) this.rereadSandbox(id);
    const { sandbox, damage } = this.#sandboxes.get(id) ?? {};
    return { sandbox, damage };
  }

  #readSandbox(id: ContainerId): Pick<ReadSandbox, "sandbox" | "damage"> {
    try {
      return { sandbox: readSandbox(this.#agent, id), damage: undefined };
    } catch (error) {
      const damage = damageOf(error);
      this.#agent.log("warn", damage);
      return { sandbox: undefined, damage };
    }
  }

  #noteOf({ id, metadata }: Known): ContainerNote | undefined {
    if (!this.#notes.has(id)) {
      this.#notes.set(id, this.#readNote(id, metadata));
    }
    return this.#notes.get(id);
  }

  #readNote(
    id: ContainerId,
    metadata: ContainerMetadata,
  ): ContainerNote | undefined {
    try {
      return readNote(this.#agent, id);
    } catch (error) {
      const why = damageOf(error);
      this.#agent.log("warn", why);
      return makeDamagedNote(id, metadata, why);
    }
  }
}

interface ReadSandbox {
  /** The stamp of its file. */
  readonly stamp: string;
  readonly sandbox: Sandbox | undefined;
  readonly damage: string | undefined;
}

/** Identifies a version of a file; `""` if there is none. */
function stampOf(path: string): string {
  const status = lstatIfThere(path);
  if (status === undefined) return "";
  return `${status.ino} ${status.mtime?.getTime()} ${status.size}`;
}

/** Excludes objects being created, and containers of image volumes. */
function isShown(record: ContainerRecord): boolean {
  const { names = [] } = record;
  return !isUnfinished(record) &&
    names.every((name) => ownerOfImageVolume(name) === undefined);
}

/** A damaged one must not hide all the others. */
function damageOf(error: unknown): string {
  if (error instanceof DamagedFileError) return error.message;
  throw error;
}
