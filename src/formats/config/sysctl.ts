/** Names of the kernel's settings, as sysctl(8) takes them. */

/** A setting in both spellings. */
export interface SysctlName {
  /** With dots, such as `net.ipv4.ip_forward`; a dot of a part is a slash. */
  readonly name: string;
  /** The file below /proc/sys, such as `net/ipv4/ip_forward`. */
  readonly path: string;
}

const PART = /^[A-Za-z0-9_@:+-][A-Za-z0-9_.@:+-]*$/;

/**
 * Parses a name: parts with dots between them, or slashes. Whichever comes first is
 * what separates; the other one is part of a name, such as `eth0.100`.
 *
 * @returns Undefined if it could be no setting's, or leads elsewhere.
 */
export function parseSysctl(text: string): SysctlName | undefined {
  const isPath = /^[^.]*\//.test(text);
  const parts = isPath
    ? text.split("/")
    : text.split(".").map((part) => part.replaceAll("/", "."));
  if (parts.length < 2 || !parts.every((part) => PART.test(part))) {
    return undefined;
  }
  return {
    name: parts.map((part) => part.replaceAll(".", "/")).join("."),
    path: parts.join("/"),
  };
}
