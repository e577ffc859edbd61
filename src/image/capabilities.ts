/** The capabilities of a container: capabilities(7). */

/** All that Linux knows, by their numbers. */
const ALL_CAPABILITIES: readonly string[] = [
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID",
  "SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW",
  "IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT",
  "SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD",
  "LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG",
  "WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE",
].join(" ").split(" ").map((name) => `CAP_${name}`);

/** Those that a root user in a container has by default: podman's. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_NET_BIND_SERVICE",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
];

/** Differences from the default. */
export interface CapabilityChange {
  /**
   * In any spelling: `net_admin`, `CAP_NET_ADMIN`, `all`.
   *
   * @default {[]}
   */
  readonly add?: readonly string[] | undefined;
  /**
   * As `add`.
   *
   * @default {[]}
   */
  readonly drop?: readonly string[] | undefined;
  /**
   * Capabilities that also users other than root have, as ambient ones; added by
   * this, too.
   *
   * @default {those of `add`}
   */
  readonly ambient?: readonly string[] | undefined;
  /**
   * What to do with those that are both added and dropped.
   *
   * @default {"refuse"}
   */
  readonly conflicts?: "refuse" | "drop" | undefined;
}

/** The capability sets of a container's process, for the runtime. */
export interface CapabilitySets {
  /** The bounding set. */
  readonly bounding: readonly string[];
  /** The capabilities of a user other than root: only those requested by name. */
  readonly ambient: readonly string[];
}

/**
 * Chooses a container's capabilities.
 *
 * @param base Those to begin with, such as {@linkcode DEFAULT_CAPABILITIES}.
 * @throws {TypeError} If one is unknown, or both added and dropped.
 */
export function chooseCapabilities(
  base: readonly string[],
  { add = [], drop = [], ambient = add, conflicts = "refuse" }:
    CapabilityChange,
): CapabilitySets {
  const added = new Set([...add, ...ambient].map(capabilityOf));
  const dropped = new Set(drop.map(capabilityOf));
  const [addsAll, dropsAll] = [added.delete("ALL"), dropped.delete("ALL")];
  if (conflicts === "refuse") {
    checkConflicts(added, dropped, { addsAll, dropsAll });
  }
  const start = dropsAll ? [] : addsAll ? ALL_CAPABILITIES : base;
  const isKept = (name: string) => !dropped.has(name);
  const bounding = [...new Set([...start, ...added])].filter(isKept);
  const passedOn = new Set(ambient.map(capabilityOf));
  return {
    bounding: bounding.toSorted(),
    ambient: bounding
      .filter((name) => passedOn.has("ALL") || passedOn.has(name))
      .toSorted(),
  };
}

function checkConflicts(
  added: ReadonlySet<string>,
  dropped: ReadonlySet<string>,
  { addsAll, dropsAll }: {
    readonly addsAll: boolean;
    readonly dropsAll: boolean;
  },
): void {
  if (addsAll && dropsAll) {
    throw new TypeError(
      "Cannot choose capabilities: all of them are both added and dropped",
    );
  }
  for (const name of added) {
    if (!dropped.has(name) || addsAll) continue;
    throw new TypeError(
      `Cannot choose capabilities: "${name}" is both added and dropped`,
    );
  }
}

/** Those of a bit mask of the kernel's: bit 0 is `CAP_CHOWN`. */
export function capabilitiesIn(mask: bigint): readonly string[] {
  return ALL_CAPABILITIES.filter((_, bit) => (mask >> BigInt(bit)) & 1n);
}

function capabilityOf(text: string): string {
  const upper = text.toUpperCase();
  if (upper === "ALL" || upper === "CAP_ALL") return "ALL";
  const name = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  if (ALL_CAPABILITIES.includes(name)) return name;
  throw new TypeError(
    `Cannot choose capabilities: "${text}" is unknown; see capabilities(7)`,
  );
}
