/** Metrics of containers and pods: cAdvisor's names, which dashboards know. */

import type { LayerSize } from "../../engine/stats/layer_sizes.ts";
import type { UsageSample } from "../../engine/stats/usage_reader.ts";
import type { Amount } from "../../formats/kernel/cgroup_usage.ts";
import { MetricType } from "../api/api_pb.js";
import type { OpenFiles } from "./open_files.ts";

/** The data of metrics of a container. */
export interface ContainerFacts {
  readonly sample: UsageSample;
  /** Since 1970. */
  readonly startedAtNs: bigint;
  /** The size of its writable layer; undefined if not known yet. */
  readonly layer: LayerSize | undefined;
  readonly disk: DiskFacts;
  readonly files: OpenFiles | undefined;
}

/** The file system of a store. */
export interface DiskFacts {
  /** Such as `/dev/vda1`. */
  readonly device: string;
  readonly totalBytes: bigint;
  readonly totalInodes: bigint;
  readonly freeInodes: bigint;
}

/** A value, and those of the labels that only this metric has. */
export interface MetricValue {
  readonly labels: readonly string[];
  readonly value: bigint;
}

/** A metric: what it is called, and how it is made. */
export interface MetricDefinition<Facts> {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  /** Besides those that all metrics have. */
  readonly labels: readonly string[];
  /** No values if not measured. */
  readonly valuesOf: (facts: Facts) => readonly MetricValue[];
}

/** The labels of all metrics, in this order. */
export const COMMON_LABELS: readonly string[] = [
  ...["container", "id", "image", "name", "namespace", "pod"],
];

const NS_PER_SECOND = 1_000_000_000n;

/** The source of a metric: one amount, or values with labels. */
type Source<Facts> =
  | ((facts: Facts) => Amount)
  | Pick<MetricDefinition<Facts>, "labels" | "valuesOf">;

/** A metric that only grows. */
export function counter<Facts>(
  name: string,
  help: string,
  source: Source<Facts>,
): MetricDefinition<Facts> {
  const type = MetricType.COUNTER;
  if (typeof source === "object") return { name, help, type, ...source };
  const valuesOf = (facts: Facts) => one(source(facts));
  return { name, help, type, labels: [], valuesOf };
}

/** A metric that goes up and down. */
export function gauge<Facts>(
  name: string,
  help: string,
  source: Source<Facts>,
): MetricDefinition<Facts> {
  return { ...counter(name, help, source), type: MetricType.GAUGE };
}

/** Metrics have no fractions: whole seconds. */
export function toSeconds(ns: Amount): Amount {
  return ns === undefined ? undefined : ns / NS_PER_SECOND;
}

function one(value: Amount): readonly MetricValue[] {
  return value === undefined ? [] : [{ labels: [], value }];
}
