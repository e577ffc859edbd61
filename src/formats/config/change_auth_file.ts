/** Changes credential files, and keeps all else that is in them. */

import { sortedMembers } from "../go_json.ts";
import { isObject, type JsonObject } from "../json.ts";
import {
  type AuthEntry,
  parseAuthDocument,
  parseAuthFile,
} from "./auth_file.ts";

/** What is to be changed. */
export type AuthChange =
  | {
    readonly kind: "set";
    readonly key: string;
    readonly entry: AuthEntry;
  }
  | { readonly kind: "remove"; readonly key: string }
  | { readonly kind: "remove all" };

/**
 * Changes the text of a credential file. Unknown members stay, also in the entry
 * that is set: only its credentials are replaced.
 *
 * @param path Of the file, for errors.
 * @returns The same text if nothing is to be changed.
 * @throws {DamagedFileError} If it is malformed: it must be repaired by hand.
 */
export function changeAuthFile(
  text: string,
  path: string,
  change: AuthChange,
): string {
  parseAuthFile(text, path); // all of it must be as it should
  const document = parseAuthDocument(text, path);
  const auths = authsOf(document);
  const changed = changeAuths(auths, change);
  if (changed === auths) return text;
  // As podman and docker indent it.
  return JSON.stringify({ ...document, auths: changed }, null, "\t");
}

/**
 * Whether another program has changed the same entry since, so that its value
 * counts; not if it has the value from before, which was restored by writing an
 * older text.
 *
 * @param before The text that was changed.
 * @throws {DamagedFileError} If a text is malformed.
 */
export function isOthersSince(
  text: string,
  path: string,
  { before, change }: { readonly before: string; readonly change: AuthChange },
): boolean {
  return subjectOf(text, path, change) !== subjectOf(before, path, change);
}

function subjectOf(text: string, path: string, change: AuthChange): string {
  const auths = authsOf(parseAuthDocument(text, path));
  const subject = change.kind === "remove all"
    ? auths
    : Object.entries(auths).filter(([key]) => key === change.key);
  return JSON.stringify(subject);
}

function authsOf(document: JsonObject): JsonObject {
  return isObject(document["auths"]) ? document["auths"] : {};
}

function changeAuths(auths: JsonObject, change: AuthChange): JsonObject {
  switch (change.kind) {
    case "set":
      return setEntry(auths, change.key, change.entry);
    case "remove":
      return Object.hasOwn(auths, change.key)
        ? without(auths, change.key)
        : auths;
    case "remove all":
      return Object.keys(auths).length === 0 ? auths : {};
  }
}

function setEntry(
  auths: JsonObject,
  key: string,
  { auth, identityToken }: AuthEntry,
): JsonObject {
  const known = auths[key];
  const old = Object.hasOwn(auths, key) && isObject(known) ? known : {};
  const entry = {
    ...without(old, "auth", "identitytoken", "registrytoken"),
    ...(auth === "" ? {} : { auth }),
    ...(identityToken === "" ? {} : { identitytoken: identityToken }),
  };
  const isSame = Object.hasOwn(auths, key) &&
    JSON.stringify(sortedMembers(entry)) === JSON.stringify(sortedMembers(old));
  return isSame ? auths : { ...auths, [key]: entry };
}

function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([key]) => !keys.includes(key)),
  );
}
