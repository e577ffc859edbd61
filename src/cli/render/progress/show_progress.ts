/** Tells on stderr how a pull, a push or a copy goes on. */

import type { PullEvent } from "../../../engine/progress/pull_event.ts";
import type { FlagValues } from "../../command.ts";
import type { PROGRESS_FLAGS } from "../../table/shared_flags.ts";
import { formatSize } from "../../../formats/config/byte_size.ts";
import { DEFAULT_SIZE, type Terminal } from "../terminal.ts";
import { showOnOneLine } from "../../../formats/visible_text.ts";
import { drawPull } from "./draw_pull.ts";
import {
  advancePull,
  NO_PULL,
  sumBytes,
} from "../../../engine/progress/pull_state.ts";
import { makeRateMeter } from "./rate_meter.ts";

/** Shows events, until it is disposed of. */
export interface ProgressDisplay extends Disposable {
  readonly onProgress: (event: PullEvent) => void;
}

/** What is shown. */
export interface ProgressOptions {
  /** What is done to an image; `"Pulling"` if omitted. */
  readonly verb?: string;
  /** What was done to its bytes; `"Got"` if omitted. */
  readonly pastVerb?: string;
}

/** Opens the display that flags ask for. */
export function showProgress(
  { progress, quiet }: FlagValues<typeof PROGRESS_FLAGS>,
  terminal: Terminal,
  { verb = "Pulling", pastVerb = "Got" }: ProgressOptions = {},
): ProgressDisplay {
  switch (quiet ? "none" : progress) {
    case "none":
      return { onProgress: () => {}, [Symbol.dispose]: () => {} };
    case "json":
      return tellJson(terminal);
    case "plain":
      return tellPlainly(terminal, { verb, pastVerb });
    case "auto":
      return terminal.errorSize === undefined
        ? tellPlainly(terminal, { verb, pastVerb })
        : drawLive(terminal, verb);
  }
}

const JSON_INTERVAL_MS = 500;

function tellJson(terminal: Terminal): ProgressDisplay {
  const last = new Map<string, number>();
  return {
    onProgress(event) {
      if (event.kind === "download" && event.received < event.size) {
        const since = performance.now() - (last.get(event.digest) ?? -Infinity);
        if (since < JSON_INTERVAL_MS) return;
        last.set(event.digest, performance.now());
      }
      terminal.tell(JSON.stringify(event));
    },
    [Symbol.dispose]: () => {},
  };
}

// Often enough to see that it lives, seldom enough for a log.
const PLAIN_INTERVAL_MS = 10_000;

function tellPlainly(
  terminal: Terminal,
  { verb, pastVerb }: Required<ProgressOptions>,
): ProgressDisplay {
  let state = NO_PULL;
  let last = performance.now();
  return {
    onProgress(event) {
      state = advancePull(state, event);
      const { received, size } = sumBytes(state);
      if (event.kind === "start") {
        const missing = event.layers.filter(({ present }) => !present).length;
        terminal.tell(
          `${verb} ${
            event.name || "an image"
          }: ${missing} of ${event.layers.length} ` +
            `layers, ${formatSize(size)}`,
        );
      } else if (event.kind === "retry") {
        terminal.tell(
          `Trying layer ${event.digest} again: ${showOnOneLine(event.reason)}`,
        );
      } else if (performance.now() - last >= PLAIN_INTERVAL_MS) {
        last = performance.now();
        terminal.tell(
          `${pastVerb} ${formatSize(received)} of ${formatSize(size)}`,
        );
      }
    },
    [Symbol.dispose]: () => {},
  };
}

const FRAME_MS = 100;

function drawLive(terminal: Terminal, verb: string): ProgressDisplay {
  let state = NO_PULL;
  const measureRate = makeRateMeter();
  const timer = setInterval(() => draw(measure()), FRAME_MS);
  return {
    onProgress(event) {
      state = advancePull(state, event);
      if (event.kind === "start") {
        terminal.tell(`${verb} ${event.name || "an image"}`);
      }
      if (event.kind === "retry") {
        terminal.tell(`Trying again: ${showOnOneLine(event.reason)}`);
      }
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      draw();
      terminal.draw("end");
    },
  };

  function measure(): number {
    return measureRate(sumBytes(state).received);
  }

  function draw(rate?: number): void {
    if (state.layers.length === 0) return;
    const { columns: width, rows: height } = terminal.errorSize ?? DEFAULT_SIZE;
    terminal.draw(drawPull(state, { width, height, rate }));
  }
}
