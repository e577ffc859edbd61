/** What a pull lets other processes know of it, and what they make of that. */

import {
  asArray,
  asInteger,
  asObject,
  asSize,
  asString,
  parseJson,
} from "../../formats/json.ts";
import { toBytes } from "../../formats/bytes.ts";
import { parseReference } from "../../formats/oci/reference.ts";
import {
  hasTransport,
  parseTransportReference,
} from "../../formats/oci/transport_reference.ts";
import { isTimestamp } from "../../formats/storage/timestamp.ts";
import { openNotice } from "../../store/layers/notices.ts";
import { messageOf } from "../../errors/why.ts";
import type { Agent } from "../agent.ts";
import type { PullEvent } from "./pull_event.ts";
import {
  advancePull,
  type LayerPhase,
  type LayerProgress,
  NO_PULL,
  type PullState,
} from "./pull_state.ts";

/** A pull that is under way. */
export interface PullStatus extends PullState {
  /** The process that pulls. */
  readonly pid: number;
  /** The user who runs it. */
  readonly uid: number;
  /** What it does, such as `orlop run`; `""` if it does not say. */
  readonly command: string;
  /** When it began, RFC 3339. */
  readonly started: string;
}

/** Tells others of a pull until it is disposed of. */
export interface PublishedPull extends Disposable {
  /** Takes an event into account. */
  advance(event: PullEvent): void;
}

// Often enough for who looks, seldom enough to cost nothing.
const PERIOD_MS = 1000;
const MAX_LAYERS = 10_000;
const PHASES: readonly LayerPhase[] = [
  ...["waiting", "downloading", "unpacking"] as const,
  ...["unpacked", "done", "present"] as const,
];

/**
 * Begins to tell others of a pull. It is no reason to fail that nobody can be told.
 *
 * @param name What is pulled, as it was typed, until an event says more.
 */
export function publishPull(agent: Agent, name: string): PublishedPull {
  const common = {
    pid: Deno.pid,
    uid: Deno.uid() ?? 0,
    command: agent.caller,
    started: new Date().toISOString(),
  };
  let state: PullState = { ...NO_PULL, name: wellFormed(name) };
  let writtenAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const notice = attempt(agent, () => openNotice(agent.store));
  write();
  return {
    advance(event) {
      state = advancePull(state, event);
      const waitMs = writtenAt + PERIOD_MS - performance.now();
      if (waitMs <= 0 || event.kind === "start") write();
      // A pull may stop here, and that is when people look.
      else timer ??= setTimeout(write, waitMs);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      attempt(agent, () => notice?.[Symbol.dispose]());
    },
  };

  function write(): void {
    clearTimeout(timer);
    timer = undefined;
    writtenAt = performance.now();
    const text = JSON.stringify({ ...common, ...state });
    attempt(agent, () => notice?.write(text));
  }
}

/**
 * Reads what a pull told.
 *
 * @throws {SyntaxError} If it is nothing that a pull tells.
 */
export function parsePullStatus(text: string): PullStatus {
  const what = "status of a pull";
  const status = asObject(parseJson(toBytes(text), what), what);
  const started = asString(status["started"], `${what}, started`);
  if (!isTimestamp(started)) throw malformed("started");
  const pid = asInteger(status["pid"], `${what}, pid`);
  if (pid < 1) throw malformed("pid");
  const layers = asArray(status["layers"], `${what}, layers`);
  if (layers.length > MAX_LAYERS) throw malformed("layers");
  return {
    name: asString(status["name"], `${what}, name`),
    pid,
    uid: asSize(status["uid"], `${what}, uid`),
    command: asString(status["command"], `${what}, command`),
    started,
    layers: layers.map(parseLayer),
  };
}

function parseLayer(value: unknown): LayerProgress {
  const what = "status of a pull, layers";
  const layer = asObject(value, what);
  const phase = PHASES.find((known) => known === layer["phase"]);
  if (phase === undefined) throw malformed("phase");
  const size = asSize(layer["size"], what);
  return {
    digest: asString(layer["digest"], what),
    size,
    received: Math.min(asSize(layer["received"], what), size),
    phase,
  };
}

function malformed(member: string): SyntaxError {
  return new SyntaxError(`Cannot read status of a pull: wrong "${member}"`);
}

/** What is no reference may be anything, a password in the wrong place too. */
function wellFormed(name: string): string {
  try {
    if (hasTransport(name)) parseTransportReference(name);
    else parseReference(name);
    return name;
  } catch {
    return "";
  }
}

function attempt<T>({ log }: Agent, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    log("debug", `others cannot see this pull: ${messageOf(error)}`);
    return undefined;
  }
}
