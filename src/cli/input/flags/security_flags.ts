/** Converts security flags of a container to engine settings. */

import { isAbsolute } from "@std/path";
import {
  parseSeccompProfile,
  type SeccompProfile,
} from "../../../formats/oci/seccomp_profile.ts";
import { chooseCapabilities } from "../../../image/capabilities.ts";
import type { SecurityOptions } from "../../../image/security.ts";
import type { FlagValues } from "../../command.ts";
import type { SECURITY_FLAGS } from "../../table/security_flags.ts";
import { UsageError } from "../../usage_error.ts";
import { badFlag, parseSwitch, readPair } from "./flag_value.ts";

/** The values of the flags. */
export type SecurityFlags = FlagValues<typeof SECURITY_FLAGS>;

/** Security, and the options of `/proc` that are said in the same place. */
export interface ReadSecurity {
  readonly security: SecurityOptions;
  readonly procOptions?: readonly string[];
}

const FLAG = "security-opt";

/**
 * Reads the flags; of contradicting ones the last counts.
 *
 * @throws {UsageError} If one is malformed, or a profile cannot be read.
 */
export function readSecurity(flags: SecurityFlags): ReadSecurity {
  const capabilities = { add: flags["cap-add"], drop: flags["cap-drop"] };
  checkCapabilities(capabilities);
  const { privileged } = flags;
  return flags["security-opt"].reduce<ReadSecurity>(
    (all, option) => add(all, option),
    { security: { capabilities, privileged } },
  );
}

/** Reads `--sysctl`; of each name the last counts. */
export function readSysctls(
  { sysctl }: Pick<SecurityFlags, "sysctl">,
): Readonly<Record<string, string>> {
  return Object.fromEntries(sysctl.map((text) => readPair("sysctl", text)));
}

/** Reads `--umask`. */
export function readUmask(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^0?[0-7]{1,3}$/.test(text)) return parseInt(text, 8);
  throw badFlag("umask", text, "write octal digits, such as 0027");
}

function checkCapabilities(change: SecurityOptions["capabilities"]): void {
  try {
    chooseCapabilities([], change ?? {});
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function add(all: ReadSecurity, option: string): ReadSecurity {
  const { security } = all;
  // Docker uses a colon here, which podman also accepts.
  const [, name = "", value] = /^([^=:]*)[=:]?(.*)$/s.exec(option) ?? [];
  const text = value ?? "";
  const isBare = !/[=:]/.test(option);
  const set = (more: SecurityOptions) => ({
    ...all,
    security: { ...security, ...more },
  });
  if (name === "no-new-privileges") {
    const isOn = isBare || readBoolean(option, text);
    return set({ noNewPrivileges: isOn });
  }
  if (isBare) throw badOption(option);
  switch (name) {
    case "seccomp":
      return set({ seccomp: readSeccomp(text) });
    case "apparmor":
      return set({ apparmor: text });
    case "label":
      return set({ labels: [...security.labels ?? [], text] });
    case "mask":
      return set({ mask: [...security.mask ?? [], ...readPaths(text)] });
    case "unmask":
      return set({ unmask: [...security.unmask ?? [], ...text.split(":")] });
    case "systempaths":
      if (text !== "unconfined") throw badOption(option);
      return set({ unmask: [...security.unmask ?? [], "ALL"] });
    case "proc-opts":
      return { ...all, procOptions: text.split(",") };
    default:
      throw badOption(option);
  }
}

function badOption(option: string): UsageError {
  return badFlag(
    FLAG,
    option,
    "use no-new-privileges, seccomp=…, apparmor=…, label=disable, mask=…, " +
      "unmask=…, systempaths=unconfined or proc-opts=…",
  );
}

function readBoolean(option: string, text: string): boolean {
  const isOn = parseSwitch(text);
  if (isOn !== undefined) return isOn;
  throw badFlag(FLAG, option, "write no-new-privileges=true, or =false");
}

function readPaths(text: string): readonly string[] {
  return text.split(":").map((path) => {
    if (isAbsolute(path)) return path;
    throw badFlag(FLAG, `mask=${text}`, `"${path}" is not absolute`);
  });
}

/** Nothing is the default profile, as in podman. */
function readSeccomp(text: string): SeccompProfile | "unconfined" | undefined {
  if (text === "") return undefined;
  if (text === "unconfined") return text;
  try {
    // A fifo could keep orlop waiting for ever.
    if (!Deno.statSync(text).isFile) throw new TypeError("no regular file");
    const bytes = Deno.readFileSync(text);
    return parseSeccompProfile(bytes, `seccomp profile "${text}"`);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(error.message);
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : "it is no file that can be read";
    throw badFlag(FLAG, `seccomp=${text}`, why);
  }
}
