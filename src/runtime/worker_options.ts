/** What the workers of a pull may do. */

import type { BlobAccess } from "../formats/blob_source.ts";

/** What the workers of a pair may reach. */
export interface WorkerReach {
  /** How the first worker reaches blobs: it decides what else it may. */
  readonly access: BlobAccess;
  /** Keeps what was received; the first worker may read and write it. */
  readonly downloads: string;
  /** Where layers are unpacked; the second worker may read and write it. */
  readonly staging: string;
}

/** What the worker that receives may do, and nothing else. */
export function receiverOptions(
  { access, downloads }: Pick<WorkerReach, "access" | "downloads">,
  hosts: readonly string[] = hostsOf(access),
): WorkerOptions {
  const layouts = access.kind === "layout" ? [access.directory] : [];
  return optionsFor("receive", {
    net: [...hosts],
    read: [downloads, ...layouts],
    write: [downloads],
  });
}

/** What the worker that unpacks may do, and nothing else. */
export function unpackerOptions(
  { staging }: Pick<WorkerReach, "staging">,
): WorkerOptions {
  return optionsFor("unpack", {
    net: false,
    read: [staging],
    write: [staging],
  });
}

/** The hosts that an access names; registries send to others besides. */
export function hostsOf(access: BlobAccess): readonly string[] {
  if (access.kind !== "http") return [];
  const url = new URL(access.repositoryUrl);
  return [url.port === "" ? `${url.hostname}:${defaultPort(url)}` : url.host];
}

function optionsFor(
  name: string,
  reach: Pick<Deno.PermissionOptionsObject, "net" | "read" | "write">,
): WorkerOptions {
  const none = { env: false, ffi: false, import: false, run: false };
  const permissions = { ...none, sys: false, ...reach };
  return { type: "module", name, deno: { permissions } };
}

function defaultPort({ protocol }: URL): number {
  return protocol === "https:" ? 443 : 80;
}
