/** A pull as lines on a terminal: one a layer, and the total. */

import { formatSize } from "./human.ts";
import {
  type LayerPhase,
  type LayerState,
  type PullState,
  sumBytes,
} from "./pull_state.ts";

/** What the lines depend on, beside the pull. */
export interface DrawOptions {
  /** The terminal's columns. */
  readonly width: number;
  /** Bytes a second, lately. */
  readonly rate: number;
}

// What fits a terminal of 24 lines beside the total and a prompt.
const MAX_LAYERS = 16;
const BAR_WIDTH = 24;
const ID_WIDTH = 12; // podman's short IDs
const WORDS: Readonly<Record<LayerPhase, string>> = {
  waiting: "waiting",
  downloading: "",
  unpacking: "unpacking",
  unpacked: "writing",
  done: "done",
  present: "already here",
};

/** Draws a pull, in lines that fit the width. */
export function drawPull(
  state: PullState,
  { width, rate }: DrawOptions,
): string[] {
  const { layers } = state;
  const isBusy = ({ phase }: LayerState) =>
    phase !== "done" && phase !== "present";
  const shown = layers.length <= MAX_LAYERS
    ? layers
    : layers.filter(isBusy).slice(0, MAX_LAYERS);
  const lines = [...shown.map(drawLayer), drawTotal(state, rate)];
  return lines.map((line) => [...line].slice(0, width - 1).join(""));
}

function drawLayer({ digest, size, received, phase }: LayerState): string {
  const id = digest.replace(/^.*:/, "").slice(0, ID_WIDTH);
  if (phase !== "downloading") {
    return `${id}  ${formatSize(size).padStart(8)}  ${WORDS[phase]}`;
  }
  const share = size > 0 ? received / size : 0;
  const sizes = `${formatSize(received)} of ${formatSize(size)}`;
  return `${id}  ${formatSize(size).padStart(8)}  ${drawBar(share)}  ${sizes}`;
}

function drawBar(share: number): string {
  const full = Math.min(Math.floor(share * BAR_WIDTH), BAR_WIDTH);
  return `[${"=".repeat(full)}${" ".repeat(BAR_WIDTH - full)}]`;
}

function drawTotal(state: PullState, rate: number): string {
  const { received, size } = sumBytes(state);
  const left = rate > 0 ? Math.ceil((size - received) / rate) : 0;
  const words = [`${formatSize(received)} of ${formatSize(size)}`];
  if (received < size) words.push(`${formatSize(rate)}/s`);
  if (received < size && left > 0) words.push(`${left} s left`);
  return `${"Total".padEnd(ID_WIDTH)}  ${words.join("  ")}`;
}
