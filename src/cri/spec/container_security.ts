/** Converts the security context of a container. */

import type { SecurityOptions } from "../../image/security.ts";
import { checkPath } from "../../image/volumes.ts";
import {
  type LinuxContainerSecurityContext,
  type SecurityProfile,
  SecurityProfile_ProfileType as ProfileType,
  type SELinuxOption,
} from "../api/api_pb.js";

/** A profile that a request names: an LSM's, or a filter of system calls. */
export type ProfileChoice =
  | { readonly kind: "default" }
  | { readonly kind: "unconfined" }
  | { readonly kind: "localhost"; readonly name: string };

const DEFAULTS = ["runtime/default", "docker/default"];
const LOCALHOST = "localhost/";
/** The SELinux type of unconfined containers. */
const UNCONFINED_TYPE = "spc_t";

/**
 * Converts security settings. Empty lists of paths stand for the defaults: unmasked
 * paths also need a user namespace.
 *
 * @throws {TypeError} If a setting is invalid.
 */
export function securitySettings(
  context: LinuxContainerSecurityContext,
): Omit<SecurityOptions, "seccomp"> {
  const { privileged, noNewPrivs, capabilities } = context;
  const { maskedPaths, readonlyPaths } = context;
  const apparmor = chooseApparmor(context);
  return {
    privileged,
    noNewPrivileges: noNewPrivs,
    capabilities: {
      add: capabilities?.addCapabilities,
      drop: capabilities?.dropCapabilities,
      ambient: capabilities?.addAmbientCapabilities ?? [],
      conflicts: "drop",
    },
    apparmor: apparmor.kind === "localhost" ? apparmor.name : undefined,
    labels: labelsOf(context.selinuxOptions),
    maskedPaths: pathsOf("masked path", maskedPaths),
    readonlyPaths: pathsOf("read-only path", readonlyPaths),
  };
}

/** The seccomp profile: none unless one is named. */
export function chooseSeccomp(
  { seccomp, seccompProfilePath, privileged }: Pick<
    LinuxContainerSecurityContext,
    "seccomp" | "seccompProfilePath" | "privileged"
  >,
): ProfileChoice {
  if (privileged) return { kind: "unconfined" };
  return choose("seccomp profile", seccomp, seccompProfilePath);
}

/** The AppArmor profile; a privileged container has none. */
export function chooseApparmor(
  { apparmor, apparmorProfile, privileged }: Pick<
    LinuxContainerSecurityContext,
    "apparmor" | "apparmorProfile" | "privileged"
  >,
): ProfileChoice {
  if (privileged) return { kind: "unconfined" };
  return choose("AppArmor profile", apparmor, apparmorProfile);
}

function choose(
  what: string,
  profile: SecurityProfile | undefined,
  deprecated: string,
): ProfileChoice {
  if (profile === undefined) return chooseByText(what, deprecated);
  const { profileType, localhostRef } = profile;
  switch (profileType) {
    case ProfileType.RuntimeDefault:
      return { kind: "default" };
    case ProfileType.Unconfined:
      return { kind: "unconfined" };
    case ProfileType.Localhost:
      return localhost(what, localhostRef);
  }
  throw new TypeError(`Cannot use ${what}: its type ${profileType} is unknown`);
}

/** As before Kubernetes 1.19. */
function chooseByText(what: string, text: string): ProfileChoice {
  if (text === "" || text === "unconfined") return { kind: "unconfined" };
  if (DEFAULTS.includes(text)) return { kind: "default" };
  if (text.startsWith(LOCALHOST)) return localhost(what, text);
  throw new TypeError(
    `Cannot use ${what} "${text}": expected runtime/default, unconfined or ` +
      `localhost/NAME`,
  );
}

function localhost(what: string, text: string): ProfileChoice {
  const name = text.startsWith(LOCALHOST) ? text.slice(LOCALHOST.length) : text;
  if (name !== "" && !/[\p{Cc}]/u.test(name)) {
    return { kind: "localhost", name };
  }
  throw new TypeError(`Cannot use ${what} "${name}": that is no name`);
}

function labelsOf(options: SELinuxOption | undefined): readonly string[] {
  if (options === undefined || options.type === UNCONFINED_TYPE) return [];
  const { user, role, type, level } = options;
  return Object.entries({ user, role, type, level })
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}:${value}`);
}

function pathsOf(
  what: string,
  paths: readonly string[],
): readonly string[] | undefined {
  return paths.length === 0
    ? undefined
    : paths.map((path) => checkPath(what, path));
}
