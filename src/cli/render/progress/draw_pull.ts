/** A pull as lines on a terminal: one a layer, and the total. */

import { cutToWidth, widthOf } from "../display_width.ts";
import { formatSize } from "../../../formats/config/byte_size.ts";
import {
  type LayerPhase,
  type LayerProgress,
  type PullState,
  sumBytes,
} from "../../../engine/progress/pull_state.ts";

/** What the lines depend on, beside the pull. */
export interface DrawOptions {
  /** The terminal's columns. */
  readonly width: number;
  /** The terminal's rows. */
  readonly height: number;
  /** Bytes a second, lately; undefined at the end. */
  readonly rate: number | undefined;
}

// More would be no picture but a list.
const MAX_LAYERS = 16;
/** The total, the line of the cursor, and the name above. */
const OTHER_ROWS = 3;
const BAR_WIDTH = 24;
const LEAST_BAR_WIDTH = 6;
const ID_WIDTH = 12; // podman's short IDs
const SIZE_WIDTH = 8;
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
  { width, height, rate }: DrawOptions,
): string[] {
  const { layers } = state;
  const most = Math.min(MAX_LAYERS, Math.max(height - OTHER_ROWS, 0));
  const isBusy = ({ phase }: LayerProgress) =>
    phase !== "done" && phase !== "present";
  const shown = layers.length <= most
    ? layers
    : layers.filter(isBusy).slice(0, most);
  // A line of the whole width would move the cursor to the next one.
  const room = Math.max(width - 1, 0);
  return [
    ...shown.map((layer) => fit(drawLayer(layer, room), room)),
    fit(drawTotal(state, rate), room),
  ];
}

/** The first that fits, of lines that say less and less. */
function fit(lines: readonly string[], room: number): string {
  const line = lines.find((line) => widthOf(line) <= room);
  return line?.trimEnd() ?? cutToWidth(lines.at(-1) ?? "", room);
}

function drawLayer(layer: LayerProgress, room: number): readonly string[] {
  const { digest, size, received, phase } = layer;
  const id = digest.replace(/^.*:/, "").slice(0, ID_WIDTH);
  const ofSize = `${id}  ${formatSize(size).padStart(SIZE_WIDTH)}`;
  if (phase !== "downloading") {
    const word = WORDS[phase];
    return [`${ofSize}  ${word}`, `${id}  ${word}`, word];
  }
  const share = size > 0 ? Math.min(received / size, 1) : 0;
  // The bar must not change its width with the number behind it.
  const sizes = `${formatSize(received)} of ${formatSize(size)}`
    .padEnd(SIZE_WIDTH + ` of ${formatSize(size)}`.length);
  const percent = `${Math.floor(100 * share)}%`.padStart(4);
  return [
    ...drawBar(share, { before: `${ofSize}  `, after: `  ${sizes}`, room }),
    ...drawBar(share, { before: `${id}  `, after: ` ${percent}`, room }),
    `${id} ${percent}`,
    percent.trim(),
  ];
}

/** A bar between two texts; none if there is no room for a useful one. */
function drawBar(
  share: number,
  { before, after, room }: {
    readonly before: string;
    readonly after: string;
    readonly room: number;
  },
): readonly string[] {
  const left = room - before.length - after.length - "[]".length;
  const width = Math.min(left, BAR_WIDTH);
  if (width < LEAST_BAR_WIDTH) return [];
  const full = Math.floor(share * width);
  const bar = `[${"=".repeat(full)}${" ".repeat(width - full)}]`;
  return [`${before}${bar}${after}`];
}

function drawTotal(
  state: PullState,
  rate: number | undefined,
): readonly string[] {
  const { received, size } = sumBytes(state);
  const sizes = `${formatSize(received)} of ${formatSize(size)}`;
  const percent = size > 0 ? `${Math.floor(100 * received / size)}%` : "";
  const label = "Total".padEnd(ID_WIDTH);
  const isFetching = state.layers.some(({ phase }) =>
    phase === "waiting" || phase === "downloading"
  );
  // What is left to do once all is there takes a time that nobody knows.
  const left = isFetching && rate !== undefined
    ? [`${formatSize(rate)}/s`, ...timeLeft(rate)]
    : [];
  return [
    [label, sizes, ...left].join("  "),
    ["Total", sizes, ...left].join("  "),
    ["Total", sizes, ...left.slice(1)].join("  "),
    ["Total", sizes].join("  "),
    sizes,
    percent,
  ];

  function timeLeft(rate: number): string[] {
    return rate > 0 && received < size
      ? [`${Math.ceil((size - received) / rate)} s left`]
      : [];
  }
}
