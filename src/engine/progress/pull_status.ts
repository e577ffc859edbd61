/** The status of a pull that other processes can read. */

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

/** A running pull. */
export interface PullStatus extends PullState {
  /** The process that pulls. */
  readonly pid: number;
  /** The user who runs it. */
  readonly uid: number;
  /** Its command, such as `orlop run`; `""` if unknown. */
  readonly command: string;
  /** When it began, RFC 3339. */
  readonly started: string;
}

/** A published pull, visible to others until it is disposed of. */
export interface PublishedPull extends Disposable {
  /** Applies an event. */
  advance(event: PullEvent): void;
}

// Often enough for viewers, seldom enough to cost nothing.
const PERIOD_MS = 1000;
const MAX_LAYERS = 10_000;
const PHASES: readonly LayerPhase[] = [
  ...["waiting", "downloading", "unpacking"] as const,
  ...["unpacked", "done", "present"] as const,
];

/**
 * Publishes a pull. A failure to publish does not fail the pull.
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
      // Written even without a further event: a pull may stall here.
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
 * Parses the status of a pull.
 *
 * @throws {SyntaxError} If it is malformed.
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

/** A malformed reference is hidden: it may be a misplaced password. */
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
