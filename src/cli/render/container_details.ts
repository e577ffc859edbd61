/** All that is known of a container, with podman's names where it has them. */

import type { ContainerDetails } from "../../engine/containers/inspect_container.ts";
import { containerToJson, imageOf } from "./container_columns.ts";
import {
  describeConfig,
  describeHostConfig,
  mountsOf,
} from "./describe_spec.ts";
import { type GoStruct, GoTime, toGoValue } from "./template/go_values.ts";

/** Describes a container. */
export function containerDetails(details: ContainerDetails): GoStruct {
  const { names, template, created } = details;
  const [path = "", ...args] = template?.process?.args ?? [];
  return {
    ...containerToJson(details),
    Name: names[0] ?? "",
    State: describeState(details),
    ImageName: imageOf(details),
    Created: new GoTime(created),
    Path: path,
    Args: args,
    Config: describeConfig(template),
    HostConfig: describeHostConfig(template),
    Mounts: mountsOf(template),
    WorkDir: details.dir,
    RunDir: details.runDir,
    Metadata: details.metadata,
    Template: toGoValue(template),
    BundleConfig: toGoValue(details.bundleConfig),
    Differences: details.differences.map((difference) => ({
      path: difference.path,
      template: toGoValue(difference.template),
      bundle: toGoValue(difference.bundle),
    })),
  };
}

function describeState(details: ContainerDetails): GoStruct {
  const { state, pid, exitCode, startedAt, finishedAt } = details;
  return {
    Status: state,
    Running: state === "running",
    Paused: state === "paused",
    Pid: pid ?? 0,
    ExitCode: exitCode ?? null,
    StartedAt: startedAt === undefined ? null : new GoTime(startedAt),
    FinishedAt: finishedAt === undefined ? null : new GoTime(finishedAt),
  };
}
