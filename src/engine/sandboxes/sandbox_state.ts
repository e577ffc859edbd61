/**
 * The state of a sandbox, in its infra container's work dir: the request, the
 * phase, and the results of its networks. It is written before anything is made,
 * and removed with the container after all is undone.
 */

import { join } from "@std/path";
import { InvalidSandboxError } from "../../errors/network_errors.ts";
import { DamagedFileError } from "../../errors/store_errors.ts";
import {
  type NetworkList,
  parseNetworkList,
} from "../../formats/cni/network_list.ts";
import {
  type NetworkResult,
  parseNetworkResult,
} from "../../formats/cni/network_result.ts";
import {
  asArray,
  asInteger,
  asObject,
  asOneOf,
  asString,
  asStrings,
  type JsonObject,
  optional,
  parseJson,
} from "../../formats/json.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isDirectoryThere } from "../../fs/if_there.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import { workDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import { readStored, type StoredFile } from "../parse_stored.ts";
import { SANDBOX_FILE } from "./sandbox_file.ts";
import { readSandboxRequest } from "./read_sandbox_request.ts";
import type { SandboxRequest } from "./sandbox.ts";

/** The phase of a sandbox. Only one that is ready, in this boot, is complete. */
export type SandboxPhase = (typeof PHASES)[number];

/** The state of a sandbox. */
export interface SandboxState {
  readonly phase: SandboxPhase;
  /** The boot in which it was made. */
  readonly bootId: string;
  readonly createdAtNs: bigint;
  readonly request: SandboxRequest;
  /** Its networks, in the order in which they are joined. */
  readonly networks: readonly JoinedNetwork[];
  /** Of its pause process; undefined if it has none. */
  readonly pid: number | undefined;
  /** Control groups that were made for it. */
  readonly cgroups: readonly string[];
  /** Later data of the caller; a JSON value. */
  readonly update?: unknown;
}

/** A network that a sandbox joins, has joined, or has left again. */
export interface JoinedNetwork {
  readonly interfaceName: string;
  readonly list: NetworkList;
  /** The text that describes it, as it was when it was joined. */
  readonly text: string;
  /** Undefined until it has joined. */
  readonly result: NetworkResult | undefined;
}

const PHASES = ["making", "ready", "stopping", "stopped"] as const;
// Annotations can take 256 KiB, and are stored twice.
const MAX_SIZE = 16 * 1024 * 1024;
// Leaves space for later changes of the phase.
const MAX_NEW_SIZE = MAX_SIZE - 64 * 1024;
// Longer values are cut in messages.
const MAX_SHOWN = 80;

/** Where the state of a sandbox is. */
export function sandboxPath({ store }: Agent, id: ContainerId): string {
  return join(workDirectory(store.paths, id), SANDBOX_FILE);
}

/**
 * Reads a sandbox's state; undefined if there is no such sandbox.
 *
 * @throws {DamagedFileError} If it does not parse.
 */
export function readSandboxState(
  agent: Agent,
  id: ContainerId,
): SandboxState | undefined {
  return readStoredState(agent, id, {
    path: sandboxPath(agent, id),
    advice: `remove the pod: "orlop pod rm ${id}"`,
  });
}

/**
 * The phase of a sandbox; undefined if there is none, or its state is damaged: its
 * note has no phase.
 */
export function tryReadPhase(
  agent: Agent,
  id: ContainerId,
): SandboxPhase | undefined {
  try {
    return readSandboxState(agent, id)?.phase;
  } catch (error) {
    if (error instanceof DamagedFileError) return undefined;
    throw error;
  }
}

/**
 * Reads a state from its file; undefined if there is none.
 *
 * @throws {DamagedFileError} If it does not parse.
 */
export function readStoredState(
  { store }: Agent,
  id: ContainerId,
  file: StoredFile,
): SandboxState | undefined {
  return readStored(file, (text, what) => {
    const state = parseSandboxState(text, what);
    const podId = state.request.podId || id;
    if (podId === id) return state;
    const other = podId.slice(0, MAX_SHOWN);
    throw new SyntaxError(`Cannot read ${what}: it is that of "${other}"`);
  }, store);
}

/**
 * Replaces a sandbox's state, or any other file in its place. The phases of its end
 * need not survive a power cut: after a reboot a sandbox has ended in any case.
 */
export function writeSandboxState(
  agent: Agent,
  id: ContainerId,
  state: SandboxState,
): void {
  const path = sandboxPath(agent, id);
  if (isDirectoryThere(path)) removeTreeSync(path);
  const directory = state.phase === "ready" ? "sync" : "later";
  writeAtomically(path, formatSandboxState(state), { directory });
}

/**
 * Checks a state before it is stored: a pod whose state cannot be read is unusable.
 *
 * @throws {InvalidSandboxError} If it is too large.
 */
export function checkStateSize(state: SandboxState): void {
  const { length } = formatSandboxState(state);
  if (length <= MAX_NEW_SIZE) return;
  throw new InvalidSandboxError(
    `Cannot make sandbox: its request and the results of its networks have ` +
      `${length} characters, more than ${MAX_NEW_SIZE}`,
  );
}

/** The text of a state. */
export function formatSandboxState(state: SandboxState): string {
  return JSON.stringify({
    ...state,
    createdAtNs: String(state.createdAtNs),
    networks: state.networks.map(({ interfaceName, text, result }) => ({
      interfaceName,
      text,
      // As a string, to preserve large numbers.
      result: result && JSON.stringify(result.raw),
    })),
  });
}

function parseSandboxState(text: string, what: string): SandboxState {
  const object = asObject(parseJson(text, what, { maxSize: MAX_SIZE }), what);
  const networks = asArray(object["networks"], `${what}, networks`);
  return {
    phase: asOneOf(object["phase"], `${what}, phase`, PHASES),
    bootId: asString(object["bootId"], `${what}, bootId`),
    createdAtNs: readBigInt(object["createdAtNs"], `${what}, createdAtNs`),
    request: readSandboxRequest(object["request"], `${what}, request`),
    networks: networks.map((network, index) =>
      readNetwork(asObject(network, what), `${what}, network ${index}`)
    ),
    pid: optional(object["pid"], `${what}, pid`, asInteger),
    cgroups: asStrings(object["cgroups"], `${what}, cgroups`),
    ...object["update"] !== undefined && { update: object["update"] },
  };
}

function readBigInt(value: unknown, what: string): bigint {
  const text = asString(value, what);
  if (/^\d{1,30}$/.test(text)) return BigInt(text);
  throw new SyntaxError(`Cannot read ${what}: "${text}" is no number`);
}

function readNetwork(object: JsonObject, what: string): JoinedNetwork {
  const text = asString(object["text"], `${what}, text`);
  return {
    interfaceName: asString(object["interfaceName"], what),
    list: parseNetworkList(text, what),
    text,
    result: optional(object["result"], `${what}, result`, readResult),
  };
}

function readResult(value: unknown, what: string): NetworkResult {
  return parseNetworkResult(asString(value, what), what);
}
