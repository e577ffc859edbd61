/** The credentials that a kubelet sends with a pull: its pod's pull secret. */

import {
  type Credentials,
  decodeAuth,
  hostOf,
  splitLogin,
} from "../../formats/config/auth_file.ts";
import { parseReference } from "../../formats/oci/reference.ts";
import type { AuthConfig } from "../api/api_pb.js";

/**
 * Reads them, the most specific form first. No message contains them.
 *
 * @param image What is pulled: credentials for another registry are not for it.
 * @returns Undefined if there are none; then those of this machine count.
 * @throws {SyntaxError} If they, or the image's name, are malformed.
 */
export function readAuth(
  auth: AuthConfig | undefined,
  image: string,
): Credentials | undefined {
  if (auth === undefined || !isFor(auth.serverAddress, image)) return undefined;
  const { username, password, identityToken, registryToken } = auth;
  if (registryToken !== "") {
    return { kind: "registry-token", token: registryToken };
  }
  if (identityToken !== "") {
    const named = username === "" ? {} : { username };
    return { kind: "identity-token", token: identityToken, ...named };
  }
  if (username !== "") return { kind: "password", username, password };
  return auth.auth === "" ? undefined : decode(auth.auth);
}

/** As in docker's files. */
function decode(text: string): Credentials {
  const login = splitLogin(decodeAuth(text) ?? "");
  if (login !== undefined) return { kind: "password", ...login };
  throw new SyntaxError(
    'Cannot read the credentials: "auth" is not "user:password" in Base64',
  );
}

/** Whether an address, as docker writes it, is that of an image's registry. */
function isFor(address: string, image: string): boolean {
  if (address === "") return true;
  return hostOf(address) === parseReference(image).domain;
}
