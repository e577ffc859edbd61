/** What `orlop check` says to people. */

import {
  type CheckedObject,
  titleOf,
} from "../../engine/check/checked_object.ts";
import type { CheckReport } from "../../engine/check/check_store.ts";
import type { RepairStep } from "../../engine/check/repair_store.ts";
import type { Terminal } from "./terminal.ts";
import { showOnOneLine } from "../../formats/visible_text.ts";

/** A line for a step of a repair. */
export function describeStep(
  { object, does, outcome, why }: RepairStep,
): string {
  const title = `${object.kind} ${titleOf(object)}`;
  // Of what is left only the reason is of interest.
  const texts = outcome === "left" ? [why] : [does, ...why ? [why] : []];
  return showOnOneLine(`${outcome.padEnd(7)}  ${title}: ${texts.join(": ")}`);
}

/** Lines for a thing that is not well: its faults, and what to do. */
export function describeObject(
  object: CheckedObject,
  { paint }: Pick<Terminal, "paint">,
): readonly string[] {
  const { kind, state, faults, advice } = object;
  const mark = paint(state === "damaged" ? "red" : "yellow", state);
  const title = showOnOneLine(`${kind} ${titleOf(object)}`);
  const [first = "", ...more] = faults;
  return [
    `${mark}  ${title}${first && `: ${showOnOneLine(first)}`}`,
    ...more.map((fault) => `  ${showOnOneLine(fault)}`),
    ...advice === undefined ? [] : [`  → ${showOnOneLine(advice)}`],
  ];
}

/** A line for all that was looked at. */
export function summarizeCheck(
  { objects, status, unread, unverifiable }: CheckReport,
): string {
  const kinds = ["image", "layer", "container"] as const;
  const counts = kinds.map((kind) => {
    const { length } = objects.filter((object) => object.kind === kind);
    return `${length} ${kind}${length === 1 ? "" : "s"}`;
  });
  const damaged = objects.filter(({ state }) => state === "damaged").length;
  const texts = [
    `${counts.join(", ")}: ${damaged === 0 ? "none" : damaged} damaged`,
    ...status.leftovers > 0 ? [`${status.leftovers} left over`] : [],
    ...unread > 0 ? [`${unread} layers not read, as time ran out`] : [],
    ...unverifiable > 0
      ? [`${unverifiable} not read, as podman pulled only parts (zstd:chunked)`]
      : [],
  ];
  return texts.join("; ");
}
