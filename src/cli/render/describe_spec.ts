/** What a container's configuration says, with podman's names for it. */

import { LABEL_PREFIX } from "../../formats/oci/annotations.ts";
import type {
  RuntimeMount,
  RuntimeSpec,
} from "../../formats/oci/runtime_spec.ts";
import { GoMap, type GoStruct, toGoValue } from "./template/go_values.ts";

/** How the container runs. */
export function describeConfig(spec: RuntimeSpec | undefined): GoStruct {
  const { uid = 0, gid = 0 } = spec?.process?.user ?? {};
  return {
    Hostname: spec?.hostname ?? "",
    User: `${uid}:${gid}`,
    Tty: spec?.process?.terminal ?? false,
    Env: spec?.process?.env ?? [],
    Cmd: spec?.process?.args ?? [],
    WorkingDir: spec?.process?.cwd ?? "",
    Labels: labelsOf(spec),
    Annotations: toGoValue(spec?.annotations ?? {}),
  };
}

/** What of the host it shares. */
export function describeHostConfig(spec: RuntimeSpec | undefined): GoStruct {
  const namespaces = spec?.linux?.namespaces ?? [];
  const hasNetwork = namespaces.some(({ type }) => type === "network");
  return {
    NetworkMode: hasNetwork ? "none" : "host",
    ReadonlyRootfs: spec?.root?.readonly ?? false,
    Binds: mountsOf(spec).map(({ Source, Destination, Options }) =>
      `${Source}:${Destination}:${Options.join()}`
    ),
  };
}

/** Its labels, which are kept among the annotations. */
export function labelsOf(spec: RuntimeSpec | undefined): GoMap {
  const entries = Object.entries(spec?.annotations ?? {})
    .filter(([name]) => name.startsWith(LABEL_PREFIX));
  return new GoMap(
    entries.map(([name, value]) => [name.slice(LABEL_PREFIX.length), value]),
  );
}

/** What of the host is mounted into it. */
export function mountsOf(spec: RuntimeSpec | undefined): readonly BindMount[] {
  return (spec?.mounts ?? []).filter(isBind).map((mount) => {
    const { options = [] } = mount;
    return {
      Type: "bind",
      Source: mount.source ?? "",
      Destination: mount.destination,
      Options: options,
      RW: !options.includes("ro"),
    };
  });
}

interface BindMount extends GoStruct {
  readonly Type: "bind";
  readonly Source: string;
  readonly Destination: string;
  readonly Options: readonly string[];
  readonly RW: boolean;
}

/** Whether a mount shows something of the host. */
function isBind({ type, options = [] }: RuntimeMount): boolean {
  return type === "bind" || options.some((o) => /^r?bind$/.test(o));
}
