/** Drops the permission for credential helpers that no file names. */

import { basename } from "@std/path";
import { revokePrograms } from "./drop_permissions.ts";
import { readEnv, registryEnvironment } from "./input/read_env.ts";

/**
 * Revokes running those credential helpers that the launcher has found, but no
 * file of credentials or registries.conf names.
 *
 * @param flags Of these, all that name credential files.
 */
export async function narrowHelpers(
  flags: Readonly<Record<string, unknown>>,
): Promise<void> {
  const found = (readEnv("ORLOP_HELPERS") ?? "").split(",").filter(Boolean);
  if (found.length === 0) return;
  // Most machines have none, and starts must be quick.
  const { listHelpers } = await import("../registry/auth/list_helpers.ts");
  const authFiles = Object.entries(flags)
    .filter(([name]) => /auth-?file$/.test(name))
    .flatMap(([, value]) => typeof value === "string" && value ? value : []);
  // Of a copy, each side may have its own.
  const isOnly = flags["authfile"] || flags["compat-auth-file"];
  const named = await listHelpers(
    isOnly ? authFiles : [...authFiles, undefined],
    registryEnvironment(),
  );
  revokePrograms(found.filter((path) => !named.has(basename(path))));
}
