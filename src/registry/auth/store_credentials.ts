/** Stores and removes credentials: podman-login(1), podman-logout(1). */

import {
  type AuthEntry,
  type AuthFile,
  type Credentials,
  encodeAuth,
  parseAuthFile,
} from "../../formats/config/auth_file.ts";
import {
  type AuthChange,
  changeAuthFile,
  isOthersSince,
} from "../../formats/config/change_auth_file.ts";
import { AUTH_FILES } from "../../formats/config/registries_conf.ts";
import type { RegistryKey } from "../../formats/config/registry_key.ts";
import { readIfPresent } from "../config/read_config.ts";
import {
  type AuthTarget,
  authTarget,
  type AuthTargetOptions,
} from "./auth_target.ts";
import { openHelper, TOKEN_USER } from "./credential_helper.ts";
import { editAuthFile, type EditText } from "./edit_auth_file.ts";
import { readHelpers, serverOf } from "./find_credentials.ts";

/** Credentials that can be kept. */
export type Login = Exclude<Credentials, { kind: "registry-token" }>;

/** Where something is to be kept, in a file or by a helper. */
interface Place extends AuthTargetOptions {
  readonly target: AuthTarget;
}

/**
 * Keeps credentials in place of those that are there for a registry: with the
 * first of those that registries.conf names that takes them.
 *
 * @returns Where they are now, for people: a path, or a helper's name.
 * @throws {DamagedFileError} If the file is malformed; it stays as it is.
 */
export async function storeCredentials(
  key: RegistryKey,
  login: Login,
  options: AuthTargetOptions,
): Promise<string> {
  const target = await authTarget(options);
  const place = { ...options, target };
  const errors: unknown[] = [];
  for (const helper of await keepersOf(place)) {
    try {
      return helper === AUTH_FILES
        ? await storeInFile(key, login, place)
        : await storeInHelper(helper, key, { ...place, login });
    } catch (error) {
      options.signal?.throwIfAborted();
      errors.push(error);
    }
  }
  throw errors[0];
}

/**
 * Forgets credentials, wherever {@linkcode storeCredentials} keeps them. A failure
 * of one store does not stop the others.
 *
 * @returns False if there were none.
 */
export async function removeCredentials(
  key: RegistryKey,
  options: AuthTargetOptions,
): Promise<boolean> {
  const removed = await askAll(
    options,
    (helper, place) =>
      helper === AUTH_FILES
        ? removeFromFile(key, place)
        : removeFromHelper(helper, key, place),
  );
  return removed.some(Boolean);
}

/** Forgets all credentials, wherever they are kept by orlop and podman. */
export async function removeAllCredentials(
  options: AuthTargetOptions,
): Promise<void> {
  await askAll(
    options,
    (helper, place) =>
      helper === AUTH_FILES ? emptyFile(place) : emptyHelper(helper, place),
  );
}

/** Runs an action on all stores, then throws the first error. */
async function askAll<T>(
  options: AuthTargetOptions,
  ask: (helper: string, place: Place) => Promise<T>,
): Promise<readonly T[]> {
  const place = { ...options, target: await authTarget(options) };
  const answers: T[] = [];
  const errors: unknown[] = [];
  for (const helper of await keepersOf(place)) {
    options.signal?.throwIfAborted();
    try {
      answers.push(await ask(helper, place));
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return answers;
}

/** Docker does not use the helpers of registries.conf. */
async function keepersOf(place: Place): Promise<readonly string[]> {
  return place.target.format === "docker"
    ? [AUTH_FILES]
    : await readHelpers(place);
}

async function readTarget(
  { path, chosenBy }: AuthTarget,
): Promise<AuthFile | undefined> {
  const text = await readIfPresent(path, chosenBy);
  return text === undefined ? undefined : parseAuthFile(text, path);
}

/** podman ignores `credsStore` when it writes; docker respects it. */
function storeOf(
  file: AuthFile | undefined,
  { target }: Place,
): string | undefined {
  return target.format === "docker" ? file?.credsStore || undefined : undefined;
}

async function storeInFile(
  key: RegistryKey,
  login: Login,
  place: Place,
): Promise<string> {
  const name = nameIn(key, place);
  const file = await readTarget(place.target);
  const helper = file?.credHelpers.get(name);
  if (helper) return await storeInHelper(helper, key, { ...place, login });
  const store = storeOf(file, place);
  const set = { kind: "set", key: name } as const;
  if (store === undefined) {
    await change({ ...set, entry: entryOf(login) }, place);
    return place.target.path;
  }
  const kept = await storeInHelper(store, key, { ...place, login });
  // Docker writes an empty entry beside its store.
  await change({ ...set, entry: { auth: "", identityToken: "" } }, place);
  return kept;
}

async function storeInHelper(
  helper: string,
  { key, registry }: RegistryKey,
  { login, target, ...options }: Place & { readonly login: Login },
): Promise<string> {
  if (key !== registry) {
    throw new Error(
      `Cannot keep credentials for "${key}" by credential helper ` +
        `"${helper}": helpers know whole registries only`,
    );
  }
  const server = target.format === "docker" ? serverOf(registry) : registry;
  await openHelper(helper, options).store(
    server,
    login.kind === "password"
      ? { username: login.username, secret: login.password }
      : { username: TOKEN_USER, secret: login.token },
  );
  return `credential helper: ${helper}`;
}

async function removeFromFile(
  key: RegistryKey,
  place: Place,
): Promise<boolean> {
  const name = nameIn(key, place);
  const file = await readTarget(place.target);
  if (file === undefined) return false;
  const helper = file.credHelpers.get(name) || storeOf(file, place);
  const isErased = helper !== undefined &&
    await removeFromHelper(helper, key, place);
  if (!file.auths.has(name)) return isErased;
  await change({ kind: "remove", key: name }, place);
  return true;
}

async function removeFromHelper(
  helper: string,
  { key, registry }: RegistryKey,
  { target, ...options }: Place,
): Promise<boolean> {
  if (key !== registry) return false;
  const server = target.format === "docker" ? serverOf(registry) : registry;
  return await openHelper(helper, options).erase(server);
}

async function emptyFile(place: Place): Promise<void> {
  const file = await readTarget(place.target);
  if (file === undefined) return;
  for (const [server, name] of file.credHelpers) {
    if (name) await openHelper(name, place).erase(server);
  }
  const store = storeOf(file, place);
  if (store !== undefined) await emptyHelper(store, place);
  await change({ kind: "remove all" }, place);
}

async function emptyHelper(name: string, options: Place): Promise<void> {
  const helper = openHelper(name, options);
  for (const server of await helper.list()) {
    options.signal?.throwIfAborted();
    await helper.erase(server);
  }
}

/** The key of an entry. */
function nameIn({ key, registry }: RegistryKey, { target }: Place): string {
  if (target.format === "containers") return key;
  if (key === registry) return serverOf(registry);
  throw new Error(
    `Cannot keep credentials for "${key}" in "${target.path}": docker knows ` +
      `whole registries only; log in to "${registry}", or use --authfile`,
  );
}

function entryOf(login: Login): AuthEntry {
  return login.kind === "password"
    ? { auth: encodeAuth(login.username, login.password), identityToken: "" }
    // As docker has it: the name, and no password.
    : {
      auth: encodeAuth(login.username ?? "", ""),
      identityToken: login.token,
    };
}

async function change(change: AuthChange, place: Place): Promise<void> {
  const { path, chosenBy } = place.target;
  const edit: EditText = (text, before) => {
    const isDone = before !== undefined &&
      isOthersSince(text, path, { before, change });
    return isDone ? text : changeAuthFile(text, path, change);
  };
  await editAuthFile(path, edit, { signal: place.signal, chosenBy });
}
