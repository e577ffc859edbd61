/** The security settings of a container's configuration. */

import type {
  RuntimeLinux,
  RuntimeProcess,
  RuntimeSeccomp,
} from "../formats/oci/runtime_spec.ts";
import type { SeccompProfile } from "../formats/oci/seccomp_profile.ts";
import {
  type CapabilityChange,
  chooseCapabilities,
  DEFAULT_CAPABILITIES,
} from "./capabilities.ts";
import { resolveSeccomp } from "./resolve_seccomp.ts";
import { MASKED_PATHS, READONLY_PATHS } from "./sandbox_defaults.ts";
import { defaultSeccomp } from "./seccomp_table.ts";

/** Differences from the default security settings. */
export interface SecurityOptions {
  /**
   * Added and dropped capabilities.
   *
   * @default {nothing else}
   */
  readonly capabilities?: CapabilityChange | undefined;
  /**
   * Whether it has all privileges of orlop.
   *
   * @default {false}
   */
  readonly privileged?: boolean | undefined;
  /**
   * Whether it cannot gain privileges (no_new_privs).
   *
   * @default {false}
   */
  readonly noNewPrivileges?: boolean | undefined;
  /**
   * Which system calls it may make; if omitted, podman's default.
   *
   * @default {the machine's, else podman's default}
   */
  readonly seccomp?: SeccompProfile | "unconfined" | undefined;
  /**
   * The name of a loaded profile.
   *
   * @default {none}
   */
  readonly apparmor?: string | undefined;
  /**
   * SELinux labels; where SELinux is on, `disable` alone is taken.
   *
   * @default {[]}
   */
  readonly labels?: readonly string[] | undefined;
  /**
   * Paths that are hidden instead of the usual ones; absolute.
   *
   * @default {the usual ones}
   */
  readonly maskedPaths?: readonly string[] | undefined;
  /**
   * Paths that cannot be changed, instead of the usual ones; absolute.
   *
   * @default {the usual ones}
   */
  readonly readonlyPaths?: readonly string[] | undefined;
  /**
   * Paths that are hidden besides the usual ones.
   *
   * @default {[]}
   */
  readonly mask?: readonly string[] | undefined;
  /**
   * Paths that are not hidden or protected: `ALL`, or with `*` and `?`.
   *
   * @default {[]}
   */
  readonly unmask?: readonly string[] | undefined;
}

/** Whose security it is. */
export interface SecurityContext {
  readonly security?: SecurityOptions | undefined;
  readonly user: { readonly uid: number };
  /** What orlop itself may; if omitted, everything. */
  readonly ownCapabilities?: readonly string[] | undefined;
}

/** The process's part. */
export function processSecurity(
  context: SecurityContext,
): Pick<RuntimeProcess, "capabilities" | "noNewPrivileges"> {
  const { security: { noNewPrivileges = false, apparmor } = {} } = context;
  const { bounding, ambient } = capabilitiesOf(context);
  const own = context.user.uid === 0 ? bounding : ambient;
  return {
    capabilities: {
      bounding,
      effective: own,
      permitted: own,
      // Other users would lose theirs at execve(2).
      ...(own !== bounding && own.length > 0
        ? { inheritable: own, ambient: own }
        : {}),
    },
    noNewPrivileges,
    ...(apparmor === undefined || apparmor === "unconfined"
      ? {}
      : { apparmorProfile: apparmor }),
  };
}

/** The part that is Linux's own. */
export function linuxSecurity(
  context: SecurityContext,
): Pick<RuntimeLinux, "seccomp" | "maskedPaths" | "readonlyPaths"> {
  const { privileged, mask = [], unmask = [] } = context.security ?? {};
  const { maskedPaths = MASKED_PATHS, readonlyPaths = READONLY_PATHS } =
    context.security ?? {};
  const seccomp = seccompOf(context);
  const isHidden = (path: string) =>
    !privileged && !unmask.some((pattern) => fits(pattern, path));
  return {
    ...(seccomp === undefined ? {} : { seccomp }),
    maskedPaths: [...maskedPaths.filter(isHidden), ...mask],
    readonlyPaths: readonlyPaths.filter(isHidden),
  };
}

function capabilitiesOf(
  { security: { privileged, capabilities = {} } = {}, ownCapabilities }:
    SecurityContext,
) {
  const change = privileged ? { add: ["ALL"], ambient: [] } : capabilities;
  const sets = chooseCapabilities(DEFAULT_CAPABILITIES, change);
  // Capabilities that orlop lacks are dropped silently, as in podman.
  const isThere = (name: string) => ownCapabilities?.includes(name) ?? true;
  return {
    bounding: sets.bounding.filter(isThere),
    // Users other than root get capabilities only by name.
    ambient: sets.ambient.filter(isThere),
  };
}

function seccompOf(context: SecurityContext): RuntimeSeccomp | undefined {
  const { privileged, seccomp } = context.security ?? {};
  if (seccomp === "unconfined") return undefined;
  if (privileged && seccomp === undefined) return undefined;
  return resolveSeccomp(seccomp ?? defaultSeccomp(), {
    capabilities: capabilitiesOf(context).bounding,
    architecture: Deno.build.arch,
  });
}

/** Whether a pattern means a path: `*` and `?` stop at slashes. */
function fits(pattern: string, path: string): boolean {
  if (pattern.toUpperCase() === "ALL") return true;
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll(/\*+/g, "[^/]*")
    .replaceAll("?", "[^/]");
  return new RegExp(`^${source}$`).test(path);
}
