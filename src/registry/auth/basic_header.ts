/** Basic authentication: RFC 7617. */

import { toBytes } from "../../formats/bytes.ts";

/** The value of an Authorization header. */
export function basicHeader(
  { username, password }: {
    readonly username: string;
    readonly password: string;
  },
): string {
  const bytes = toBytes(`${username}:${password}`);
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte));
  return `Basic ${btoa(binary.join(""))}`;
}
