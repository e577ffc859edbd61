/** All that is known of a container, with podman's names where it has them. */

import { LABEL_PREFIX } from "../formats/annotations.ts";
import type { RuntimeMount, RuntimeSpec } from "../formats/runtime_spec.ts";
import type { ContainerDetails } from "../runtime/inspect_container.ts";
import { containerToJson, imageOf } from "./container_columns.ts";
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
    Mounts: (template?.mounts ?? []).filter(isBind).map(describeMount),
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

/** What `--label` gave it. */
function readLabels(
  spec: RuntimeSpec | undefined,
): Readonly<Record<string, string>> {
  const labels = Object.entries(spec?.annotations ?? {})
    .filter(([name]) => name.startsWith(LABEL_PREFIX))
    .map(([name, value]) => [name.slice(LABEL_PREFIX.length), value]);
  return Object.fromEntries(labels);
}

function describeConfig(spec: RuntimeSpec | undefined): GoStruct {
  const { uid = 0, gid = 0 } = spec?.process?.user ?? {};
  return {
    Hostname: spec?.hostname ?? "",
    User: `${uid}:${gid}`,
    Tty: spec?.process?.terminal ?? false,
    Env: spec?.process?.env ?? [],
    Cmd: spec?.process?.args ?? [],
    WorkingDir: spec?.process?.cwd ?? "",
    Labels: toGoValue(readLabels(spec)),
    Annotations: toGoValue(spec?.annotations ?? {}),
  };
}

/** Whether a mount shows something of the host. */
function isBind({ type, options = [] }: RuntimeMount): boolean {
  return type === "bind" || options.some((o) => /^r?bind$/.test(o));
}

function describeMount(mount: RuntimeMount): GoStruct {
  const { options = [] } = mount;
  return {
    Type: "bind",
    Source: mount.source ?? "",
    Destination: mount.destination,
    Options: options,
    RW: !options.includes("ro"),
  };
}
