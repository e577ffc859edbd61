/** Hides secrets of requests that servers repeat in their responses. */

import { decodeAuth } from "../formats/config/auth_file.ts";

/** The parts of a request that may contain secrets. */
export interface SecretParts {
  readonly authorization?: string | undefined;
  readonly body?: unknown;
}

const sent = new WeakMap<Response, readonly string[]>();

/** Records what was sent before a response. */
export function noteSecrets(response: Response, parts: SecretParts): void {
  const secrets = secretsIn(parts);
  if (secrets.length > 0) sent.set(response, secrets);
}

/** Removes the sent secrets from a server's text, in any encoding. */
export function hideSecrets(text: string, response: Response): string {
  return (sent.get(response) ?? [])
    .reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text);
}

function secretsIn({ authorization = "", body }: SecretParts): string[] {
  const [scheme, value = ""] = authorization.split(" ");
  const form = typeof body === "string" ? new URLSearchParams(body) : undefined;
  const found = [
    value,
    ...(scheme === "Basic" ? formsOf(passwordIn(value)) : []),
    ...formsOf(form?.get("refresh_token") ?? ""),
    ...formsOf(form?.get("password") ?? ""),
  ];
  // The longest first: one may be a part of another.
  return found.filter((secret) => secret !== "")
    .toSorted((a, b) => b.length - a.length);
}

/** As it is, in a URL, and as a string of JSON. */
function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, encodeURIComponent(secret), json];
}

/** From `user:password` in Base64: RFC 7617, 2. */
function passwordIn(base64: string): string {
  const text = decodeAuth(base64) ?? "";
  return text.slice(text.indexOf(":") + 1);
}
