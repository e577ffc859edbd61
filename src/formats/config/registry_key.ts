/** Keys of credentials: containers-auth.json(5), "FORMAT". */

import { parseReference, splitReference } from "../oci/reference.ts";
import { registryOf } from "./auth_file.ts";

/** A registry, or a part of one, that credentials are for. */
export interface RegistryKey {
  /** As credential files have it: `quay.io`, `quay.io/team`, `h:5000/a/b`. */
  readonly key: string;
  /** The host, and perhaps the port. */
  readonly registry: string;
}

/**
 * Reads what a person types for a registry; of a URL only host and port count.
 *
 * @throws {SyntaxError} If it is none, or an image with a tag or digest.
 */
export function parseRegistryKey(text: string): RegistryKey {
  const key = withoutUrl(text);
  const registry = registryOf(key);
  const problem = findProblem(key, registry);
  if (problem === undefined) return { key, registry };
  throw new SyntaxError(
    `Cannot use registry ${JSON.stringify(text)}: ${problem}`,
  );
}

// A name, an IPv4 address, or an IPv6 address in brackets; and a port.
const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/;
const MAX_PORT = 65535;

function findProblem(key: string, registry: string): string | undefined {
  // The text is shown: nobody's password may be in it.
  if (registry.includes("@")) return "a user's name goes into --username";
  const [isHost, port = "1"] = HOST.exec(registry) ?? [];
  if (isHost === undefined || Number(port) < 1 || Number(port) > MAX_PORT) {
    return "it is not HOST[:PORT][/NAMESPACE[/REPOSITORY]]";
  }
  if (key === registry) return undefined;
  const { tag, digest } = splitReference(key);
  if ((tag ?? digest) !== undefined) return "it must have no tag or digest";
  return isRepository(key) ? undefined : "its path is none of a repository";
}

/** Only with a host: `h/a` alone would be a name on docker.io. */
function isRepository(key: string): boolean {
  try {
    parseReference(key.replace(/^[^/]*/, "localhost"));
    return true;
  } catch {
    return false;
  }
}

function withoutUrl(text: string): string {
  if (!/^https?:\/\//i.test(text)) return text;
  return URL.parse(text)?.host || text;
}
