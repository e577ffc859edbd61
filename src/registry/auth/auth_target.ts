/** Where logins are written: containers-auth.json(5), podman-login(1). */

import type { ChosenBy } from "../../fs/read_settings.ts";
import { configPaths } from "../config/config_paths.ts";
import type { FindCredentialsOptions } from "./find_credentials.ts";

/** The file that a login is written to. */
export interface AuthTarget {
  readonly path: string;
  readonly chosenBy: ChosenBy;
  /** Docker's own has no namespaces, and its hub by a URL. */
  readonly format: "containers" | "docker";
}

/** Options of {@linkcode authTarget}. */
export interface AuthTargetOptions extends FindCredentialsOptions {
  /**
   * Docker's `config.json`, to be read and written in place of the others.
   *
   * @default {none}
   */
  readonly compatAuthFile?: string | undefined;
}

/**
 * Finds the file that a login is written to: the named one, or the first of those
 * that are read.
 *
 * @throws {Error} If its folder cannot be used.
 */
export async function authTarget(
  options: AuthTargetOptions,
): Promise<AuthTarget> {
  const { authFile, compatAuthFile, env = {} } = options;
  if (compatAuthFile !== undefined) {
    return { path: compatAuthFile, chosenBy: "user", format: "docker" };
  }
  if (authFile !== undefined) {
    return { path: authFile, chosenBy: "user", format: "containers" };
  }
  const { auth: [path] } = configPaths(options);
  if (path === undefined) throw new Error("no credential file has a place");
  const isNamed = Boolean(env["REGISTRY_AUTH_FILE"]);
  const isDocker = !isNamed && Boolean(env["DOCKER_CONFIG"]);
  if (!isNamed && !isDocker) await checkRuntimeDir(env["XDG_RUNTIME_DIR"]);
  const format = isDocker ? "docker" : "containers";
  return { path, chosenBy: "orlop", format };
}

/** The options by which what was written to a target is read again. */
export function readingFrom(options: AuthTargetOptions): AuthTargetOptions {
  const authFile = options.compatAuthFile ?? options.authFile;
  return { ...options, authFile, missingFile: "fine" };
}

/**
 * The runtime directory must exist: one made here would neither be private nor end
 * with the session.
 */
async function checkRuntimeDir(path: string | undefined): Promise<void> {
  if (!path) return;
  try {
    await Deno.stat(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(
      `Cannot keep credentials in "${path}": XDG_RUNTIME_DIR names it, but it ` +
        "is not there; make it, or unset the variable",
      { cause },
    );
  }
}
