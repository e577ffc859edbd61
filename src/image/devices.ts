/** Devices of the host in a container: runtime-spec, config-linux.md. */

/** A device that a container may use. */
export interface RuntimeDevice {
  /** In the container; absolute. */
  readonly path: string;
  /** `c` for characters, `b` for blocks. */
  readonly type: "c" | "b";
  /** Its driver, */
  readonly major: number;
  /** and its number there. */
  readonly minor: number;
  /** Permissions, as in stat(2). */
  readonly fileMode: number;
  /** The owner. */
  readonly uid: number;
  /** The owning group. */
  readonly gid: number;
  /** Some of `r`, `w` and `m`: to read, to write, to make its node. */
  readonly access: string;
}

/** The device settings for the runtime. */
export interface DeviceSettings {
  /** Those that it makes. */
  readonly nodes: readonly Readonly<Record<string, unknown>>[];
  /** The rules of the cgroup; later ones take precedence. */
  readonly rules: readonly Readonly<Record<string, unknown>>[];
}

/** The settings for these devices. */
export function makeDevices(
  devices: readonly RuntimeDevice[],
  others: "allow" | "deny",
): DeviceSettings {
  const nodes = new Map(devices.map(({ access: _, ...node }) => [
    node.path,
    node,
  ]));
  return {
    nodes: [...nodes.values()],
    rules: [
      // The runtime adds the harmless ones: /dev/null, /dev/zero, …
      { allow: others === "allow", access: "rwm" },
      ...devices.map(({ type, major, minor, access }) => ({
        ...{ allow: true, type, major, minor, access },
      })),
    ],
  };
}
