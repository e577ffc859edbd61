/** Runs critest's benchmarks, and reads what they took. */

import { existsSync } from "node:fs";
import { asArray, asObject, asStrings } from "../../../src/formats/json.ts";
import type { Place } from "./crictl.ts";
import { runCritest } from "./run_critest.ts";

/** What is tried how often. */
export interface CritestTimesOptions {
  readonly runs: number;
  readonly pulls: number;
  /** What is pulled. */
  readonly image: string;
}

const NS_PER_MS = 1e6;
const TIMEOUT_SECONDS = 120;

/**
 * Runs all of them.
 *
 * @returns Milliseconds of each run, by the operation.
 * @throws {Error} If one of them fails.
 */
export async function readCritestTimes(
  place: Place,
  { runs, pulls, image }: CritestTimesOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const folder = `${place.node.directory}/benchmarks-${place.runtime.name}`;
  await Deno.mkdir(folder);
  const params = `${folder}/params.json`; // JSON is YAML
  await Deno.writeTextFile(
    params,
    JSON.stringify({
      ...{ containersNumber: runs, podsNumber: runs, imagesNumber: pulls },
      containerBenchmarkTimeoutSeconds: TIMEOUT_SECONDS,
      podBenchmarkTimeoutSeconds: TIMEOUT_SECONDS,
      imageBenchmarkTimeoutSeconds: TIMEOUT_SECONDS,
      podContainerStartBenchmarkTimeoutSeconds: TIMEOUT_SECONDS,
      imagePullingBenchmarkImage: image,
    }),
  );
  const specs = await runCritest(place, {
    args: [
      ...["--benchmark", "--benchmarking-params-file", params],
      ...["--benchmarking-output-dir", folder],
    ],
  });
  for (const { name, state, why } of specs) {
    if (state === "failed") throw new Error(`Cannot measure "${name}": ${why}`);
  }
  const times = new Map<string, readonly number[]>();
  for (const kind of ["pod", "container", "image_lifecycle", "image_listing"]) {
    const file = `${folder}/${kind}_benchmark_data.json`;
    if (!existsSync(file)) continue;
    readTimes(await Deno.readTextFile(file)).forEach((all, name) =>
      times.set(name, all)
    );
  }
  return times;
}

/** Reads a file that critest writes. */
export function readTimes(
  text: string,
): ReadonlyMap<string, readonly number[]> {
  const results = asObject(JSON.parse(text), "results");
  const points = asArray(results["datapoints"], "datapoints").map((point) =>
    asArray(asObject(point, "a point")["operationsDurationsNs"], "durations")
      .map((ns) => Number(ns) / NS_PER_MS)
  );
  const names = asStrings(results["operationsNames"], "names");
  return new Map(names.map((name, index) => [
    name,
    points.map((point) => point[index] ?? NaN),
  ]));
}
