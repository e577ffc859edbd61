/** Reads ginkgo's report of critest's specs. */

import { asArray, asObject, asString } from "../../../src/formats/json.ts";

/** The result of a spec. */
export interface SpecResult {
  readonly name: string;
  readonly state: "passed" | "failed" | "skipped";
  /** The reason of a failure or a skip; empty for others. */
  readonly why: string;
  readonly seconds: number;
}

const NS_PER_SECOND = 1e9;

/**
 * Reads the report that `critest --ginkgo.json-report` writes.
 *
 * @throws {SyntaxError} If it is none.
 */
export function readCritestReport(text: string): readonly SpecResult[] {
  return asArray(JSON.parse(text), "a report").flatMap((suite) =>
    asArray(asObject(suite, "a suite")["SpecReports"], "specs").flatMap(
      readSpec,
    )
  );
}

function readSpec(value: unknown): readonly SpecResult[] {
  const spec = asObject(value, "a spec");
  const state = asString(spec["State"], "a state");
  // Whatever runs before all specs counts only if it fails, as all fail with it.
  if (spec["LeafNodeType"] !== "It" && ["passed", ""].includes(state)) {
    return [];
  }
  const failure = asObject(spec["Failure"] ?? {}, "a failure");
  const why = [failure["Message"], failure["ForwardedPanic"]]
    .filter((text) => typeof text === "string" && text !== "").join(": ");
  return [{
    ...STATES.get(state) ?? { state: "failed", why: why || state },
    ...(why === "" ? {} : { why }),
    name: nameOf(spec),
    seconds: Number(spec["RunTime"] ?? 0) / NS_PER_SECOND,
  }];
}

/** All others are ways to fail. */
const STATES: ReadonlyMap<string, Pick<SpecResult, "state" | "why">> = new Map([
  ["passed", { state: "passed", why: "" }],
  ["skipped", { state: "skipped", why: "" }],
  ["pending", { state: "skipped", why: "critest calls it pending" }],
]);

function nameOf(spec: Readonly<Record<string, unknown>>): string {
  const parents = spec["ContainerHierarchyTexts"];
  const above = Array.isArray(parents) ? parents.map(String) : [];
  return [...above, String(spec["LeafNodeText"] || spec["LeafNodeType"])]
    .map((part) => part.replace(/^\[k8s\.io\] /, "")).join(" / ");
}
