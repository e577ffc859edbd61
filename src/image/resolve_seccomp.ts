/** Resolves a seccomp profile for one container and its runtime. */

import type { RuntimeSeccomp } from "../formats/oci/runtime_spec.ts";
import type {
  SeccompProfile,
  SeccompRule,
} from "../formats/oci/seccomp_profile.ts";

/** The container of the profile. */
export interface SeccompTarget {
  /** Those that the container may ever get. */
  readonly capabilities: readonly string[];
  /** The machine's, as Deno names it: `x86_64`. */
  readonly architecture: string;
}

/** The machine's architecture as profiles call it. */
const ARCHITECTURES: Readonly<
  Record<string, { readonly go: string; readonly kernel: string }>
> = {
  "x86_64": { go: "amd64", kernel: "SCMP_ARCH_X86_64" },
  aarch64: { go: "arm64", kernel: "SCMP_ARCH_AARCH64" },
};

/** Keeps the rules whose conditions hold. */
export function resolveSeccomp(
  profile: SeccompProfile,
  target: SeccompTarget,
): RuntimeSeccomp {
  const { defaultAction, defaultErrnoRet, archMap } = profile;
  const known = ARCHITECTURES[target.architecture];
  const own = archMap.find((entry) => entry.architecture === known?.kernel);
  const architectures = own === undefined
    ? profile.architectures
    : [own.architecture, ...own.subArchitectures];
  const counts = (rule: SeccompRule) =>
    ruleCounts(rule, { ...target, architecture: known?.go ?? "" });
  return {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    ...(architectures.length === 0 ? {} : { architectures }),
    syscalls: profile.syscalls.filter(counts).map(
      ({ names, action, errnoRet, args }) => ({
        names,
        action,
        ...(errnoRet === undefined ? {} : { errnoRet }),
        ...(args === undefined ? {} : { args }),
      }),
    ),
  };
}

function ruleCounts(
  { includes = {}, excludes = {} }: SeccompRule,
  { capabilities, architecture }: SeccompTarget,
): boolean {
  const has = (capability: string) => capabilities.includes(capability);
  const { caps = [], arches = [] } = includes;
  return caps.every(has) &&
    (arches.length === 0 || arches.includes(architecture)) &&
    !(excludes.caps ?? []).some(has) &&
    !(excludes.arches ?? []).includes(architecture);
}
